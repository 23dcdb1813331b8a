//! The environment that a library finds itself in.

use std::ffi::OsString;

/// The value of a variable that chooses where a library looks: always none.
///
/// A user's environment variables reach programs that the same user runs with
/// more rights, and nothing tells a library that it is in one of those. So no
/// variable sends its requests, or its secrets, anywhere else.
///
/// # Platform behaviour
/// On Linux the kernel tells, and such variables count where it is safe.
pub fn choice(_variable: &str) -> Option<OsString> {
    None
}

/// Whether the program was started with rights that its caller lacks: it may
/// have been.
pub fn has_more_rights_than_its_caller() -> bool {
    true
}
