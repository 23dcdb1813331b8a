//! Holes, reserved room, copies, files without a name, and times at their extremes, on a real mount.

#![cfg(unix)]

mod mounted;

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};

use mounted::{Mounted, fuse_is_there};
use rustix::fs::{
    AtFlags, CWD, FallocateFlags, Mode, OFlags, SeekFrom, Timespec, Timestamps, copy_file_range,
    fallocate, linkat, openat, seek, utimensat,
};
use rustix::io::Errno;

const MIB: u64 = 1 << 20;

fn opened(mounted: &Mounted, name: &str) -> File {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    options.open(mounted.path(name)).expect("the name is free")
}

#[test]
fn holes_take_no_room_and_are_found_and_punched() {
    if !fuse_is_there("holes_take_no_room_and_are_found_and_punched") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let file = opened(&mounted, "sparse");
    file.set_len(16 * MIB).unwrap();
    file.write_all_at(&[1; 4096], 8 * MIB).unwrap();
    let found = file.metadata().unwrap();
    assert_eq!((found.size(), found.blocks()), (16 * MIB, 8));
    assert_eq!(seek(&file, SeekFrom::Data(0)), Ok(8 * MIB));
    assert_eq!(seek(&file, SeekFrom::Hole(8 * MIB)), Ok(8 * MIB + 4096));
    assert_eq!(seek(&file, SeekFrom::Data(9 * MIB)), Err(Errno::NXIO));
    assert_eq!(seek(&file, SeekFrom::Data(16 * MIB)), Err(Errno::NXIO));

    fallocate(&file, FallocateFlags::empty(), 0, 20 * MIB).unwrap();
    let found = file.metadata().unwrap();
    assert_eq!((found.size(), found.blocks()), (20 * MIB, 20 * 2048));
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&file, punch, 8 * MIB, 12 * MIB).unwrap();
    let found = file.metadata().unwrap();
    assert_eq!((found.size(), found.blocks()), (20 * MIB, 8 * 2048));
    let mut bytes = [7; 4096];
    file.read_exact_at(&mut bytes, 8 * MIB).unwrap();
    assert_eq!(bytes, [0; 4096]);
    file.write_all_at(&[9; 100], 50).unwrap();
    fallocate(&file, FallocateFlags::ZERO_RANGE, 60, 10).unwrap();
    file.read_exact_at(&mut bytes[..100], 50).unwrap();
    assert_eq!(bytes[..100], [&[9; 10][..], &[0; 10], &[9; 80]].concat());
    let collapse = fallocate(&file, FallocateFlags::COLLAPSE_RANGE, 0, 4096);
    assert_eq!(collapse, Err(Errno::OPNOTSUPP));
}

#[test]
fn room_that_was_reserved_is_there_when_the_volume_is_full() {
    if !fuse_is_there("room_that_was_reserved_is_there_when_the_volume_is_full") {
        return;
    }
    let mounted = Mounted::new(&["-q", "1048576"]);
    let file = opened(&mounted, "reserved");
    fallocate(&file, FallocateFlags::KEEP_SIZE, 0, MIB / 2).unwrap();
    let full = fs::write(mounted.path("other"), vec![1; MIB as usize]);
    assert_eq!(
        full.unwrap_err().raw_os_error(),
        Some(Errno::NOSPC.raw_os_error())
    );
    file.write_all_at(&vec![1; MIB as usize / 2], 0).unwrap();
    let more = fallocate(&file, FallocateFlags::empty(), 0, 2 * MIB);
    assert_eq!(more, Err(Errno::NOSPC));
    // Removed, its room is there at once.
    drop(file);
    fs::remove_file(mounted.path("other")).unwrap();
    fs::remove_file(mounted.path("reserved")).unwrap();
    fs::write(mounted.path("whole"), vec![1; MIB as usize]).unwrap();
}

#[test]
fn gathered_writes_that_have_no_room_are_told_when_they_are_synced() {
    if !fuse_is_there("gathered_writes_that_have_no_room_are_told_when_they_are_synced") {
        return;
    }
    let mounted = Mounted::new(&["-w", "-q", "1048576"]);
    let file = opened(&mounted, "file");
    file.write_all_at(&vec![1; 2 * MIB as usize], 0).unwrap();
    let synced = file.sync_all().unwrap_err();
    assert_eq!(synced.raw_os_error(), Some(Errno::NOSPC.raw_os_error()));
    drop(file);
    fs::remove_file(mounted.path("file")).unwrap();
    let file = opened(&mounted, "fits");
    file.write_all_at(b"text", 10).unwrap();
    file.sync_all().unwrap();
    assert_eq!(file.metadata().unwrap().len(), 14);
}

#[test]
fn a_range_is_copied_with_its_holes() {
    if !fuse_is_there("a_range_is_copied_with_its_holes") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let (from, to) = (opened(&mounted, "from"), opened(&mounted, "to"));
    from.write_all_at(b"start", 0).unwrap();
    from.write_all_at(b"end", 4 * MIB).unwrap();
    let (mut at, mut place) = (0, 10);
    let copied = copy_file_range(
        &from,
        Some(&mut at),
        &to,
        Some(&mut place),
        5 * MIB as usize,
    );
    assert_eq!(copied, Ok(4 * MIB as usize + 3));
    assert!(to.metadata().unwrap().blocks() <= 256, "the hole is one");
    let mut bytes = [0; 5];
    to.read_exact_at(&mut bytes, 10).unwrap();
    assert_eq!(&bytes, b"start");
    to.read_exact_at(&mut bytes[..3], 4 * MIB + 10).unwrap();
    assert_eq!(&bytes[..3], b"end");
    let (mut at, mut place) = (0, MIB);
    let within = copy_file_range(&from, Some(&mut at), &from, Some(&mut place), 5);
    assert_eq!(within, Ok(5));
    from.read_exact_at(&mut bytes, MIB).unwrap();
    assert_eq!(&bytes, b"start");
}

#[test]
fn a_file_without_a_name_gets_one_or_goes() {
    if !fuse_is_there("a_file_without_a_name_gets_one_or_goes") {
        return;
    }
    let mounted = Mounted::new(&["-n", "1"]);
    let make = |more: OFlags| {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC | more;
        let made = openat(CWD, mounted.path(""), flags, Mode::from_raw_mode(0o600));
        made.map(File::from)
    };
    let file = make(OFlags::empty()).unwrap();
    file.write_all_at(b"text", 0).unwrap();
    assert_eq!(file.metadata().unwrap().nlink(), 0);
    assert_eq!(make(OFlags::empty()).unwrap_err(), Errno::NOSPC);
    let by_number = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    let link = |name| {
        linkat(
            CWD,
            &by_number,
            CWD,
            mounted.path(name),
            AtFlags::SYMLINK_FOLLOW,
        )
    };
    link("named").unwrap();
    drop(file);
    assert_eq!(fs::read(mounted.path("named")).unwrap(), b"text");
    fs::remove_file(mounted.path("named")).unwrap();
    drop(make(OFlags::EXCL).unwrap());
    make(OFlags::EXCL).unwrap();
}

#[test]
fn any_time_can_be_set_and_none_ends_the_server() {
    if !fuse_is_there("any_time_can_be_set_and_none_ends_the_server") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let path = mounted.path("file");
    fs::write(&path, "text").unwrap();
    for (seconds, nanoseconds) in [
        (i64::MIN, 0),
        (i64::MAX, 0),
        (-1, 0),
        (-1, 1),
        (-2, 999_999_999),
        (0, 0),
    ] {
        let time = Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        utimensat(CWD, &path, &times, AtFlags::empty()).unwrap();
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.atime(), found.atime_nsec()), (seconds, nanoseconds));
        assert_eq!((found.mtime(), found.mtime_nsec()), (seconds, nanoseconds));
    }
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn what_is_mapped_is_the_file() {
    if !fuse_is_there("what_is_mapped_is_the_file") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let path = mounted.path("mapped");
    // The interpreter maps without a line of unsafe code here.
    let script = r"
import mmap, sys
with open(sys.argv[1], 'wb+') as f:
    f.truncate(10000)
    m = mmap.mmap(f.fileno(), 10000)
    m[9000:9005] = b'hello'
    f.seek(9000)
    assert f.read(5) == b'hello'
    f.seek(100); f.write(b'world'); f.flush()
    assert m[100:105] == b'world'
    m.flush(); m.close()
";
    let done = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .output();
    match done {
        Err(error) => drop(mounted::skip(
            "what_is_mapped_is_the_file",
            &format!("no python3: {error}"),
        )),
        Ok(done) => assert!(done.status.success(), "{done:?}"),
    }
    if let Ok(bytes) = fs::read(&path) {
        assert_eq!((bytes.len(), &bytes[9000..9005]), (10000, &b"hello"[..]));
    }
}
