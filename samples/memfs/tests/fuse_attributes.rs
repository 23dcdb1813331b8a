//! What is known of files on a real mount: times, modes, owners, extended attributes, and who may do what.

#![cfg(unix)]

mod mounted;

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::time::{Duration, UNIX_EPOCH};

use mounted::{Mounted, NOBODY, fuse_is_there, is_root, shell};
use rustix::fs::XattrFlags;
use rustix::io::Errno;

#[test]
fn attributes_are_kept_to_the_nanosecond() {
    if !fuse_is_there("attributes_are_kept_to_the_nanosecond") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let path = mounted.path("file");
    let file = File::create(&path).unwrap();
    let (accessed, modified) = (
        UNIX_EPOCH - Duration::new(1, 5),
        UNIX_EPOCH + Duration::new(4_000_000_000, 123),
    );
    file.set_times(
        FileTimes::new()
            .set_accessed(accessed)
            .set_modified(modified),
    )
    .unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!(
        (found.accessed().unwrap(), found.modified().unwrap()),
        (accessed, modified)
    );
    let changed = (found.ctime(), found.ctime_nsec());
    fs::set_permissions(&path, Permissions::from_mode(0o1640)).unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!(found.mode(), 0o101_640);
    assert!((found.ctime(), found.ctime_nsec()) > changed);
    assert_eq!(found.modified().unwrap(), modified);
    fs::write(&path, "x").unwrap();
    assert!(fs::metadata(&path).unwrap().modified().unwrap() != modified);
}

#[test]
fn set_user_id_goes_when_others_write_cut_or_get_the_file() {
    let test = "set_user_id_goes_when_others_write_cut_or_get_the_file";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Mounted::new(&[]);
    let mode_after = |change: &dyn Fn()| {
        let path = mounted.path("program");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o6777)).unwrap();
        change();
        fs::metadata(&path).unwrap().mode() & 0o7777
    };
    let point = mounted.place.point();
    let by_nobody = |words| shell(&point, NOBODY, words).map(drop).unwrap();
    assert_eq!(mode_after(&|| by_nobody("echo y >> program")), 0o777);
    assert_eq!(mode_after(&|| by_nobody(": > program")), 0o777);
    assert_eq!(mode_after(&|| by_nobody("truncate -s 9 program")), 0o777);
    assert_eq!(
        mode_after(&|| chown(mounted.path("program"), Some(7), None).unwrap()),
        0o777
    );
    assert_eq!(
        mode_after(&|| fs::write(mounted.path("program"), "z").unwrap()),
        0o6777
    );
}

#[test]
fn the_kernel_checks_who_may_do_what() {
    let test = "the_kernel_checks_who_may_do_what";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Mounted::new(&[]);
    let point = mounted.place.point();
    fs::write(mounted.path("secret"), "x").unwrap();
    fs::set_permissions(mounted.path("secret"), Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(mounted.path("shared")).unwrap();
    fs::set_permissions(mounted.path("shared"), Permissions::from_mode(0o1777)).unwrap();
    fs::write(mounted.path("shared/ours"), "x").unwrap();
    for words in [
        "cat secret",
        "echo x > new",
        "rm shared/ours",
        "mv shared/ours shared/theirs",
    ] {
        let refused = shell(&point, NOBODY, words).unwrap_err();
        assert!(refused.contains("ermi"), "{words}: {refused}");
    }
    let owner = shell(
        &point,
        NOBODY,
        "cd shared; umask 027; echo x > theirs; mkdir d; stat -c '%u %g %a' theirs d; rm theirs",
    );
    assert_eq!(
        owner.unwrap(),
        format!("{NOBODY} {NOBODY} 640\n{NOBODY} {NOBODY} 750\n")
    );
}

#[test]
fn statfs_shows_limits_and_use() {
    if !fuse_is_there("statfs_shows_limits_and_use") {
        return;
    }
    let mounted = Mounted::new(&["-n", "100", "-s", "40960"]);
    fs::write(mounted.path("file"), [1; 10_000]).unwrap();
    let found = rustix::fs::statvfs(mounted.place.point()).unwrap();
    assert_eq!(
        (found.f_files, found.f_ffree, found.f_namemax),
        (100, 99, 255)
    );
    assert_eq!(
        (
            found.f_frsize,
            found.f_blocks,
            found.f_bfree,
            found.f_bavail
        ),
        (4096, 1000, 997, 997)
    );
}

#[test]
fn extended_attributes_are_set_listed_and_removed() {
    if !fuse_is_there("extended_attributes_are_set_listed_and_removed") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let path = mounted.path("file");
    fs::write(&path, "x").unwrap();
    let set = |name: &str, value: &[u8], flags| rustix::fs::setxattr(&path, name, value, flags);
    assert_eq!(set("user.a", b"1", XattrFlags::REPLACE), Err(Errno::NODATA));
    set("user.a", b"value", XattrFlags::CREATE).unwrap();
    assert_eq!(set("user.a", b"1", XattrFlags::CREATE), Err(Errno::EXIST));
    set("user.b", b"", XattrFlags::empty()).unwrap();

    let mut room = [0; 64];
    assert_eq!(rustix::fs::getxattr_query(&path, "user.a"), Ok(5));
    assert_eq!(
        rustix::fs::getxattr(&path, "user.a", &mut room[..4]),
        Err(Errno::RANGE)
    );
    assert_eq!(rustix::fs::getxattr(&path, "user.a", &mut room), Ok(5));
    assert_eq!(&room[..5], b"value");
    assert_eq!(rustix::fs::listxattr(&path, &mut room), Ok(14));
    assert_eq!(&room[..14], b"user.a\0user.b\0");

    rustix::fs::removexattr(&path, "user.a").unwrap();
    assert_eq!(rustix::fs::removexattr(&path, "user.a"), Err(Errno::NODATA));
    assert_eq!(
        set(
            "system.posix_acl_access",
            b"\x02\0\0\0",
            XattrFlags::empty()
        ),
        Err(Errno::OPNOTSUPP)
    );
}
