//! Classes go out as `.reg` files and come in again, and nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::process::Command;

use fslaunch_tests::{PLATFORM, Place, Ran, class_place, program, run_with_deadline};

/// What a file system brought along: values of its own of each type that the
/// registry has, one of a type that nobody knows, and some that are not what
/// their type says.
const REGISTRY: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\WinFsp\Services\sshfs]
"Executable"="/usr/bin/sshfs"
"CommandLine"="-f %1 \"%2\""
"JobControl"=dword:00000001
"Arguments"=hex(7):61,00,00,00,62,00,3f,00,00,00,00,00
@="the nameless one"
"sshfs.rootdir"=dword:00000001
"My \"quoted\" \\ name"="grün"
"lines"=hex(1):61,00,0a,00,62,00,00,00
"path"=hex(2):25,00,41,00,25,00,00,00
"icon"=hex:00,01,fe,ff
"nothing"=hex:
"big"=hex(b):ff,ff,ff,ff,ff,ff,ff,7f
"link"=hex(6):61,00,62,00
"odd"=hex(4):01,02
"torn"=hex(1):61,00,62
"strange"=hex(1f4):aa

[HKEY_LOCAL_MACHINE\SOFTWARE\WinFsp\Services\second]
"Executable"="/usr/bin/second"
"#;

/// In a class store of its own below the place.
fn launchctl(place: &Place, config: &str, words: &[&str]) -> Ran {
    let mut command = Command::new(program("launchctl"));
    command
        .arg("--user")
        .args(class_place(place, config))
        .args(words);
    run_with_deadline(&mut command, b"")
}

fn written(place: &Place, name: &str, text: &str) -> String {
    let file = place.path().join(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The file with programs of the own system.
fn registry() -> String {
    REGISTRY.replace("/usr/bin/", PLATFORM.folder_in_registry)
}

#[track_caller]
fn exported(ran: Ran) -> String {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:#?}");
    ran.out
}

#[test]
fn what_is_exported_and_registered_elsewhere_is_exported_the_same() {
    let place = Place::new();
    let original = written(&place, "original.reg", &registry());
    launchctl(&place, "first", &["register", &original]).ok();
    let export = ["export", "sshfs", "second"];
    let once = exported(launchctl(&place, "first", &export));
    let again = written(&place, "again.reg", &once);
    launchctl(&place, "second", &["register", &again]).ok();
    let twice = exported(launchctl(&place, "second", &export));
    assert_eq!(once, twice);
    for line in registry().lines().filter(|line| line.contains('=')) {
        let kept = once.split("\r\n").any(|kept| kept == line);
        assert!(kept, "{line} is not in\n{once}");
    }
    let all = exported(launchctl(&place, "second", &["export", "--all"]));
    assert_eq!(all.matches("[HKEY").count(), 2, "{all}");
}

#[test]
fn a_class_file_holds_the_same_values_as_a_registry_file() {
    let place = Place::new();
    let original = written(&place, "original.reg", &registry());
    launchctl(&place, "first", &["register", &original]).ok();
    let toml = exported(launchctl(&place, "first", &["export", "--toml", "sshfs"]));
    let file = written(&place, "sshfs.toml", &toml);
    launchctl(&place, "second", &["register", &file]).ok();
    let [first, second] =
        ["first", "second"].map(|config| exported(launchctl(&place, config, &["export", "sshfs"])));
    assert_eq!(first, second);
}
