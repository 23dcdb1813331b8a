//! The accounts that tests act as: the user who runs the tests, with and
//! without being an administrator.

use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::OsStringExt;
use std::process::Command;

use fslaunch_os::testing;

use crate::program;

/// A user who calls the launcher: who runs the tests, but no administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Name of the user.
    pub name: String,
}

impl Account {
    /// The ordinary user.
    pub fn alice() -> Self {
        Self { name: own_name() }
    }

    /// Another one. There is none: ask for
    /// [`Need::TwoUsers`](crate::Need::TwoUsers) first.
    ///
    /// # Panics
    /// Always.
    pub fn bob() -> Self {
        panic!("there is only one user here");
    }

    /// Its SID.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn sid(&self) -> String {
        testing::user_sid().expect("a SID")
    }

    /// Whether this process may do what an administrator may.
    pub fn is_root() -> bool {
        testing::is_administrator()
    }

    /// A command that a process of this account runs. It runs through the
    /// stand-in program, which drops what makes it an administrator, and ends
    /// with that.
    pub fn command(&self, words: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program("stand-in"));
        command.arg("restricted").arg(words);
        command
    }
}

/// The name of who runs the tests.
///
/// # Panics
/// When the system does not tell.
pub fn own_name() -> String {
    std::env::var("USERNAME").expect("USERNAME is set")
}

/// The profile folder of who runs the tests.
///
/// # Panics
/// When the system does not tell.
pub fn own_profile() -> String {
    std::env::var("USERPROFILE").expect("USERPROFILE is set")
}

/// A word that is no text: half of a pair of units.
pub fn no_text() -> OsString {
    OsString::from_wide(&[0x61, 0xd800])
}
