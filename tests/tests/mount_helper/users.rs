//! What users other than root may do.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fslaunch_tests::{Account, Class, mounts};
use serde_json::json;

use crate::stage::{done, failed, failed_umount, sbin, stage};

#[test]
fn a_user_mounts_and_unmounts_by_fstab_and_nobody_else_can() {
    let Some(stage) = stage() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    stage.fstab(&format!(
        "//memfs64/share {point} fslaunch user,noauto,exec 0 0"
    ));
    done(&stage.run_as(&alice, &["mount", point]));
    let mount = mounts::at(&at).unwrap();
    assert!(
        mount.options.contains("nosuid") && mount.options.contains("nodev"),
        "{mount:?}"
    );
    assert!(
        mount
            .super_options
            .contains(&format!("user_id={}", alice.uid)),
        "{mount:?}"
    );
    let ran = stage.run_as(&bob, &["umount", point]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let ran = stage.run_as(&bob, &["umount.fslaunch", point].map(sbin));
    assert_eq!(failed_umount(&ran), 32);
    assert!(mounts::at(&at).is_some());
    done(&stage.run_as(&alice, &["umount", point]));
    stage.nothing_is_left(&at);
    done(&stage.run_as(&alice, &["mount", point]));
    done(&stage.run_as(&alice, &["umount.fslaunch", point].map(sbin)));
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_that_the_user_may_not_start_ends_with_1() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let point = at.to_str().unwrap();
    // Alice may stop and query, and not start.
    let class = Class::new("looked-at", stage.daemon.program("memfs"))
        .set("command-line", "-m %1")
        .set("arguments", json!(["mount-point"]))
        .set("security", "D:P(A;;WPLC;;;WD)(A;;RPWPLC;;;BA)");
    stage.daemon.register(&class);
    stage.fstab(&format!(
        "//looked-at/one {point} fslaunch user,noauto,exec 0 0"
    ));
    let ran = stage.run_as(&alice, &["mount", point]);
    assert!(failed(&ran, 1).contains("may not start"), "{ran:?}");
    stage.nothing_is_left(&at);
}

#[test]
fn a_helper_with_rights_of_another_user_refuses_to_run() {
    let Some(stage) = stage() else { return };
    let helper = Path::new("/sbin/mount.fslaunch");
    fs::set_permissions(helper, fs::Permissions::from_mode(0o4755)).unwrap();
    let at = stage.folder("mnt");
    let words = [
        helper.as_os_str(),
        OsStr::new("//memfs64/share"),
        at.as_os_str(),
    ];
    let ran = stage.run_as(&Account::alice(), &words);
    assert!(failed(&ran, 1).contains("set-user-ID"), "{ran:?}");
    stage.nothing_is_left(&at);
}
