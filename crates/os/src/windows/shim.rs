//! The short-lived children that are this program too.

/// Does what a child is for, and does not return, if this process is one.
pub fn run_if_asked() {
    super::console::run_if_asked();
    super::spawner::run_if_asked();
}
