//! What fails, with which exit code and in which words.

use std::process::Command;

use fslaunch_tests::{Class, run_with_deadline};
use serde_json::json;

use crate::stage::{done, failed, failed_umount, stage};

#[test]
fn an_option_that_nobody_knows_fails_and_is_named_unless_mount_is_sloppy() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for option in ["frobnicate", "frobnicate=1"] {
        let ran = stage.mount("//memfs64/share", &at, option);
        assert!(failed(&ran, 1).contains("'frobnicate'"), "{ran:?}");
        stage.nothing_is_left(&at);
    }
    let words = [
        "-s",
        "-t",
        "fslaunch",
        "-o",
        "frobnicate=1",
        "//memfs64/share",
    ];
    done(&stage.mount_with(&words, &at, b""));
    stage.take_down(&at);
}

#[test]
fn wrong_usage_and_missing_permission_end_with_1() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let words = |source: &str, options: &str| {
        let ran = stage.mount(source, &at, options);
        failed(&ran, 1).to_owned()
    };
    assert!(words("memfs64", "rw").contains("//CLASS/INSTANCE"));
    let unknown = words("//memfs/share", "rw");
    assert!(
        unknown.contains("'memfs'") && unknown.contains("are memfs64"),
        "{unknown}"
    );
    assert!(words("//memfs64/share", "remount").contains("'remount'"));
    let secret = words("//memfs64/share", "password=hunter2");
    assert!(
        secret.contains("credentials=FILE") && !secret.contains("hunter2"),
        "{secret}"
    );
    assert!(words("//memfs64/share", "remember").contains("takes no secret"));
    stage.nothing_is_left(&at);
}

#[test]
fn without_a_launcher_it_ends_with_2() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let mut command = Command::new("mount");
    command
        .env("FSLAUNCH_SOCKET", "/run/nowhere")
        .args(["-t", "fslaunch", "//a/b"]);
    let ran = run_with_deadline(command.arg(&at), b"");
    assert!(failed(&ran, 2).contains("is fslaunchd running?"), "{ran:?}");
    let mut command = Command::new("/sbin/umount.fslaunch");
    command.env("FSLAUNCH_SOCKET", "/run/nowhere").arg(&at);
    assert_eq!(failed_umount(&run_with_deadline(&mut command, b"")), 2);
}

#[test]
fn what_the_file_system_fails_at_ends_with_32_and_its_own_words() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let broken = Class::stand_in(&stage.daemon, "broken", "err=no=such=server exit=9 -- %1");
    let broken = broken
        .set("arguments", json!(["mount-point"]))
        .set("mount-point", "%1");
    stage.daemon.register(&broken);
    let ran = stage.mount("//broken/one", &at, "rw");
    let words = failed(&ran, 32);
    assert!(
        words.contains("no=such=server") && words.contains('9'),
        "{words}"
    );
    let ran = stage.mount("//memfs64/share", &at.join("missing"), "X-none");
    assert_ne!(ran.code, 0, "{ran:?}");
    done(&stage.mount("//memfs64/share", &at, "rw"));
    let ran = stage.mount("//memfs64/share", &stage.folder("other"), "rw");
    let words = failed(&ran, 32);
    assert!(
        words.contains(at.to_str().unwrap()) && words.contains("instance=NAME"),
        "{words}"
    );
    let other = stage.folder("other");
    done(&stage.mount("//memfs64/share", &other, "instance=again"));
    done(&stage.umount(&other));
    done(&stage.umount(&at));
}

#[test]
fn what_was_mounted_there_before_is_not_taken_for_the_mount() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    // Its start is answered before its mount, which it then can't make.
    let blind = Class::new("blind", stage.daemon.program("memfs"))
        .set("command-line", "-m %1")
        .set("arguments", json!(["mount-point"]));
    stage.daemon.register(&blind);
    done(&stage.mount("//memfs64/share", &at, "rw"));
    let ran = stage.mount("//blind/one", &at, "rw");
    let words = failed(&ran, 32);
    assert!(
        words.contains("ended before anything was mounted"),
        "{words}"
    );
    stage.take_down(&at);
}
