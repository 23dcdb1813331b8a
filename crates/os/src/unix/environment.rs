//! The environment that a library finds itself in.

#![allow(unsafe_code)]

use std::{env, ffi::OsString};

/// The value of a variable that chooses where a library looks, such as
/// `FSLAUNCH_SOCKET`; none if it is empty.
///
/// Whoever starts a program sets its environment, which is no business of
/// theirs if the program has rights that they have not.
///
/// # Platform behaviour
/// On Linux a program that runs set-user-ID, set-group-ID or with file
/// capabilities has no such variable. On Windows none has.
pub fn choice(variable: &str) -> Option<OsString> {
    if has_more_rights_than_its_caller() {
        return None;
    }
    env::var_os(variable).filter(|value| !value.is_empty())
}

/// Whether the program was started with rights that its caller lacks.
pub fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: it looks something up that the kernel gave to the process, and takes no pointer.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_set_is_no_choice() {
        assert_eq!(choice("FSLAUNCH_NO_SUCH_VARIABLE"), None);
    }

    #[test]
    fn tests_run_with_the_rights_of_their_caller() {
        assert!(!has_more_rights_than_its_caller());
        assert_eq!(choice("PATH"), env::var_os("PATH"));
    }
}
