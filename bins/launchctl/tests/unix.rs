//! What only Unix can put on a command line.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

#[test]
fn an_argument_that_is_not_utf_8_is_named() {
    let words = [
        (1, "the class name"),
        (2, "the instance name"),
        (4, "argument 2"),
    ];
    for (position, name) in words {
        let mut arguments = ["start", "c", "i", "one", "two"].map(OsString::from);
        arguments[position] = OsStr::from_bytes(b"a\xff").to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        let output = command.args(arguments).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(87));
        assert!(err.contains(&format!("{name} is not UTF-8")), "{err}");
    }
}
