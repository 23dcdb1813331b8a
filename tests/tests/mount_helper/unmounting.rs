//! Unmounting, also by others and of what is in use.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use fslaunch_tests::{Account, Class, mounts};
use serde_json::{Value, json};

use crate::stage::{Stage, done, failed_umount, sbin, stage};

#[test]
fn whoever_may_stop_an_instance_of_root_may_unmount_it_where_umount_asks_the_helper() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder("mnt");
    let point = at.to_str().unwrap();
    stage.daemon.register(&stage.memfs("for-root"));
    done(&stage.mount("//for-root/share", &at, "uhelper=fslaunch"));
    let ran = stage.run_as(&alice, &["umount", point]);
    assert_eq!(failed_umount(&ran), 32);
    assert!(mounts::at(&at).is_some());
    stage.take_down(&at);
    let for_all = Class::new("for-all", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2")
        .for_everyone();
    stage.daemon.register(&for_all);
    done(&stage.mount("//for-all/share", &at, "uhelper=fslaunch"));
    let ran = stage.run_as(&alice, &["umount", "-v", point]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("instance 'share'"), "{ran:?}");
    assert!(mounts::at(&at).is_none());
    assert!(stage.daemon.listed().is_empty());
}

#[test]
fn whoever_may_only_stop_an_instance_does_not_take_it_from_those_who_use_it() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder("mnt");
    let point = at.to_str().unwrap();
    let for_all = Class::new("for-all", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2")
        .for_everyone();
    stage.daemon.register(&for_all);
    done(&stage.mount("//for-all/share", &at, "uhelper=fslaunch"));
    let mut user = Command::new("sleep")
        .arg("60")
        .current_dir(&at)
        .spawn()
        .unwrap();
    // Alice can't unmount what is root's, neither now nor later.
    for (words, expected) in [
        (&["umount", point][..], "in use"),
        (&["umount", "-l", point], "can't be unmounted"),
    ] {
        let ran = stage.run_as(&alice, words);
        assert_eq!(failed_umount(&ran), 32, "{ran:?}");
        assert!(ran.err.contains(expected), "{ran:?}");
        assert!(mounts::at(&at).is_some());
        assert_eq!(stage.daemon.listed().len(), 1);
    }
    // umount(8) itself leaves force to root.
    let ran = stage.run_as(&alice, &["umount", "-f", point]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(mounts::at(&at).is_some());
    done(&stage.run_as(&alice, &[&sbin("umount.fslaunch"), "-f", point]));
    stage.nothing_is_left(&at);
    user.kill().unwrap();
    user.wait().unwrap();
}

#[test]
fn whoever_may_see_an_instance_and_not_stop_it_unmounts_nothing() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder("mnt");
    let seen = Class::new("seen", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2")
        .set("security", "D:P(A;;LC;;;WD)(A;;RPWPLC;;;BA)");
    stage.daemon.register(&seen);
    done(&stage.mount("//seen/share", &at, "uhelper=fslaunch"));
    let ran = stage.run_as(&alice, &["umount", at.to_str().unwrap()]);
    assert_eq!(failed_umount(&ran), 1, "{ran:?}");
    assert!(ran.err.contains("may not stop"), "{ran:?}");
    assert!(mounts::at(&at).is_some());
    stage.take_down(&at);
}

#[test]
fn what_a_user_mounted_and_somebody_uses_stays_mounted() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    let line = format!("//memfs64/share {point} fslaunch user,noauto,exec 0 0");
    stage.fstab(&line);
    done(&stage.run_as(&alice, &["mount", point]));
    let mut user = alice.command("sh");
    let enter = "cd \"$1\" && echo there && exec sleep 60";
    user.args(["-c", enter, "sh", point]).stdout(Stdio::piped());
    let mut user = user.spawn().unwrap();
    let mut there = [0; 6];
    let mut output = user.stdout.take().unwrap();
    output.read_exact(&mut there).unwrap();
    let ran = stage.run_as(&alice, &["umount", point]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let helper = sbin("umount.fslaunch");
    let ran = stage.run_as(&alice, &[&helper, point]);
    assert_eq!(failed_umount(&ran), 32);
    assert!(ran.err.contains("in use"), "{ran:?}");
    assert!(mounts::at(&at).is_some());
    assert_eq!(stage.daemon.listed().len(), 1);
    done(&stage.run_as(&alice, &[&helper, point, "-l"]));
    assert!(mounts::at(&at).is_none());
    user.kill().unwrap();
    user.wait().unwrap();
    stage.nothing_is_left(&at);
}

#[test]
fn what_the_launcher_does_not_know_the_place_of_is_found_by_who_unmounts() {
    let Some(stage) = stage() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let at = stage.folder("mnt");
    let point = at.to_str().unwrap();
    let helper = sbin("umount.fslaunch");
    // The name of the mount says nothing, the name of the instance a lot.
    let unstated = Class::new("unstated", stage.daemon.program("memfs"))
        .set("command-line", "-u nothing -m %2")
        .for_everyone();
    stage.daemon.register(&unstated);
    let again = Class::new("again", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("allow-start", json!(["everyone"]));
    stage.daemon.register(&again);
    let options = "instance=a b,uhelper=fslaunch";
    for _ in 0..2 {
        done(&stage.mount("//unstated/share", &at, options));
        let other = stage.folder("other");
        done(&stage.mount("//unstated/other", &other, "uhelper=fslaunch"));
        let ran = stage.run_as(&alice, &["umount", point]);
        assert_eq!(failed_umount(&ran), 32, "{ran:?}");
        assert!(ran.err.contains("does not say where"), "{ran:?}");
        assert!(mounts::at(&at).is_some());
        done(&stage.run_as(&alice, &[&helper, "-f", point]));
        assert!(mounts::at(&at).is_none());
        assert_eq!(stage.daemon.listed(), [("unstated".into(), "other".into())]);
        done(&stage.run(&[&helper, other.to_str().unwrap()], b""));
        stage.nothing_is_left(&other);
    }
    // A user's own, which nothing is noted of.
    let own = stage.folder_of(&alice);
    let line = format!(
        "//again/share {} fslaunch user,noauto,exec 0 0",
        own.display()
    );
    stage.fstab(&line);
    done(&stage.run_as(&alice, &["mount", own.to_str().unwrap()]));
    let ran = stage.run_as(&bob, &[&helper, own.to_str().unwrap()]);
    assert_eq!(failed_umount(&ran), 32, "{ran:?}");
    done(&stage.run_as(&alice, &[&helper, own.to_str().unwrap()]));
    stage.nothing_is_left(&own);
}

/// The process of the one instance that there is.
fn process(stage: &Stage) -> Value {
    let listed = stage.daemon.connect().call("List", json!({})).unwrap();
    listed["instances"][0]["pid"].clone()
}

#[test]
fn an_open_file_keeps_a_file_system_whose_mount_was_taken_away() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount("//memfs64/share", &at, "defaults"));
    let before = process(&stage);
    assert!(before.is_u64(), "{before}");
    let mut file = File::create_new(at.join("file")).unwrap();
    done(&stage.run(&["umount", "-i", "-l", at.to_str().unwrap()], b""));
    assert!(mounts::at(&at).is_none());
    // As umount(8) asks for who may not unmount, and as the helper does.
    let idle = json!({ "class": "memfs64", "instance": "share", "if_idle": true });
    let refused = stage.daemon.connect().call("Stop", idle).unwrap_err();
    assert_eq!(refused.short_name(), "MountPointBusy", "{refused:?}");
    let ran = stage.run(&[&sbin("umount.fslaunch"), at.to_str().unwrap()], b"");
    assert_eq!(failed_umount(&ran), 32, "{ran:?}");
    assert!(ran.err.contains("in use"), "{ran:?}");
    assert_eq!(process(&stage), before);
    file.write_all(b"still there").unwrap();
    drop(file);
    stage.nothing_is_left(&at);
}

#[test]
fn a_copy_of_a_mount_in_another_namespace_keeps_its_file_system() {
    let Some(stage) = stage() else { return };
    // Once with a launcher that knows the place, and once with one that does not.
    let unstated = Class::new("unstated", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .for_everyone();
    stage.daemon.register(&unstated);
    for class in ["memfs64", "unstated"] {
        let at = stage.folder("mnt");
        done(&stage.mount(&format!("//{class}/share"), &at, "defaults"));
        let before = process(&stage);
        let mut elsewhere = Command::new("unshare");
        elsewhere.args(["--mount", "--propagation", "private", "sh", "-c"]);
        elsewhere.arg("echo there && exec sleep 60");
        let mut elsewhere = elsewhere.stdout(Stdio::piped()).spawn().unwrap();
        let mut there = [0; 6];
        let mut output = elsewhere.stdout.take().unwrap();
        output.read_exact(&mut there).unwrap();
        let ran = stage.run(&[&sbin("umount.fslaunch"), at.to_str().unwrap()], b"");
        assert_eq!(failed_umount(&ran), 32, "{ran:?}");
        assert!(ran.err.contains("in use"), "{ran:?}");
        assert_eq!(process(&stage), before);
        elsewhere.kill().unwrap();
        elsewhere.wait().unwrap();
        stage.nothing_is_left(&at);
    }
}

#[test]
fn what_is_in_use_stays_mounted_unless_it_is_to_end_all_the_same() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount("//memfs64/share", &at, "defaults"));
    let mut user = Command::new("sleep")
        .arg("60")
        .current_dir(&at)
        .spawn()
        .unwrap();
    let point = at.to_str().unwrap();
    assert_eq!(stage.umount(&at).code, 32);
    let helper = "/sbin/umount.fslaunch";
    let ran = stage.run(&[helper, point], b"");
    assert_eq!(failed_umount(&ran), 32);
    assert!(
        ran.err.contains("in use") && ran.err.contains("umount -l"),
        "{ran:?}"
    );
    assert!(mounts::at(&at).is_some());
    done(&stage.run(&[helper, point, "-f"], b""));
    stage.nothing_is_left(&at);
    user.kill().unwrap();
    user.wait().unwrap();
    done(&stage.mount("//memfs64/share", &at, "defaults"));
    let mut user = Command::new("sleep")
        .arg("60")
        .current_dir(&at)
        .spawn()
        .unwrap();
    done(&stage.run(&[helper, point, "-l"], b""));
    assert!(mounts::at(&at).is_none());
    user.kill().unwrap();
    user.wait().unwrap();
    stage.nothing_is_left(&at);
    let ran = stage.run(&[helper, point], b"");
    assert_eq!(failed_umount(&ran), 32);
}
