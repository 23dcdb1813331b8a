//! Mounting and ending: how it is listed, who ends it, and what it leaves behind.

#![cfg(unix)]

mod mounted;

use std::fs::{self, File};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use mounted::{BINARY, DEADLINE, Mounted, Place, Start, fuse_is_there, is_root, number, skip};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::process::Signal;

#[test]
fn the_list_of_mounts_shows_what_was_asked_for() {
    if !fuse_is_there("the_list_of_mounts_shows_what_was_asked_for") {
        return;
    }
    for (arguments, shown) in [
        (&[][..], "- fuse.memfs memfs "),
        (
            &["-i", "-F", "NTFS", "-u", r"\memfs64\a,b c"],
            r"- fuse.ntfs \134memfs64\134a,b\040c ",
        ),
    ] {
        let mounted = Mounted::new(arguments);
        let mounts = mounted.place.mounts();
        assert_eq!(mounts.len(), 1);
        for part in [shown, "nosuid,nodev", ",default_permissions"] {
            assert!(mounts[0].contains(part), "{part:?} in {:?}", mounts[0]);
        }
        mounted.stopped(Signal::TERM).check();
    }
}

#[test]
fn each_signal_that_asks_for_it_ends_it_with_exit_code_0() {
    if !fuse_is_there("each_signal_that_asks_for_it_ends_it_with_exit_code_0") {
        return;
    }
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        Mounted::new(&[]).stopped(signal).check();
    }
}

#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    if !fuse_is_there("signals_that_were_ignored_at_the_start_stay_ignored") {
        return;
    }
    let mounted = Start::new(&[]).after("trap '' HUP INT TERM;").mounted();
    mounted.signal(Signal::HUP);
    mounted.signal(Signal::INT);
    fs::write(mounted.path("file"), "still here").unwrap();
    // The one that launchers send works all the same.
    mounted.stopped(Signal::TERM).check();
}

#[test]
fn a_busy_file_system_ends_at_once_and_leaves_no_mount() {
    if !fuse_is_there("a_busy_file_system_ends_at_once_and_leaves_no_mount") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let file = File::create(mounted.path("file")).unwrap();
    file.write_at(b"x", 0).unwrap();
    // Somebody whose working folder it is, waiting for the end of the input.
    let mut inside = Command::new("cat");
    inside
        .current_dir(mounted.place.point())
        .stdin(Stdio::piped());
    let mut inside = inside.spawn().unwrap();
    mounted.stopped(Signal::TERM).check();
    assert_eq!(
        number(file.write_at(b"y", 0)),
        Errno::NOTCONN.raw_os_error()
    );
    drop(inside.stdin.take());
    inside.wait().unwrap();
}

#[test]
fn somebody_who_unmounts_it_ends_it_with_exit_code_0() {
    let test = "somebody_who_unmounts_it_ends_it_with_exit_code_0";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Mounted::new(&[]);
    rustix::mount::unmount(mounted.place.point(), UnmountFlags::empty()).unwrap();
    mounted.ended().check();

    // Lazily, while busy: it serves on until the last file is closed.
    let mounted = Mounted::new(&[]);
    let file = File::create(mounted.path("file")).unwrap();
    rustix::mount::unmount(mounted.place.point(), UnmountFlags::DETACH).unwrap();
    file.write_at(b"x", 0).unwrap();
    drop(file);
    mounted.ended().check();
}

#[test]
fn an_aborted_connection_is_an_error_and_leaves_no_mount() {
    let test = "an_aborted_connection_is_an_error_and_leaves_no_mount";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Mounted::new(&[]);
    let connection = rustix::fs::minor(fs::metadata(mounted.place.point()).unwrap().dev());
    let control = Place::new();
    let none = None::<&std::ffi::CStr>;
    if let Err(error) = rustix::mount::mount(
        "fusectl",
        control.point(),
        "fusectl",
        MountFlags::empty(),
        none,
    ) {
        skip(test, &format!("cannot mount fusectl: {error}"));
        return;
    }
    fs::write(control.point().join(format!("{connection}/abort")), "1").unwrap();
    let ended = mounted.ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended
            .stderr
            .starts_with("memfs: the connection to the kernel broke: "),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.place.mounts(), [""; 0]);
}

/// A folder whose mounts stay in it, so that they can be moved, with two folders to mount on.
fn private_base() -> Place {
    let place = Place::new();
    let base = &place.base;
    rustix::mount::mount(
        "tmpfs",
        base,
        "tmpfs",
        MountFlags::empty(),
        None::<&std::ffi::CStr>,
    )
    .expect("root can prepare it");
    rustix::mount::mount_change(base, MountPropagationFlags::PRIVATE).expect("root can prepare it");
    fs::create_dir(place.point()).expect("root can prepare it");
    fs::create_dir(base.join("elsewhere")).expect("root can prepare it");
    place
}

/// Ends it, and expects the tmpfs of the place to be the only mount left there.
fn stopped_leaves_the_base_only(mounted: Mounted) {
    let ended = mounted.stopped(Signal::TERM);
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    let left = ended.place.mounts();
    assert!(left.len() == 1 && left[0].contains("- tmpfs "), "{left:?}");
}

#[test]
fn a_mount_that_was_moved_or_bound_is_taken_away_where_it_is() {
    let test = "a_mount_that_was_moved_or_bound_is_taken_away_where_it_is";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Start::new(&[]).at(private_base()).mounted();
    let elsewhere = mounted.place.base.join("elsewhere");
    rustix::mount::mount_move(mounted.place.point(), &elsewhere).unwrap();
    fs::write(elsewhere.join("file"), "x").unwrap();
    stopped_leaves_the_base_only(mounted);

    let mounted = Start::new(&[]).at(private_base()).mounted();
    rustix::mount::mount_bind(mounted.place.point(), mounted.place.base.join("elsewhere")).unwrap();
    stopped_leaves_the_base_only(mounted);
}

#[test]
fn a_mount_point_that_meanwhile_holds_another_file_system_is_left_alone() {
    let test = "a_mount_point_that_meanwhile_holds_another_file_system_is_left_alone";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Start::new(&[]).at(private_base()).mounted();
    let point = mounted.place.point();
    rustix::mount::mount_move(&point, mounted.place.base.join("elsewhere")).unwrap();
    rustix::mount::mount(
        "other",
        &point,
        "tmpfs",
        MountFlags::empty(),
        None::<&std::ffi::CStr>,
    )
    .unwrap();
    let ended = mounted.stopped(Signal::TERM);
    assert_eq!(ended.status.code(), Some(0));
    let left = ended.place.mounts();
    assert!(
        left.len() == 2 && left[1].contains("- tmpfs other "),
        "{left:?}"
    );
}

#[test]
fn a_mount_that_is_covered_and_so_stays_is_an_error() {
    let test = "a_mount_that_is_covered_and_so_stays_is_an_error";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    let mounted = Mounted::new(&[]);
    let point = mounted.place.point();
    rustix::mount::mount(
        "cover",
        &point,
        "tmpfs",
        MountFlags::empty(),
        None::<&std::ffi::CStr>,
    )
    .unwrap();
    let ended = mounted.stopped(Signal::TERM);
    assert_eq!(ended.status.code(), Some(1));
    let said = ended.stderr.trim_end();
    assert!(said.starts_with("memfs: cannot unmount: "), "{said}");
    assert!(said.ends_with(" is covered by cover (tmpfs)"), "{said}");
    // What covers it is not ours to take away.
    let left = ended.place.mounts();
    assert!(
        left.iter().any(|line| line.contains("- tmpfs cover ")),
        "{left:?}"
    );
}

#[test]
fn a_mount_that_is_covered_as_soon_as_it_is_there_is_known_all_the_same() {
    let test = "a_mount_that_is_covered_as_soon_as_it_is_there_is_known_all_the_same";
    if !fuse_is_there(test) || !is_root(test) {
        return;
    }
    for _ in 0..20 {
        let mounted = Start::new(&[]).spawn();
        // Before it says so: a launcher may take the mount itself for a sign of readiness.
        while mounted.place.mounts().is_empty() {
            std::thread::yield_now();
        }
        rustix::mount::mount(
            "cover",
            mounted.place.point(),
            "tmpfs",
            MountFlags::empty(),
            None::<&std::ffi::CStr>,
        )
        .unwrap();
        let ended = mounted.stopped(Signal::TERM);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        let left = ended.place.mounts();
        assert_eq!(left.len(), 2, "{left:?}");
    }
}

#[test]
fn a_signal_before_during_or_after_mounting_ends_it() {
    if !fuse_is_there("a_signal_before_during_or_after_mounting_ends_it") {
        return;
    }
    for wait in 0..40u32 {
        let mounted = Start::new(&[]).spawn();
        // Later each time, and no longer than it takes to be mounted.
        for n in 0..wait * 20_000 {
            std::hint::black_box(n);
        }
        let ended = mounted.stopped(Signal::TERM);
        // So early that it was not yet there to take the signal, it may also end by it.
        let by_signal = ended.status.signal() == Some(Signal::TERM.as_raw());
        assert!(
            by_signal || ended.status.code() == Some(0),
            "{:?} {}",
            ended.status,
            ended.stderr
        );
        assert_eq!(ended.place.mounts(), [""; 0]);
    }
}

#[test]
fn readiness_is_told_to_an_abstract_socket_as_well() {
    if !fuse_is_there("readiness_is_told_to_an_abstract_socket_as_well") {
        return;
    }
    let name = format!("memfs-test-{}", std::process::id());
    let receiver =
        UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    receiver.set_read_timeout(Some(DEADLINE)).unwrap();
    let place = Place::new();
    let mut command = Command::new(BINARY);
    let mut child = command
        .arg("-m")
        .arg(place.point())
        .env("NOTIFY_SOCKET", format!("@{name}"))
        .spawn()
        .unwrap();
    let mut message = [0; 64];
    let received = receiver.recv(&mut message);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(&message[..received.unwrap()], b"READY=1\n");
}
