//! The short-lived children that the daemon has on Unix: none on Windows.

/// Does nothing: this program is never its own child.
pub fn run_if_asked() {}
