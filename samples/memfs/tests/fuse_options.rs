//! What a mount is told to forbid.

#![cfg(unix)]

mod mounted;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use mounted::{Mounted, fuse_is_there, is_root};
use rustix::process::Signal;

/// The options of the one mount in its place.
fn options(mounted: &Mounted) -> Vec<String> {
    let mounts = mounted.place.mounts();
    assert_eq!(mounts.len(), 1, "{mounts:?}");
    let options = mounts[0].split(' ').nth(5).unwrap_or_default();
    options.split(',').map(str::to_owned).collect()
}

#[test]
fn each_option_holds_from_the_first_moment() {
    let test = "each_option_holds_from_the_first_moment";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let all = "ro,noexec,nosymfollow,noatime,nodiratime";
    let mounted = Mounted::new(&["-o", all]);
    let options = options(&mounted);
    for option in all.split(',').chain(["nosuid", "nodev"]) {
        assert!(options.iter().any(|known| known == option), "{options:?}");
    }
    let refused = fs::write(mounted.path("file"), "x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnlyFilesystem);
    mounted.stopped(Signal::TERM).check();
}

#[test]
fn programs_and_links_are_not_followed_where_that_is_forbidden_and_are_otherwise() {
    let test = "programs_and_links_are_not_followed_where_that_is_forbidden_and_are_otherwise";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    for (list, forbidden) in [("noexec,nosymfollow", true), ("rw,nosuid,nodev", false)] {
        let mounted = Mounted::new(&["-o", list]);
        let (program, link) = (mounted.path("program"), mounted.path("link"));
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        symlink("program", &link).unwrap();
        let run = Command::new(&program).status();
        let followed = fs::read(&link);
        match forbidden {
            true => {
                assert_eq!(run.unwrap_err().kind(), ErrorKind::PermissionDenied);
                assert!(followed.is_err());
            }
            false => {
                assert!(run.unwrap().success());
                assert_eq!(followed.unwrap(), b"#!/bin/sh\n");
            }
        }
        mounted.stopped(Signal::TERM).check();
    }
}
