//! The C library of Windows against a launcher that really runs.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::Command;

use fslaunch_tests::{Class, Daemon, program_with_seam, run_with_deadline, skipped};

#[test]
fn a_program_in_c_starts_lists_and_stops_instances_and_registers_a_class() {
    let program = program_with_seam().with_file_name("live.exe");
    if !program.exists() {
        let test = "a_program_in_c_starts_lists_and_stops_instances_and_registers_a_class";
        return skipped(test, "there was no C compiler to build it with");
    }
    let daemon = Daemon::system().start();
    daemon.register(&Class::stand_in(&daemon, "live", "wait"));
    let mut command = Command::new(program);
    command
        .args(["live", "one", r"C:\windows\system32\cmd.exe"])
        .env("FSLAUNCH_TEST_PIPE", daemon.messages_pipe());
    let ran = run_with_deadline(&mut command, b"");
    assert!(ran.out.trim_end().ends_with(", 0 failed"), "{ran:#?}");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(daemon.listed(), []);
}
