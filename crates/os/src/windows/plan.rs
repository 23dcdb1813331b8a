//! What a process is to become.
