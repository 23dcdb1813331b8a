//! Where the daemon's files are.
