//! The library on Linux, with a launcher that really runs.

use std::process::Command;

use fslaunch_tests::{Account, Class, Daemon, Need, lacking, run_with_deadline};

use crate::compile::{LINUX, folder};
use crate::header::functions;
use crate::library;

#[test]
fn the_library_has_the_functions_of_the_header_and_no_others() {
    if lacking(&[Need::Program("nm")]) {
        return;
    }
    let library = library::for_linux().join("libfslaunch.so");
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only", "--format=posix"])
        .arg(library);
    let ran = run_with_deadline(&mut nm, b"");
    let names = ran.out.lines().filter_map(|line| line.split(' ').next());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    assert_eq!(names, functions());
}

#[test]
fn a_program_starts_lists_and_stops_instances_and_registers_a_class() {
    if LINUX.is_lacking() {
        return;
    }
    let builder = match Account::is_root() {
        true => Daemon::system(),
        false => Daemon::user(&Account::alice()),
    };
    let daemon = builder.start();
    daemon.register(&Class::stand_in(&daemon, "live", "wait"));
    let program = LINUX.program("live", &library::for_linux(), &folder("linux"));
    let mut command = Command::new(program);
    command
        .args(["live", "one", "/usr/bin/true"])
        .env("LD_LIBRARY_PATH", library::for_linux())
        .env("FSLAUNCH_SOCKET", daemon.socket())
        .env("FSLAUNCH_CONFIG_DIR", daemon.place().path().join("config"));
    let ran = run_with_deadline(&mut command, b"");
    assert!(ran.out.ends_with(", 0 failed\n"), "{ran:#?}");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(daemon.listed(), []);
}

#[test]
fn without_a_launcher_there_is_a_status_and_no_error() {
    if LINUX.is_lacking() {
        return;
    }
    let (mut size, mut error) = (7, 7);
    let mut command = Command::new(std::env::current_exe().unwrap());
    // A process of its own, as the environment chooses the launcher.
    if std::env::var_os("FSLAUNCH_SOCKET").is_none() {
        let test = "linux::without_a_launcher_there_is_a_status_and_no_error";
        command
            .args([test, "--exact"])
            .env("FSLAUNCH_SOCKET", "/nowhere/at/all");
        let ran = run_with_deadline(&mut command, b"");
        assert_eq!(ran.code, 0, "{ran:#?}");
        return;
    }
    // SAFETY: the pointers are NULL or of live variables.
    #[allow(unsafe_code)]
    let status = unsafe {
        fslaunch::FspLaunchGetNameList(std::ptr::null_mut(), &raw mut size, &raw mut error)
    };
    assert_eq!((status.cast_unsigned(), size, error), (0xC000_0034, 0, 0));
}
