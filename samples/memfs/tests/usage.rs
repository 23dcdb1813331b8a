//! What the program says to a command line that makes no sense, and to one that asks for words only.

use std::process::{Command, Output};

fn memfs(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memfs"))
        .args(arguments)
        .output()
        .expect("memfs starts")
}

#[test]
fn wrong_usage_is_exit_code_2_and_names_the_option() {
    for (arguments, option) in [
        (&[][..], "-m"),
        (&["-m"], "-m"),
        (&["-x", "-m", "/mnt"], "-x"),
        (&["-n", "lots", "-m", "/mnt"], "-n"),
        (&["-s", "1.5", "-m", "/mnt"], "-s"),
        (&["-F", "a b", "-m", "/mnt"], "-F"),
        (&["-o", "suid", "-m", "/mnt"], "-o"),
        (&["/mnt"], "-m /mnt"),
    ] {
        let output = memfs(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr.starts_with("memfs: ") && stderr.contains(option),
            "{arguments:?}: {stderr}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for (option, start) in [
        ("-h", "usage: memfs"),
        ("--help", "usage: memfs"),
        ("-V", "memfs "),
        ("--version", "memfs "),
    ] {
        let output = memfs(&[option]);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{option}"
        );
        assert!(
            String::from_utf8_lossy(&output.stdout).starts_with(start),
            "{option}"
        );
    }
}

#[test]
fn the_man_page_and_the_usage_text_name_the_same_options() {
    // In the page an option is what follows ".TP" and starts with "\\-".
    let page: Vec<&str> = include_str!("../../../docs/man/memfs.1").lines().collect();
    let after_tp = page
        .windows(2)
        .filter(|lines| lines[0] == ".TP")
        .map(|lines| lines[1]);
    let documented: Vec<&str> = after_tp
        .filter_map(|line| line.split_once("\\-"))
        .map(|(_, rest)| &rest[..1])
        .collect();
    let usage = memfs::command_line::USAGE.lines();
    let offered: Vec<&str> = usage
        .filter_map(|line| line.strip_prefix("  -"))
        .map(|rest| &rest[..1])
        .collect();
    assert_eq!(documented, offered);
}
