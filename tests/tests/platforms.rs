//! Suites that speak of one system only. Each says so in its first line of
//! code and stands here with the reason; on the other system the run says
//! that it was skipped, and why.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::path::Path;

use fslaunch_tests::{SYSTEM, System, skipped};

const OF_LINUX: [(&str, &str); 11] = [
    ("children", "users, groups, limits and signals of Linux"),
    ("groups", "groups of the machine in descriptors"),
    ("hanging", "FUSE mounts that hold whoever touches them"),
    (
        "memory",
        "the memory of another process, as the kernel shows it",
    ),
    ("mount_helper", "mount, fstab and autofs"),
    ("mounts", "mount points"),
    ("real_file_systems", "bindfs, squashfuse and gocryptfs"),
    (
        "security",
        "links, owners and modes of files, and mount points",
    ),
    (
        "service_manager",
        "systemd's notification and socket activation",
    ),
    (
        "user_mode",
        "a launcher of another user than the one who runs the tests",
    ),
    (
        "varlink_clients",
        "the Varlink client for Python knows Unix sockets only",
    ),
];

const OF_WINDOWS: [(&str, &str); 9] = [
    ("break_event", "CTRL-BREAK"),
    ("c_library", "the C library of Windows, in a program in C"),
    ("compat_table", "the pipe of clients of WinFsp"),
    ("existing_classes", "classes as their installers write them"),
    (
        "no_seam",
        "impersonation, and the launcher that does without",
    ),
    ("pipe_clients", "the pipe of clients of WinFsp"),
    ("pipe_denials", "the pipe of clients of WinFsp"),
    ("real_windows", "what Wine does not have"),
    ("service", "the service control manager"),
];

/// The suites whose first line of code has this attribute.
fn with_attribute(attribute: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = fs::read_dir(folder).unwrap();
    let mut suites: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            // A suite is a file, or a folder with one to begin with.
            let begins = match path.is_dir() {
                true => path.join("main.rs"),
                false => path.clone(),
            };
            let text = fs::read_to_string(begins).unwrap();
            let mut code = text.lines().filter(|line| !line.starts_with("//!"));
            code.next() == Some(attribute)
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    suites.sort();
    suites
}

#[test]
fn each_suite_of_one_system_is_listed_with_its_reason_and_no_other_is() {
    let names = |list: &[(&str, &str)]| -> Vec<String> {
        list.iter().map(|(name, _)| (*name).to_owned()).collect()
    };
    assert_eq!(with_attribute("#![cfg(unix)]"), names(&OF_LINUX));
    assert_eq!(with_attribute("#![cfg(windows)]"), names(&OF_WINDOWS));
}

#[test]
fn the_run_says_which_suites_are_of_the_other_system() {
    let (others, system) = match SYSTEM {
        System::Linux => (&OF_WINDOWS[..], "Windows"),
        System::Windows => (&OF_LINUX[..], "Linux"),
    };
    for (suite, why) in others {
        skipped(suite, &format!("for {system} only: {why}"));
    }
}

/// The tests for Windows itself are named where they are run and where they
/// are promised.
#[test]
fn the_workflow_and_the_readme_name_each_test_for_windows_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let suite = read("tests/real_windows.rs");
    let tests = suite.split("#[test]\nfn ").skip(1);
    let tests: Vec<&str> = tests.filter_map(|text| text.split('(').next()).collect();
    assert!(tests.len() >= 4, "{tests:?}");
    let (workflow, readme) = (
        read("../.github/workflows/windows.yml"),
        read("../README.md"),
    );
    for test in tests {
        assert!(
            workflow.contains(&format!("'{test}'")),
            "the workflow lacks {test}"
        );
        assert!(
            readme.contains(&format!("| `{test}` |")),
            "the readme lacks {test}"
        );
    }
}
