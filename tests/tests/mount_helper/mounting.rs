//! Mounting in the ways that there are.

use std::path::Path;
use std::process::Command;

use fslaunch_tests::{Class, mounts, run_with_deadline};
use serde_json::json;

use crate::stage::{done, failed, stage};

#[test]
fn a_tree_is_written_and_compared_between_mount_and_umount_both_by_root() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for source in ["//memfs64/share", r"\\memfs64\share"] {
        done(&stage.mount(source, &at, "defaults"));
        let mount = mounts::at(&at).unwrap();
        assert_eq!(mount.source, r"\memfs64\share");
        assert!(mount.kind.starts_with("fuse"), "{mount:?}");
        write_and_compare(&at);
        assert_eq!(stage.daemon.listed(), [("memfs64".into(), "share".into())]);
        stage.take_down(&at);
    }
}

/// Writes a tree into a folder, and compares what is there then.
#[track_caller]
pub(crate) fn write_and_compare(at: &Path) {
    let compare = "cp -r /etc/default \"$1\"/copy && diff -r /etc/default \"$1\"/copy";
    done(&run_with_deadline(
        Command::new("sh").args(["-ec", compare, "sh"]).arg(at),
        b"",
    ));
}

#[test]
fn the_class_may_be_in_the_type_and_what_launchctl_stops_is_unmounted() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount_with(&["-t", "fslaunch.memfs64", "share"], &at, b""));
    assert_eq!(mounts::at(&at).unwrap().source, r"\memfs64\share");
    stage.daemon.launchctl(&["stop", "memfs64", "share"]).ok();
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_without_names_gets_name_and_folder_in_the_order_of_windows() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let plain = Class::new("plain", stage.daemon.program("memfs"));
    let plain = plain
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2");
    stage.daemon.register(&plain);
    done(&stage.mount("//plain/a/b", &at, "defaults"));
    assert_eq!(mounts::at(&at).unwrap().source, r"\plain\a\b");
    assert_eq!(stage.daemon.listed(), [("plain".into(), r"a\b".into())]);
    stage.take_down(&at);
}

#[test]
fn a_class_that_does_not_say_when_it_is_mounted_is_waited_for_all_the_same() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let script = format!(
        "#!/bin/sh\nsleep 0.5\nexec {} -m \"$1\"\n",
        stage.daemon.program("memfs").display()
    );
    let script = stage.daemon.place().make_file("bin/late", script, 0o755);
    stage
        .daemon
        .register(&Class::new("late", script).set("command-line", "%2"));
    done(&stage.mount("//late/one", &at, "defaults"));
    assert!(mounts::at(&at).is_some());
    stage.take_down(&at);
    let ends = Class::stand_in(&stage.daemon, "ends", "pause=300 exit=3 -- %2");
    stage.daemon.register(&ends);
    let ran = stage.mount("//ends/one", &at, "defaults");
    assert!(
        failed(&ran, 32).contains("ended before anything was mounted"),
        "{ran:?}"
    );
}

#[test]
fn what_does_not_say_when_it_is_mounted_has_the_time_of_its_class() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let script = format!(
        "#!/bin/sh\nsleep 5\nexec {} -m \"$1\"\n",
        stage.daemon.program("memfs").display()
    );
    let script = stage.daemon.place().make_file("bin/late", script, 0o755);
    // It would come in the time that a class has by default.
    let hasty = Class::new("hasty", &script).set("command-line", "%2");
    stage.daemon.register(&hasty.set("start-timeout", 1));
    let ran = stage.mount("//hasty/one", &at, "defaults");
    let words = failed(&ran, 32);
    assert!(
        words.contains("after 1 s") && words.contains("start-timeout"),
        "{ran:?}"
    );
    stage.nothing_is_left(&at);
    let classes = stage.daemon.launchctl(&["--json", "classes"]).json();
    let classes = classes["classes"].as_array().unwrap().clone();
    let told = |name| {
        classes.iter().find(|class| class["class"] == name).unwrap()["start_timeout"].clone()
    };
    assert_eq!((told("hasty"), told("memfs64")), (json!(1), json!(15)));
}

#[test]
fn what_is_mounted_again_at_once_waits_for_the_end_of_the_first() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for _ in 0..10 {
        done(&stage.mount("//memfs64/share", &at, "defaults"));
        done(&stage.umount(&at));
    }
    stage.nothing_is_left(&at);
}

#[test]
fn a_fake_mount_checks_all_and_mounts_nothing_and_verbose_tells_what_is_done() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let words = ["-fv", "-t", "fslaunch", "//memfs64/share"];
    let ran = stage.mount_with(&words, &at, b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("instance 'share' of class 'memfs64'"),
        "{ran:?}"
    );
    stage.nothing_is_left(&at);
    let words = ["-f", "-t", "fslaunch", "-o", "x=1", "//memfs64/share"];
    let ran = stage.mount_with(&words, &at, b"");
    assert!(failed(&ran, 1).contains("'x'"), "{ran:?}");
}
