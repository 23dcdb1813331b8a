//! What only Windows can put on a command line.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::process::Command;

#[test]
fn an_argument_with_half_a_surrogate_pair_is_named() {
    let words = [
        (1, "the class name"),
        (2, "the instance name"),
        (4, "argument 2"),
    ];
    for (position, name) in words {
        let mut arguments = ["start", "c", "i", "one", "two"].map(OsString::from);
        arguments[position] = OsString::from_wide(&[0x61, 0xd800, 0x62]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        let output = command.args(arguments).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(87));
        assert!(err.contains(&format!("{name} is not UTF-8")), "{err}");
    }
}
