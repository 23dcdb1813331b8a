//! Who may mount where, and what he learns who may not.

#![cfg(unix)]

mod mounted;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use mounted::{BINARY, Mounted, NOBODY, Place, Start, fuse_is_there, is_root, shell, skip};
use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

fn refused(point: &Path, because: &str) {
    let output = Command::new(BINARY)
        .arg("-m")
        .arg(point)
        .output()
        .expect("memfs starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with("memfs: ") && stderr.contains(&*point.to_string_lossy()),
        "{stderr}"
    );
    assert!(stderr.contains(because), "{stderr}");
}

#[test]
fn a_mount_point_that_cannot_be_used_is_refused_with_its_name_and_the_reason() {
    if !fuse_is_there("a_mount_point_that_cannot_be_used_is_refused_with_its_name_and_the_reason") {
        return;
    }
    let mounted = Mounted::new(&["-u", r"\memfs64\share"]);
    let base = mounted.place.base.clone();
    refused(&base.join("missing"), "No such file or directory");
    fs::write(base.join("file"), "x").unwrap();
    refused(&base.join("file"), "is not a folder");
    refused(
        &mounted.place.point(),
        r"is busy: \memfs64\share (fuse.memfs) is mounted there",
    );

    // One whose program was killed.
    let ended = mounted.stopped(Signal::KILL);
    assert_eq!(ended.place.mounts().len(), 1);
    refused(
        &ended.place.point(),
        "holds a file system whose program is gone",
    );
}

/// Lets everybody open `/dev/fuse`, one test at a time, and takes that back.
struct OpenToAll {
    device: File,
    mode: u32,
}

impl OpenToAll {
    fn new() -> io::Result<Self> {
        let device = File::open("/dev/fuse")?;
        flock(&device, FlockOperation::LockExclusive)?;
        let mode = device.metadata()?.mode() & 0o7777;
        let all = Self { device, mode };
        all.device
            .set_permissions(fs::Permissions::from_mode(0o666))?;
        Ok(all)
    }
}

impl Drop for OpenToAll {
    fn drop(&mut self) {
        let _kept = self
            .device
            .set_permissions(fs::Permissions::from_mode(self.mode));
    }
}

fn fusermount_is_there(test: &str) -> bool {
    Command::new("fusermount3").arg("-V").output().is_ok()
        || skip(test, "fusermount3 is missing: install fuse3")
}

#[test]
fn an_ordinary_user_mounts_through_fusermount3() {
    let test = "an_ordinary_user_mounts_through_fusermount3";
    if !fuse_is_there(test) || !is_root(test) || !fusermount_is_there(test) {
        return;
    }
    let _open = OpenToAll::new().unwrap();
    let mounted = Start::new(&["-u", r"\memfs64\a,b"])
        .by_user(NOBODY)
        .mounted();
    let mounts = mounted.place.mounts();
    for part in [
        r"- fuse.memfs \134memfs64\134a,b ",
        "nosuid,nodev",
        "user_id=65534",
        ",default_permissions",
    ] {
        assert!(mounts[0].contains(part), "{part:?} in {:?}", mounts[0]);
    }
    let point = mounted.place.point();
    let words = "mkdir d; echo hello > d/f; ln d/f g; mv g h; ln -s d/f s; cat s; stat -c '%u %h %a' h .; rm -r d h s; ls -A";
    assert_eq!(
        shell(&point, NOBODY, words).unwrap(),
        "hello\n65534 2 644\n65534 3 755\n"
    );
    let allowed = fs::read_to_string("/etc/fuse.conf")
        .is_ok_and(|text| text.lines().any(|line| line == "user_allow_other"));
    assert_eq!(
        fs::read_dir(&point).is_ok(),
        allowed,
        "even root is somebody else"
    );

    // Busy: somebody has a folder of it as working folder.
    let mut inside = Command::new("sh");
    inside.uid(NOBODY).gid(NOBODY);
    inside
        .args(["-ec", r#"cd "$0"; echo; read line"#])
        .arg(&point);
    let mut inside = inside
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    io::Read::read_exact(inside.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    mounted.stopped(Signal::TERM).check();
    drop(inside.stdin.take());
    inside.wait().unwrap();
}

#[test]
fn what_a_mount_must_forbid_it_forbids_for_an_ordinary_user_too() {
    let test = "what_a_mount_must_forbid_it_forbids_for_an_ordinary_user_too";
    if !fuse_is_there(test) || !is_root(test) || !fusermount_is_there(test) {
        return;
    }
    let _open = OpenToAll::new().unwrap();
    let mounted = Start::new(&["-o", "ro,noexec,noatime"])
        .by_user(NOBODY)
        .mounted();
    let mounts = mounted.place.mounts();
    for part in ["ro,", "nosuid,nodev", "noexec", "noatime"] {
        assert!(mounts[0].contains(part), "{part:?} in {:?}", mounts[0]);
    }
    let refused = shell(&mounted.place.point(), NOBODY, "touch file").unwrap_err();
    assert!(refused.contains("Read-only"), "{refused}");
    mounted.stopped(Signal::TERM).check();
}

#[test]
fn an_ordinary_user_learns_why_he_may_not_mount() {
    let test = "an_ordinary_user_learns_why_he_may_not_mount";
    if !fuse_is_there(test) || !is_root(test) || !fusermount_is_there(test) {
        return;
    }
    let _open = OpenToAll::new().unwrap();
    let start = Start::new(&[]).by_user(NOBODY);
    let point = start.point();
    std::os::unix::fs::chown(&point, Some(0), Some(0)).unwrap();
    let ended = start.spawn().ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended
            .stderr
            .contains("user has no write access to mountpoint"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains(&*point.to_string_lossy()),
        "{}",
        ended.stderr
    );

    let ended = Start::new(&[])
        .by_user(NOBODY)
        .after("PATH=/nowhere;")
        .spawn()
        .ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("install the package fuse3"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_ordinary_user_who_may_not_open_the_device_is_told_so() {
    if !is_root("an_ordinary_user_who_may_not_open_the_device_is_told_so") {
        return;
    }
    let place = Place::new();
    let device = place.base.join("device");
    File::create(&device).unwrap();
    fs::set_permissions(&device, fs::Permissions::from_mode(0o600)).unwrap();
    let program = place.program();
    // In a namespace of its own, where a file of root's is in the place of the device.
    let words =
        r#"mount --bind "$1" /dev/fuse; exec setpriv --reuid=65534 --clear-groups "$2" -m "$0""#;
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-ec", words])
        .arg(place.point())
        .arg(&device)
        .arg(&program);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with("memfs: this user may not open /dev/fuse"),
        "{stderr}"
    );
}
