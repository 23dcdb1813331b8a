//! What a mount must forbid.

use fslaunch_tests::{Account, Class, Need, lacking};
use serde_json::json;

use crate::stage::{done, failed, forbids, stage};

#[test]
fn what_the_mount_must_forbid_it_forbids_when_root_asks() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount("//memfs64/share", &at, "noexec,nosuid,nodev,noatime,ro"));
    forbids(&at, &["noexec", "nosuid", "nodev", "noatime", "ro"]);
    stage.take_down(&at);
}

#[test]
fn what_fstab_s_user_implies_holds_or_nothing_is_mounted() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    stage.fstab(&format!("//memfs64/share {point} fslaunch user,noauto 0 0"));
    let ran = stage.run_as(&alice, &["mount", point]);
    let words = failed(&ran, 32);
    assert!(
        words.contains("without noexec") && words.contains("mount-options"),
        "{words}"
    );
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_that_takes_mount_options_is_mounted_with_them_for_a_user() {
    if lacking(&[Need::Program("bindfs")]) {
        return;
    }
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    let bindfs = Class::new("bindfs", "/usr/bin/bindfs")
        .set("command-line", "-f --no-allow-other -o %3 %1 %2")
        .set(
            "arguments",
            json!(["source", "mount-point", "mount-options"]),
        )
        .set("mount-point", "%2");
    stage.daemon.register(&bindfs.for_everyone());
    stage.fstab(&format!(
        "//bindfs/docs {point} fslaunch user,noauto,ro,source=/etc/default 0 0"
    ));
    done(&stage.run_as(&alice, &["mount", point]));
    forbids(&at, &["noexec", "nosuid", "nodev", "ro"]);
    done(&stage.run_as(&alice, &["umount", point]));
    stage.nothing_is_left(&at);
}

#[test]
fn a_line_of_fstab_with_user_alone_works_for_memfs_if_its_class_takes_mount_options() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    // As docs/class-file.md has it.
    let class = Class::new("memfs", stage.daemon.program("memfs"))
        .set("command-line", "-i -o %3 -u %1 -m %2")
        .set("arguments", json!(["unc", "mount-point", "mount-options?"]))
        .set("mount-point", "%2");
    stage.daemon.register(&class.for_everyone());
    for (more, wanted) in [("", "rw"), (",ro,noatime", "ro")] {
        stage.fstab(&format!(
            "//memfs/share {point} fslaunch user,noauto{more} 0 0"
        ));
        done(&stage.run_as(&alice, &["mount", point]));
        forbids(&at, &["noexec", "nosuid", "nodev", wanted]);
        done(&stage.run_as(&alice, &["umount", point]));
        stage.nothing_is_left(&at);
    }
    // Who starts it otherwise need not name any.
    let named = format!("mount-point={point}");
    let start = ["start", "-o", "unc=x", "-o", &named, "memfs", "share"];
    stage.daemon.launchctl(&start).ok();
    stage.daemon.launchctl(&["stop", "memfs", "share"]).ok();
    stage.nothing_is_left(&at);
}
