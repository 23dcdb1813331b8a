//! File systems that nobody here wrote, as Debian ships them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::path::Path;
use std::process::Command;

use fslaunch_tests::{Account, Class, Daemon, Need, lacking, mounts, run_with_deadline};

/// A class of a program of the system that mounts at its last argument.
fn class(name: &str, template: &str) -> Class {
    Class::new(name, format!("/usr/bin/{name}"))
        .set("command-line", template)
        .set("mount-point", "%2")
        .set("ready", "mount")
        .for_everyone()
}

/// What a caller reads from a file of a mount.
fn read_as(caller: &Account, file: &Path) -> String {
    let mut cat = caller.command("cat");
    run_with_deadline(cat.arg(file), b"").out
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn bindfs_shows_a_folder_in_another_place() {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("bindfs")]) {
        return;
    }
    let daemon = Daemon::system().start();
    daemon.register(&class("bindfs", "-f %1 %2"));
    let source = daemon.place().make_folder("source", 0o755);
    let at = daemon.place().make_folder("mnt", 0o755);
    fs::write(source.join("file"), "from bindfs").unwrap();
    daemon
        .launchctl(&["start", "bindfs", "one", text(&source), text(&at)])
        .ok();
    let root = Account::named("root");
    assert_eq!(read_as(&root, &at.join("file")), "from bindfs");
    daemon.launchctl(&["stop", "bindfs", "one"]).ok();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn bindfs_runs_as_the_ordinary_user_who_starts_it() {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("bindfs")]) {
        return;
    }
    let daemon = Daemon::system().start();
    daemon.register(&class("bindfs", "-f --no-allow-other %1 %2"));
    let alice = Account::alice();
    let source = daemon.place().make_folder_of("source", &alice);
    let at = daemon.place().make_folder_of("mnt", &alice);
    fs::write(source.join("file"), "from bindfs").unwrap();
    daemon
        .launchctl_as(
            &alice,
            &["start", "bindfs", "one", text(&source), text(&at)],
        )
        .ok();
    assert_eq!(read_as(&alice, &at.join("file")), "from bindfs");
    let mount = mounts::at(&at).unwrap();
    assert!(
        mount
            .super_options
            .contains(&format!("user_id={}", alice.uid)),
        "{mount:?}"
    );
    daemon.launchctl_as(&alice, &["stop", "bindfs", "one"]).ok();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn the_class_of_the_readme_is_started_without_options_of_the_mount() {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("bindfs")]) {
        return;
    }
    let (_, shown) = include_str!("../../README.md")
        .split_once("$ cat bindfs.toml\n")
        .expect("the class");
    let (class, _) = shown.split_once("$ ").expect("its end");
    let daemon = Daemon::system().start();
    fs::write(daemon.class_file("bindfs"), class).unwrap();
    let alice = Account::alice();
    let source = daemon.place().make_folder_of("source", &alice);
    let at = daemon.place().make_folder_of("mnt", &alice);
    fs::write(source.join("file"), "from bindfs").unwrap();
    let start = ["start", "bindfs", "papers", text(&source), text(&at)];
    daemon.launchctl_as(&alice, &start).ok();
    assert_eq!(read_as(&alice, &at.join("file")), "from bindfs");
    let stop = ["stop", "bindfs", "papers"];
    daemon.launchctl_as(&alice, &stop).ok();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn squashfuse_shows_an_archive() {
    if lacking(&[
        Need::Root,
        Need::Fuse,
        Need::Program("squashfuse"),
        Need::Program("mksquashfs"),
    ]) {
        return;
    }
    let daemon = Daemon::system().start();
    daemon.register(&class("squashfuse", "-f %1 %2"));
    let source = daemon.place().make_folder("source", 0o755);
    fs::write(source.join("file"), "from an archive").unwrap();
    let archive = daemon.place().path().join("archive.sqsh");
    let mut pack = Command::new("mksquashfs");
    let packed = run_with_deadline(pack.arg(&source).arg(&archive).arg("-quiet"), b"");
    assert_eq!(packed.code, 0, "{packed:?}");
    let alice = Account::alice();
    let at = daemon.place().make_folder_of("mnt", &alice);
    daemon
        .launchctl_as(
            &alice,
            &["start", "squashfuse", "one", text(&archive), text(&at)],
        )
        .ok();
    assert_eq!(read_as(&alice, &at.join("file")), "from an archive");
    daemon
        .launchctl_as(&alice, &["stop", "squashfuse", "one"])
        .ok();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn an_archive_that_is_none_is_told_with_the_program_s_own_words() {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("squashfuse")]) {
        return;
    }
    let daemon = Daemon::system().start();
    daemon.register(&class("squashfuse", "-f %1 %2"));
    let at = daemon.place().make_folder("mnt", 0o755);
    let none = daemon.place().path().join("none.sqsh");
    fs::write(&none, "no archive").unwrap();
    let ran = daemon.launchctl(&["start", "squashfuse", "one", text(&none), text(&at)]);
    ran.ko(1067);
    assert!(ran.err.to_lowercase().contains("squashfs"), "{ran:?}");
    assert!(mounts::at(&at).is_none());
}

/// A launcher with an encrypted folder whose password is `open sesame`.
fn with_vault(user: &Account) -> Option<(Daemon, String, std::path::PathBuf)> {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("gocryptfs")]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let class = class("gocryptfs", "-fg -q -nosyslog %1 %2");
    daemon.register(&class.set("credentials", 1).set("secret-reply", "none"));
    let vault = daemon.place().make_folder_of("vault", user);
    let mut init = user.command("gocryptfs");
    init.args(["-init", "-q", "-scryptn", "10"]).arg(&vault);
    let made = run_with_deadline(&mut init, b"open sesame");
    assert_eq!(made.code, 0, "{made:?}");
    let at = daemon.place().make_folder_of("mnt", user);
    Some((daemon, text(&vault).to_owned(), at))
}

#[test]
fn gocryptfs_takes_its_password_from_standard_input() {
    let alice = Account::alice();
    let Some((daemon, vault, at)) = with_vault(&alice) else {
        return;
    };
    let start = [
        "startWithSecret",
        "gocryptfs",
        "one",
        &vault,
        text(&at),
        "open sesame",
    ];
    daemon.launchctl_as(&alice, &start).ok();
    let mut write = alice.command("sh");
    let script = ["-ec", "echo hidden >$1/file; cat $1/file", "sh"];
    assert_eq!(
        run_with_deadline(write.args(script).arg(&at), b"").out,
        "hidden\n"
    );
    daemon
        .launchctl_as(&alice, &["stop", "gocryptfs", "one"])
        .ok();
    assert!(mounts::at(&at).is_none());
    let names = fs::read_dir(&vault)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name());
    assert!(names.into_iter().all(|name| name != "file"));
}

#[test]
fn a_wrong_password_of_gocryptfs_is_told_in_its_own_words() {
    let alice = Account::alice();
    let Some((daemon, vault, at)) = with_vault(&alice) else {
        return;
    };
    let start = [
        "startWithSecret",
        "gocryptfs",
        "one",
        &vault,
        text(&at),
        "guess",
    ];
    let ran = daemon.launchctl_as(&alice, &start);
    ran.ko(1067);
    assert!(ran.err.contains("Password incorrect"), "{ran:?}");
    assert!(mounts::at(&at).is_none());
}
