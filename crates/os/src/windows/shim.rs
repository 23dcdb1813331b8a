//! No process of the daemon's own goes between it and an instance on Windows.

/// Does the errand that this process was started for and ends, or returns at once: the daemon
/// sends a console event through a short-lived child.
pub fn run_if_asked() {
    super::console::run_if_asked();
}
