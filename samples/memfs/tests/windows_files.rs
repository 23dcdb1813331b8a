//! What Windows asks of a volume: names, attributes, times, sizes, security descriptors and listings, everywhere the
//! same. Under Wine it is run as Windows runs it.

use memfs::core::{CaseRule, Limits, NodeId, Timestamp, Usage};
use memfs::windows::name::wide;
use memfs::windows::{
    BasicInfo, Cleanup, Creation, DirectoryEntry, End, FileInfo, Files, Status, attributes,
    filetime,
};

const NOW: Timestamp = Timestamp {
    seconds: 1_000_000_000,
    nanoseconds: 100,
};
const FILE: Creation<'static> = Creation {
    folder: false,
    attributes: 0,
    descriptor: b"of the file",
};
const FOLDER: Creation<'static> = Creation {
    folder: true,
    descriptor: b"of the folder",
    ..FILE
};

fn files() -> Files {
    let limits = Limits {
        files: 50,
        file_size: 10_000,
        bytes: 1 << 20,
    };
    Files::new(limits, CaseRule::Insensitive, b"of the root".to_vec(), NOW)
}

fn create(files: &Files, path: &str, what: Creation<'_>) -> Result<NodeId, Status> {
    files.create(&wide(path), what, NOW).map(|(node, _)| node)
}

/// Created and closed again.
fn made(files: &Files, path: &str, what: Creation<'_>) {
    let node = create(files, path, what).expect("it can be created");
    files.close(node);
}

fn open(files: &Files, path: &str) -> Result<FileInfo, Status> {
    let (node, info) = files.open(&wide(path))?;
    files.close(node);
    Ok(info)
}

fn delete(files: &Files, path: &str) -> Result<(), Status> {
    let (node, _) = files.open(&wide(path))?;
    let done = files.can_delete(node, NOW);
    if done.is_ok() {
        files.cleanup(node, &wide(path), Cleanup::from_bits(1), NOW);
    }
    files.close(node);
    done
}

#[test]
fn names_are_found_in_any_case_and_shown_as_they_were_made() {
    let files = files();
    made(&files, r"\Folder", FOLDER);
    made(&files, r"\Folder\Größe.TXT", FILE);
    assert!(open(&files, r"\FOLDER\GRÖSSE.txt").is_err(), "two letters");
    let found = open(&files, r"\fOLDER\gRÖßE.txt").unwrap();
    assert_eq!(found.attributes, attributes::ARCHIVE);
    assert_eq!(
        create(&files, r"\folder\GRÖßE.TXT", FILE),
        Err(Status::OBJECT_NAME_COLLISION)
    );
    assert_eq!(names(&files, r"\folder"), [".", "..", "Größe.TXT"]);
    let root = open(&files, r"\").unwrap();
    assert_eq!(root.attributes, attributes::DIRECTORY);
}

#[test]
fn what_is_not_there_is_a_missing_name_or_a_missing_path() {
    let files = files();
    made(&files, r"\file", FILE);
    assert_eq!(open(&files, r"\a"), Err(Status::OBJECT_NAME_NOT_FOUND));
    assert_eq!(open(&files, r"\a\b"), Err(Status::OBJECT_PATH_NOT_FOUND));
    assert_eq!(open(&files, r"\file\b"), Err(Status::OBJECT_PATH_NOT_FOUND));
    for path in [r"\a\b", r"\file\b"] {
        assert_eq!(
            create(&files, path, FILE),
            Err(Status::OBJECT_PATH_NOT_FOUND)
        );
    }
    let long = format!(r"\{}", "x".repeat(256));
    assert_eq!(
        create(&files, &long, FILE),
        Err(Status::OBJECT_NAME_INVALID)
    );
    assert_eq!(
        create(&files, r"\", FILE),
        Err(Status::OBJECT_NAME_COLLISION)
    );
}

#[test]
fn a_name_has_255_characters_whatever_they_are() {
    let files = files();
    made(&files, r"\folder", FOLDER);
    for c in ["x", "漢", "\u{800}"] {
        let longest = format!(r"\folder\{}", c.repeat(255));
        made(&files, &longest, FILE);
        assert!(open(&files, &longest).is_ok(), "{c}");
        let moved = format!(r"\folder\{}{c}", "m".repeat(254));
        assert_eq!(
            files.rename(&wide(&longest), &wide(&moved), false, NOW),
            Ok(())
        );
        let shown = moved.trim_start_matches(r"\folder\").to_owned();
        assert!(names_of(&files, r"\folder", 2000).contains(&shown));
        delete(&files, &moved).unwrap();

        let longer = format!(r"\folder\{}", c.repeat(256));
        let invalid = Err(Status::OBJECT_NAME_INVALID);
        assert_eq!(create(&files, &longer, FILE), invalid, "{c}");
        assert_eq!(open(&files, &longer).map(drop), invalid.map(drop));
        assert_eq!(
            open(&files, &format!(r"{longer}\x")).map(drop),
            invalid.map(drop)
        );
        made(&files, &longest, FILE);
        let too_long = files.rename(&wide(&longest), &wide(&longer), false, NOW);
        assert_eq!(too_long, invalid.map(drop));
        delete(&files, &longest).unwrap();
    }
    // Two units each.
    made(&files, &format!(r"\{}x", "😀".repeat(127)), FILE);
    let longer = format!(r"\{}", "😀".repeat(128));
    assert_eq!(
        create(&files, &longer, FILE),
        Err(Status::OBJECT_NAME_INVALID)
    );
}

#[test]
fn room_behind_the_end_is_given_back_when_it_is_no_longer_wanted() {
    let files = files();
    let node = create(&files, r"\file", FILE).unwrap();
    let charged = || files.room().1.bytes;
    let bare = charged();
    files.set_size(node, 8192, true, NOW).unwrap();
    files.write(node, b"hello", End::Append, NOW).unwrap();
    assert_eq!(charged(), bare + 8192);
    let info = files.set_size(node, 4096, true, NOW).unwrap();
    assert_eq!((info.file_size, info.allocation_size), (5, 4096));
    assert_eq!(charged(), bare + 4096);

    let later = Timestamp {
        seconds: NOW.seconds + 5,
        ..NOW
    };
    files.cleanup(node, &wide(r"\file"), Cleanup::from_bits(0x02), later);
    assert_eq!(charged(), bare + 5);
    let info = files.info(node).unwrap();
    assert_eq!((info.file_size, info.last_write_time), (5, filetime(NOW)));
    let mut buffer = [0; 9];
    assert_eq!(files.read(node, 0, &mut buffer, NOW), Ok(5));
    assert_eq!(&buffer[..5], b"hello");

    // What was set aside for contents that go is not kept for others.
    files.set_size(node, 0, false, NOW).unwrap();
    files.set_size(node, 8192, true, NOW).unwrap();
    files.overwrite(node, 0, false, NOW).unwrap();
    assert_eq!(charged(), bare);
    let folder = create(&files, r"\folder", FOLDER).unwrap();
    files.cleanup(folder, &wide(r"\folder"), Cleanup::from_bits(0x02), NOW);
}

#[test]
fn room_that_is_asked_for_is_made_also_where_a_file_had_it_in_advance() {
    let files = files();
    let node = create(&files, r"\file", FILE).unwrap();
    let charged = || files.room().1.bytes;
    let bare = charged();
    for _ in 0..50 {
        files.write(node, &[1; 100], End::Append, NOW).unwrap();
    }
    let had = charged() - bare;
    assert!(had > 5000, "{had}: nothing in advance");
    files.set_size(node, had, true, NOW).unwrap();
    assert_eq!(charged(), bare + had);
}

#[test]
fn contents_are_read_and_written_up_to_the_end() {
    let files = files();
    let node = create(&files, r"\file", FILE).unwrap();
    let write = |bytes: &[u8], end| files.write(node, bytes, end, NOW).map(|(count, _)| count);
    assert_eq!(write(b"hello", End::Grow(3)), Ok(5));
    assert_eq!(write(b"WORLD", End::Stay(6)), Ok(2));
    assert_eq!(write(b"x", End::Stay(8)), Ok(0));
    assert_eq!(write(b"!", End::Append), Ok(1));
    let mut buffer = [9; 20];
    assert_eq!(files.read(node, 0, &mut buffer, NOW), Ok(9));
    assert_eq!(&buffer[..9], b"\0\0\0helWO!");
    assert_eq!(
        files.read(node, 9, &mut buffer, NOW),
        Err(Status::END_OF_FILE)
    );
    assert_eq!(write(b"x", End::Grow(10_000)), Err(Status::FILE_TOO_LARGE));
    let root = NodeId::ROOT;
    assert_eq!(
        files.read(root, 0, &mut buffer, NOW),
        Err(Status::FILE_IS_A_DIRECTORY)
    );

    let info = files.set_size(node, 8192, true, NOW).unwrap();
    assert_eq!((info.file_size, info.allocation_size), (9, 8192));
    let info = files.set_size(node, 4, false, NOW).unwrap();
    assert_eq!((info.file_size, info.allocation_size), (4, 4096));
    let info = files.set_size(node, 0, true, NOW).unwrap();
    assert_eq!((info.file_size, info.allocation_size), (0, 0));
    let info = files.set_size(node, 12_288, true, NOW).unwrap();
    assert_eq!(info.file_size, 0, "more than the limit, in whole units");
    assert_eq!(
        files.set_size(node, 10_001, false, NOW),
        Err(Status::FILE_TOO_LARGE)
    );
    write(b"text", End::Append).unwrap();
    let info = files.overwrite(node, 2, false, NOW).unwrap();
    assert_eq!(
        (info.file_size, info.attributes),
        (0, attributes::ARCHIVE | 2)
    );
    let info = files.overwrite(node, 4, true, NOW).unwrap();
    assert_eq!(info.attributes, attributes::ARCHIVE | 4);
}

#[test]
fn attributes_and_times_are_set_or_stay() {
    let files = files();
    let node = create(&files, r"\file", FILE).unwrap();
    let wanted = BasicInfo {
        attributes: 0,
        creation_time: 1,
        last_access_time: 20_000_000,
        ..BasicInfo::default()
    };
    let info = files.set_info(node, &wanted, NOW).unwrap();
    assert_eq!(info.attributes, attributes::NORMAL);
    assert_eq!((info.creation_time, info.last_access_time), (1, 20_000_000));
    assert_eq!(info.last_write_time, filetime(NOW));
    let hidden = BasicInfo {
        attributes: 2 | attributes::DIRECTORY,
        ..BasicInfo::default()
    };
    assert_eq!(files.set_info(node, &hidden, NOW).unwrap().attributes, 2);
    let stay = BasicInfo {
        attributes: attributes::INVALID,
        ..BasicInfo::default()
    };
    let info = files.set_info(node, &stay, NOW).unwrap();
    assert_eq!((info.attributes, info.creation_time), (2, 1));
    files.cleanup(node, &wide(r"\file"), Cleanup::from_bits(0x10), NOW);
    assert_eq!(
        files.info(node).unwrap().attributes,
        2 | attributes::ARCHIVE
    );
    let later = Timestamp {
        seconds: NOW.seconds + 5,
        ..NOW
    };
    files.cleanup(node, &wide(r"\file"), Cleanup::from_bits(0x40), later);
    assert_eq!(files.info(node).unwrap().last_write_time, filetime(later));
}

#[test]
fn each_file_has_the_security_descriptor_it_was_given() {
    let files = files();
    let node = create(&files, r"\file", FILE).unwrap();
    let bare = Creation {
        descriptor: b"",
        ..FOLDER
    };
    made(&files, r"\folder", bare);
    let of = |path: &str| files.security(&wide(path)).unwrap();
    assert_eq!(of(r"\"), (attributes::DIRECTORY, b"of the root".to_vec()));
    assert_eq!(of(r"\file"), (attributes::ARCHIVE, b"of the file".to_vec()));
    assert_eq!(of(r"\folder").1, b"of the root");
    files.set_descriptor(node, b"another", NOW).unwrap();
    assert_eq!(of(r"\FILE").1, b"another");
    files
        .set_descriptor(NodeId::ROOT, b"new root", NOW)
        .unwrap();
    assert_eq!(of(r"\").1, b"new root");
}

#[test]
fn a_deleted_file_lives_until_it_is_closed() {
    let files = files();
    made(&files, r"\folder", FOLDER);
    let node = create(&files, r"\folder\file", FILE).unwrap();
    files.write(node, b"text", End::Append, NOW).unwrap();
    assert_eq!(delete(&files, r"\folder"), Err(Status::DIRECTORY_NOT_EMPTY));
    assert_eq!(delete(&files, r"\"), Err(Status::ACCESS_DENIED));
    delete(&files, r"\folder\file").unwrap();
    assert_eq!(files.read(node, 0, &mut [0; 9], NOW), Ok(4));
    files.close(node);
    assert_eq!(files.info(node), Err(Status::FILE_DELETED));
    delete(&files, r"\folder").unwrap();
    let (_, usage) = files.room();
    assert_eq!(usage, Usage::default(), "nothing is remembered for ever");
}

#[test]
fn a_rename_replaces_files_only_and_only_if_it_may() {
    let files = files();
    for (path, what) in [
        (r"\a", FOLDER),
        (r"\b", FOLDER),
        (r"\a\one", FILE),
        (r"\a\two", FILE),
    ] {
        made(&files, path, what);
    }
    let rename = |from: &str, to: &str, replace| files.rename(&wide(from), &wide(to), replace, NOW);
    let collision = Err(Status::OBJECT_NAME_COLLISION);
    assert_eq!(rename(r"\a\one", r"\a\TWO", false), collision);
    assert_eq!(rename(r"\a\one", r"\a\TWO", true), Ok(()));
    assert_eq!(names(&files, r"\a"), [".", "..", "TWO"]);
    assert_eq!(rename(r"\a\two", r"\a\Two", false), Ok(()), "its own name");
    assert_eq!(names(&files, r"\a"), [".", "..", "Two"]);
    for (from, to) in [(r"\a\two", r"\b"), (r"\a", r"\b"), (r"\a", r"\a\x")] {
        assert_eq!(rename(from, to, true), Err(Status::ACCESS_DENIED), "{from}");
    }
    assert_eq!(rename(r"\a", r"\b\c", false), Ok(()));
    assert!(open(&files, r"\b\c\two").is_ok());
    assert_eq!(
        rename(r"\gone", r"\x", false),
        Err(Status::OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(
        rename(r"\b", r"\gone\x", false),
        Err(Status::OBJECT_PATH_NOT_FOUND)
    );
}

#[test]
fn the_limits_of_the_volume_are_a_full_disk_and_leave_nothing_half_made() {
    let files = files();
    for n in 0..50 {
        made(&files, &format!(r"\{n}"), FILE);
    }
    assert_eq!(create(&files, r"\more", FILE), Err(Status::DISK_FULL));
    let small = Limits {
        files: 9,
        file_size: 100,
        bytes: 60,
    };
    let files = Files::new(small, CaseRule::Insensitive, Vec::new(), NOW);
    let long = Creation {
        descriptor: &[0; 50],
        ..FILE
    };
    assert_eq!(create(&files, r"\file", long), Err(Status::DISK_FULL));
    assert_eq!(files.room().1, Usage::default());
}

#[test]
fn attributes_change_and_a_file_is_overwritten_on_a_full_volume() {
    let limits = Limits {
        files: 9,
        file_size: 10_000,
        bytes: 2000,
    };
    let files = Files::new(limits, CaseRule::Insensitive, Vec::new(), NOW);
    let node = create(&files, r"\file", FILE).unwrap();
    let left = usize::try_from(limits.bytes - files.room().1.bytes).unwrap();
    files
        .write(node, &vec![1; left], End::Grow(0), NOW)
        .unwrap();
    assert_eq!(files.room().1.bytes, limits.bytes);
    let change = |attributes| {
        let wanted = BasicInfo {
            attributes,
            ..BasicInfo::default()
        };
        files.set_info(node, &wanted, NOW).unwrap().attributes
    };
    assert_eq!(change(1), 1);
    assert_eq!(change(attributes::NORMAL), attributes::NORMAL);
    let info = files.overwrite(node, 2, true, NOW).unwrap();
    let archive = attributes::ARCHIVE;
    assert_eq!((info.file_size, info.attributes), (0, archive | 2));

    let folder = create(&files, r"\folder", FOLDER).unwrap();
    let before = files.info(folder).unwrap();
    assert_eq!(
        files.overwrite(folder, 2, true, NOW),
        Err(Status::FILE_IS_A_DIRECTORY)
    );
    assert_eq!(files.info(folder).unwrap().attributes, before.attributes);
}

/// A buffer that takes records until it is full, as WinFsp's does.
struct Page {
    room: usize,
    names: Vec<Vec<u16>>,
}

impl Page {
    fn add(&mut self, entry: &DirectoryEntry) -> bool {
        let record = entry.record();
        let length = record.len() * 8;
        assert_eq!(record[0], 104 + entry.name.len() as u64 * 2);
        if length > self.room {
            return false;
        }
        self.room -= length;
        self.names.push(entry.name.clone());
        true
    }
}

fn names(files: &Files, path: &str) -> Vec<String> {
    names_of(files, path, 400)
}

/// By pages of so many bytes.
fn names_of(files: &Files, path: &str, room: usize) -> Vec<String> {
    let (folder, _) = files.open(&wide(path)).expect("it is there");
    let mut all: Vec<Vec<u16>> = Vec::new();
    loop {
        let mut page = Page {
            room,
            names: Vec::new(),
        };
        let marker = all.last().cloned();
        let done = files.list(folder, marker.as_deref(), NOW, |entry| page.add(entry));
        all.append(&mut page.names);
        if done == Ok(true) {
            break;
        }
    }
    files.close(folder);
    let text = |name: Vec<u16>| String::from_utf16(&name).expect("only text went in");
    all.into_iter().map(text).collect()
}

#[test]
fn a_folder_is_listed_in_pages_also_while_it_is_emptied() {
    let files = files();
    made(&files, r"\folder", FOLDER);
    let mut expected = vec![".".to_owned(), "..".to_owned()];
    for n in 0..20 {
        made(&files, &format!(r"\folder\file {n:02}"), FILE);
        expected.push(format!("file {n:02}"));
    }
    assert_eq!(names(&files, r"\folder"), expected);
    assert_eq!(names(&files, r"\"), ["folder"], "the root is in nothing");
    let (folder, _) = files.open(&wide(r"\folder")).unwrap();
    let mut seen = Vec::new();
    let mut marker: Option<Vec<u16>> = None;
    loop {
        let mut page = Page {
            room: 400,
            names: Vec::new(),
        };
        let done = files
            .list(folder, marker.as_deref(), NOW, |entry| page.add(entry))
            .unwrap();
        for name in &page.names {
            let name = String::from_utf16(name).unwrap();
            if !name.starts_with('.') {
                delete(&files, &format!(r"\folder\{name}")).unwrap();
            }
            seen.push(name);
        }
        marker = page.names.pop();
        if done {
            break;
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(
        files.list(folder, None, NOW, |_| true),
        Ok(true),
        "empty now"
    );
    let file = create(&files, r"\file", FILE).unwrap();
    assert_eq!(
        files.list(file, None, NOW, |_| true),
        Err(Status::NOT_A_DIRECTORY)
    );
}

#[test]
fn a_record_is_laid_out_as_winfsp_takes_it() {
    let entry = DirectoryEntry {
        name: wide("ab"),
        info: FileInfo {
            attributes: 1,
            reparse_tag: 2,
            allocation_size: 3,
            file_size: 4,
            creation_time: 5,
            last_access_time: 6,
            last_write_time: 7,
            change_time: 8,
            index_number: 9,
            hard_links: 10,
            ea_size: 11,
        },
    };
    let record = entry.record();
    assert_eq!(size_of::<FileInfo>(), 72);
    let expected = [
        108,
        1 | 2 << 32,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10 | 11 << 32,
        0,
        0,
        0,
    ];
    assert_eq!(record[..13], expected);
    assert_eq!(record[13..], [0x62_0061]);
}
