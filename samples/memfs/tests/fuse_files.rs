//! Files, folders and links on a real mount, through the system's own calls.

#![cfg(unix)]

mod mounted;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::Instant;

use mounted::{DEADLINE, Mounted, fuse_is_there, number};
use rustix::fs::{AtFlags, CWD, FileType, Mode, RenameFlags, renameat_with};
use rustix::io::Errno;

#[test]
fn what_is_written_is_read_wherever_and_however() {
    if !fuse_is_there("what_is_written_is_read_wherever_and_however") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let path = mounted.path("file");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    file.write_all(b"hello, world").unwrap();
    file.write_all_at(b"W", 7).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello, World");

    file.set_len(5).unwrap();
    file.write_all_at(b"!", 8).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello\0\0\0!");
    File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"?")
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello\0\0\0!?");
    fs::write(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(number(File::create_new(&path)), Errno::EXIST.raw_os_error());

    let large: Vec<u8> = (0..5_000_000u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &large).unwrap();
    assert!(fs::read(&path).unwrap() == large);
}

#[test]
fn renames_replace_or_keep_or_exchange() {
    if !fuse_is_there("renames_replace_or_keep_or_exchange") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let [a, b, folder] = ["a", "b", "folder"].map(|name| mounted.path(name));
    fs::write(&a, "a").unwrap();
    fs::write(&b, "b").unwrap();
    fs::create_dir(&folder).unwrap();

    let rename = |from, to, flags| renameat_with(CWD, from, CWD, to, flags);
    assert_eq!(rename(&a, &b, RenameFlags::NOREPLACE), Err(Errno::EXIST));
    rename(&a, &b, RenameFlags::EXCHANGE).unwrap();
    assert_eq!(
        (fs::read(&a).unwrap(), fs::read(&b).unwrap()),
        (b"b".to_vec(), b"a".to_vec())
    );
    fs::rename(&a, &b).unwrap();
    assert_eq!(fs::read(&b).unwrap(), b"b");
    assert_eq!(number(fs::read(&a)), Errno::NOENT.raw_os_error());

    assert_eq!(number(fs::rename(&b, &folder)), Errno::ISDIR.raw_os_error());
    assert_eq!(
        number(fs::rename(&folder, &b)),
        Errno::NOTDIR.raw_os_error()
    );
    assert_eq!(
        number(fs::rename(&folder, folder.join("inside"))),
        Errno::INVAL.raw_os_error()
    );
    fs::create_dir_all(mounted.path("other/deep")).unwrap();
    assert_eq!(
        number(fs::rename(&folder, mounted.path("other"))),
        Errno::NOTEMPTY.raw_os_error()
    );
    fs::rename(mounted.path("other"), folder.join("other")).unwrap();
    assert!(folder.join("other/deep").is_dir());
    assert_eq!(fs::metadata(&folder).unwrap().nlink(), 3);
}

#[test]
fn links_are_one_file_and_symbolic_links_are_followed() {
    if !fuse_is_there("links_are_one_file_and_symbolic_links_are_followed") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let [a, b, link] = ["a", "b", "link"].map(|name| mounted.path(name));
    fs::write(&a, "one").unwrap();
    fs::hard_link(&a, &b).unwrap();
    fs::write(&b, "two").unwrap();
    let found = fs::metadata(&a).unwrap();
    assert_eq!(
        (found.nlink(), found.ino()),
        (2, fs::metadata(&b).unwrap().ino())
    );
    fs::remove_file(&a).unwrap();
    assert_eq!(fs::metadata(&b).unwrap().nlink(), 1);
    assert_eq!(fs::read(&b).unwrap(), b"two");

    symlink("b", &link).unwrap();
    assert_eq!(fs::read(&link).unwrap(), b"two");
    assert_eq!(fs::read_link(&link).unwrap().as_os_str(), "b");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let other = mounted.path("folder");
    fs::create_dir(&other).unwrap();
    assert_eq!(
        number(fs::hard_link(&other, mounted.path("second"))),
        Errno::PERM.raw_os_error()
    );
}

#[test]
fn an_unlinked_file_lives_as_long_as_it_is_open() {
    if !fuse_is_there("an_unlinked_file_lives_as_long_as_it_is_open") {
        return;
    }
    let mounted = Mounted::new(&["-n", "1"]);
    let path = mounted.path("file");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    file.write_all(b"still here").unwrap();
    fs::remove_file(&path).unwrap();
    let mut bytes = [0; 10];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(
        (&bytes, file.metadata().unwrap().nlink()),
        (b"still here", 0)
    );
    assert_eq!(number(File::create(&path)), Errno::NOSPC.raw_os_error());
    drop(file);
    File::create(&path).unwrap();
}

#[test]
fn special_files_do_what_the_system_makes_of_them() {
    if !fuse_is_there("special_files_do_what_the_system_makes_of_them") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let fifo = mounted.path("fifo");
    rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    // Both ends at once do not wait for each other.
    let mut both = File::options().read(true).write(true).open(&fifo).unwrap();
    both.write_all(b"through").unwrap();
    let mut bytes = [0; 7];
    both.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"through");

    // By a short path: addresses of sockets have little room.
    let socket = mounted.path("s");
    let listener = UnixListener::bind(&socket).unwrap();
    UnixStream::connect(&socket).unwrap();
    listener.accept().unwrap();
    assert!(fs::metadata(&socket).unwrap().file_type().is_socket());

    if rustix::process::geteuid().is_root() {
        let (device, number) = (mounted.path("device"), rustix::fs::makedev(1, 3));
        rustix::fs::mknodat(
            CWD,
            &device,
            FileType::CharacterDevice,
            Mode::from_raw_mode(0o666),
            number,
        )
        .unwrap();
        assert_eq!(fs::metadata(&device).unwrap().rdev(), number);
        assert_eq!(
            mounted::number(File::open(&device)),
            Errno::ACCESS.raw_os_error(),
            "mounted nodev"
        );
    }
}

#[test]
fn without_case_any_spelling_finds_what_keeps_its_own() {
    if !fuse_is_there("without_case_any_spelling_finds_what_keeps_its_own") {
        return;
    }
    let mounted = Mounted::new(&["-i"]);
    fs::create_dir(mounted.path("Ordner Ä")).unwrap();
    fs::write(mounted.path("ORDNER ä/ReadMe"), "x").unwrap();
    assert_eq!(fs::read(mounted.path("ordner ä/README")).unwrap(), b"x");
    assert_eq!(
        number(File::create_new(mounted.path("Ordner Ä/readme"))),
        Errno::EXIST.raw_os_error()
    );
    let names = |path| {
        fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(mounted.path("ORDNER Ä")), ["ReadMe"]);
    // What goes under one spelling is gone under those that the kernel has seen as well.
    fs::remove_file(mounted.path("ordner ä/readme")).unwrap();
    for spelling in ["ORDNER ä/ReadMe", "ordner ä/README", "Ordner Ä/readme"] {
        assert_eq!(
            number(fs::metadata(mounted.path(spelling))),
            Errno::NOENT.raw_os_error()
        );
    }
    fs::rename(mounted.path("ordner ä"), mounted.path("NEW")).unwrap();
    assert_eq!(names(mounted.place.point()), ["NEW"]);
    assert!(!mounted.path("Ordner Ä").exists() && mounted.path("new").exists());
}

#[test]
fn limits_are_errors_of_their_own_and_lose_nothing() {
    if !fuse_is_there("limits_are_errors_of_their_own_and_lose_nothing") {
        return;
    }
    let mounted = Mounted::new(&["-n", "3", "-s", "5000"]);
    let path = mounted.path("file");
    let file = File::create(&path).unwrap();
    assert_eq!(file.write_at(&[1; 6000], 0).unwrap(), 5000);
    assert_eq!(
        number(file.write_at(&[1; 1], 5000)),
        Errno::FBIG.raw_os_error()
    );
    assert_eq!(number(file.set_len(5001)), Errno::FBIG.raw_os_error());
    assert!(fs::read(&path).unwrap() == [1; 5000]);

    fs::create_dir(mounted.path("folder")).unwrap();
    symlink("x", mounted.path("link")).unwrap();
    assert_eq!(
        number(File::create(mounted.path("4"))),
        Errno::NOSPC.raw_os_error()
    );
    assert_eq!(
        number(fs::create_dir(mounted.path("4"))),
        Errno::NOSPC.raw_os_error()
    );
    let link = || fs::hard_link(&path, mounted.path("another name counts"));
    assert_eq!(number(link()), Errno::NOSPC.raw_os_error());
    fs::remove_dir(mounted.path("folder")).unwrap();
    link().unwrap();
    let found = rustix::fs::statvfs(mounted.place.point()).unwrap();
    assert_eq!((found.f_files, found.f_ffree), (3, 0));
    fs::remove_file(mounted.path("another name counts")).unwrap();
    fs::remove_file(mounted.path("link")).unwrap();
    File::create(mounted.path("x".repeat(255))).unwrap();
    assert_eq!(
        number(File::create(mounted.path("x".repeat(256)))),
        Errno::NAMETOOLONG.raw_os_error()
    );
    symlink("x".repeat(4095), mounted.path("longest")).unwrap();
    assert_eq!(
        fs::read_link(mounted.path("longest"))
            .unwrap()
            .as_os_str()
            .len(),
        4095
    );
}

#[test]
fn a_large_folder_is_listed_once_each_while_it_is_emptied() {
    if !fuse_is_there("a_large_folder_is_listed_once_each_while_it_is_emptied") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let folder = mounted.path("folder");
    fs::create_dir(&folder).unwrap();
    let mut expected: Vec<String> = (0..3000)
        .map(|n| format!("a file with a longer name {n:04}"))
        .collect();
    for name in &expected {
        File::create(folder.join(name)).unwrap();
    }
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().len(), 0);
        fs::remove_file(entry.path()).unwrap();
        seen.push(entry.file_name().into_string().unwrap());
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    fs::remove_dir(&folder).unwrap();
    // The kernel gives back what was removed a moment later.
    let begun = Instant::now();
    while rustix::fs::statvfs(mounted.place.point()).unwrap().f_ffree != 65536 {
        assert!(begun.elapsed() < DEADLINE, "something still counts");
        std::thread::yield_now();
    }
}

#[test]
fn a_copied_tree_equals_the_original() {
    if !fuse_is_there("a_copied_tree_equals_the_original") {
        return;
    }
    let mounted = Mounted::new(&[]);
    let original = mounted.place.base.join("original");
    let mut state = 1u64;
    for n in 0..200 {
        let folder = original.join(format!("{}/{}", n % 7, n % 5));
        fs::create_dir_all(&folder).unwrap();
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(n);
        let bytes: Vec<u8> = (0..state >> 47).map(|byte| (byte ^ state) as u8).collect();
        fs::write(folder.join(format!("{n}")), bytes).unwrap();
        symlink(format!("{n}"), folder.join(format!("link to {n}"))).unwrap();
    }
    let copied = Command::new("cp")
        .arg("-a")
        .arg(&original)
        .arg(mounted.path("copy"))
        .output()
        .unwrap();
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    let compare = ["-r", "--no-dereference"];
    let compared = Command::new("diff")
        .args(compare)
        .arg(&original)
        .arg(mounted.path("copy"))
        .output()
        .unwrap();
    assert_eq!(
        (compared.status.code(), compared.stdout.as_slice()),
        (Some(0), &b""[..])
    );
    let times = |path| {
        rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
            .map(|s| (s.st_mtime, s.st_mtime_nsec))
    };
    assert_eq!(times(original.join("3/1")), times(mounted.path("copy/3/1")));
}
