//! What the kernel is told: by that it learns what it need not ask. Numbers are those of `linux/fuse.h`.

use std::thread;

use memfs::command_line::{Invocation, parse};

use super::super::kernel::Kernel;
use super::super::session::{greet, work};
use super::*;

const LOOKUP: u32 = 1;
const GETATTR: u32 = 3;
const SETATTR: u32 = 4;
const SYMLINK: u32 = 6;
const MKNOD: u32 = 8;
const MKDIR: u32 = 9;
const LINK: u32 = 13;
const INIT: u32 = 26;
const DESTROY: u32 = 38;
const READDIRPLUS: u32 = 44;
const TMPFILE: u32 = 51;

const ROOT: u64 = 1;
const DAY: u64 = 86_400;

/// Serves a file system with these options to a kernel, and ends it.
fn with(arguments: &[&str], kernel: impl FnOnce(&Kernel)) {
    let words = arguments.iter().chain(&["-m", "/nowhere"]);
    let Ok(Invocation::Mount(options)) = parse(words) else {
        panic!("{arguments:?}");
    };
    let memfs = Memfs::new(&options);
    let (end, device) = Kernel::connect();
    thread::scope(|scope| {
        let server = scope.spawn(|| work(&device, &memfs));
        // Taken along: should it panic, its end of the connection goes, and so does the server.
        let end = end;
        kernel(&end);
        end.call(DESTROY, 0, b"").unwrap();
        server.join().unwrap().unwrap();
    });
}

/// Which of the capabilities that a kernel offers are asked for.
fn wanted(arguments: &[&str], offered: u32) -> u32 {
    let words = arguments.iter().chain(&["-m", "/nowhere"]);
    let Ok(Invocation::Mount(options)) = parse(words) else {
        panic!("{arguments:?}");
    };
    let (kernel, device) = Kernel::connect();
    kernel.ask(1, INIT, 0, &words_of(&[7, 36, 0, offered]));
    greet(&device, &Memfs::new(&options)).unwrap();
    let (_, answer) = kernel.answer();
    u32_at(&answer.unwrap(), 12)
}

fn words_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Node, and the seconds for which its name and its attributes are good, of `fuse_entry_out`.
fn entry(bytes: &[u8]) -> (u64, u64, u64) {
    assert_eq!(u64_at(bytes, 32), 0, "whole seconds");
    (u64_at(bytes, 0), u64_at(bytes, 16), u64_at(bytes, 24))
}

/// Asks for something that makes an entry or finds one.
fn entry_of(kernel: &Kernel, opcode: u32, node: u64, body: &[u8]) -> (u64, u64, u64) {
    let answer = kernel.call(opcode, node, body).unwrap();
    assert_eq!(answer.len(), 128);
    entry(&answer)
}

/// The body of a request that starts with numbers and ends with names.
fn body(numbers: &[u32], names: &[u8]) -> Vec<u8> {
    [&words_of(numbers), names].concat()
}

fn file(kernel: &Kernel, name: &[u8]) -> (u64, u64, u64) {
    entry_of(kernel, MKNOD, ROOT, &body(&[0o100_644, 0, 0, 0], name))
}

#[test]
fn there_is_no_opening_creating_flushing_or_syncing() {
    with(&[], |kernel| {
        let (node, ..) = file(kernel, b"file\0");
        for (name, opcode, about) in [
            ("open", 14, node),
            ("fsync", 20, node),
            ("flush", 25, node),
            ("opendir", 27, ROOT),
            ("fsyncdir", 30, ROOT),
            ("statx", 52, node),
        ] {
            let answer = kernel.call(opcode, about, &[0; 24]);
            assert_eq!(answer, Err(Errno::NOSYS.raw_os_error()), "{name}");
        }
        let create = body(&[0, 0o100_644, 0, 0], b"another\0");
        let answer = kernel.call(35, ROOT, &create);
        assert_eq!(answer, Err(Errno::NOSYS.raw_os_error()), "create");
        let (made, ..) = entry_of(kernel, LOOKUP, ROOT, b"another\0");
        assert_eq!(made, 0, "nothing was made of it");
    });
}

#[test]
fn a_file_without_a_name_comes_opened_and_keeps_its_cache() {
    const KEEP_CACHE: u32 = 1 << 1;
    for arguments in [&[][..], &["-i"]] {
        with(arguments, |kernel| {
            let answer = kernel.call(TMPFILE, ROOT, &body(&[0, 0o100_600, 0, 0], b"/\0"));
            let answer = answer.unwrap();
            // An entry, and behind it what an open is answered with.
            assert_eq!(answer.len(), 128 + 16);
            let (node, _, attributes) = entry(&answer);
            assert!(node > ROOT);
            assert_eq!(attributes, DAY);
            assert_eq!(u32_at(&answer, 128 + 8), KEEP_CACHE);
            kernel.call(18, node, &[0; 24]).unwrap();
        });
    }
}

#[test]
fn names_missing_names_and_attributes_are_good_for_a_day() {
    with(&[], |kernel| {
        let (node, name, attributes) = file(kernel, b"file\0");
        assert_eq!((name, attributes), (DAY, DAY));
        let found = entry_of(kernel, LOOKUP, ROOT, b"file\0");
        assert_eq!(found, (node, DAY, DAY));
        assert_eq!(entry_of(kernel, LOOKUP, ROOT, b"gone\0"), (0, DAY, 0));
        lifetimes_of_the_others(kernel, node, DAY);
    });
}

#[test]
fn without_case_no_name_is_good_for_any_time_and_none_is_missing_for_one() {
    with(&["-i"], |kernel| {
        let (node, name, attributes) = file(kernel, b"file\0");
        assert_eq!((name, attributes), (0, DAY));
        let found = entry_of(kernel, LOOKUP, ROOT, b"FILE\0");
        assert_eq!(found, (node, 0, DAY));
        let missing = kernel.call(LOOKUP, ROOT, b"gone\0");
        assert_eq!(missing, Err(Errno::NOENT.raw_os_error()));
        lifetimes_of_the_others(kernel, node, 0);
    });
}

/// Of all other requests that are answered with names or attributes.
fn lifetimes_of_the_others(kernel: &Kernel, node: u64, name: u64) {
    for answer in [
        entry_of(kernel, MKDIR, ROOT, &body(&[0o755, 0], b"folder\0")),
        entry_of(kernel, SYMLINK, ROOT, b"symlink\0target\0"),
        entry_of(
            kernel,
            LINK,
            ROOT,
            &[&node.to_ne_bytes()[..], b"link\0"].concat(),
        ),
    ] {
        assert_eq!((answer.1, answer.2), (name, DAY));
    }
    for (opcode, body) in [(GETATTR, [0; 88]), (SETATTR, [0; 88])] {
        let answer = kernel.call(opcode, node, &body).unwrap();
        assert_eq!((answer.len(), u64_at(&answer, 0)), (104, DAY));
    }
    // A page of a listing: number of the handle, offset, size.
    let page = kernel.call(
        READDIRPLUS,
        ROOT,
        &body(&[0, 0, 0, 0, 4096, 0, 0, 0, 0, 0], b""),
    );
    let page = page.unwrap();
    let mut rest = &page[..];
    let mut seen = 0;
    while !rest.is_empty() {
        let length = u32_at(rest, 128 + 16) as usize;
        let shown = &rest[128 + 24..128 + 24 + length];
        let expected = match shown {
            // The kernel knows these two already.
            b"." | b".." => (0, 0),
            _ => (name, DAY),
        };
        let (_, name, attributes) = entry(rest);
        assert_eq!((name, attributes), expected, "{shown:?}");
        seen += 1;
        rest = &rest[(128 + 24 + length).next_multiple_of(8)..];
    }
    assert_eq!(seen, 6);
}

#[test]
fn listings_with_attributes_are_asked_for_unless_names_have_no_case() {
    const READDIRPLUS: u32 = 1 << 13 | 1 << 14;
    for (arguments, expected) in [(&[][..], READDIRPLUS), (&["-i"], 0)] {
        assert_eq!(wanted(arguments, u32::MAX) & READDIRPLUS, expected);
    }
}

#[test]
fn what_the_kernel_is_to_leave_out_is_asked_for_and_what_would_lose_something_is_not() {
    const NO_OPEN: u32 = 1 << 17;
    const NO_OPENDIR: u32 = 1 << 24;
    const WRITEBACK: u32 = 1 << 16;
    // A file cut by being opened, locks, and access control lists would need a server that has them.
    const NOT_SERVED: u32 = 1 << 1 | 1 << 3 | 1 << 10 | 1 << 20;
    let all = wanted(&[], u32::MAX);
    assert_eq!(all & (NO_OPEN | NO_OPENDIR), NO_OPEN | NO_OPENDIR);
    assert_eq!(all & (NOT_SERVED | WRITEBACK), 0);
    assert_eq!(wanted(&["-w"], u32::MAX), all | WRITEBACK);
    assert_eq!(wanted(&["-w"], NO_OPEN), NO_OPEN, "no more than is offered");
}
