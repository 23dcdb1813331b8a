//! Mounts are made in place on Windows: nothing is staged.
