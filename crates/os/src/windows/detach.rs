//! Mounts end with their process on Windows: nothing is detached.
