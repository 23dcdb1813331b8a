//! What mount(8) and umount(8) do to a mount that is there. There are none on Windows.

use std::io;

use super::mounts::Mount;

/// Whether a mount can forbid what this option of mount(8) says: there are none here.
pub fn is_restriction(_option: &str) -> bool {
    false
}

/// Lets a mount forbid something.
///
/// # Errors
/// Always on Windows.
pub fn restrict(_mount: &Mount, _options: &[&str]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How a mount is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmount {
    /// If nobody uses it.
    IfIdle,
    /// At once, for who comes later; for who uses it, when they are done.
    Lazily,
}

/// Takes a mount away.
///
/// # Errors
/// Always on Windows.
pub fn unmount(_mount: &Mount, _how: Unmount) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether a mount was made by the system, or by the user who runs this: there are none.
pub fn is_of_root_or_self(_mount: &Mount) -> bool {
    false
}

/// The name of the user who runs this.
pub fn own_name() -> Option<String> {
    std::env::var("USERNAME").ok()
}

/// Whether this program has got rights that the user who runs it does not have: never here.
pub fn has_rights_of_another() -> bool {
    false
}
