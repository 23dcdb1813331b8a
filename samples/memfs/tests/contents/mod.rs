//! Operations on the contents of two files, done by the core and on plain vectors of bytes, and compared after each.

mod plain;

use memfs::core::{
    Access, Allocation, CaseRule, Changes, Creation, Error, Limits, NodeId, Privileges, Range,
    Seek, Timestamp, Volume,
};

use plain::Plain;
pub(crate) use plain::{CHUNK, MOST};

/// Less than two files may have.
const ROOM: usize = 5 * CHUNK;
const NOW: Timestamp = Timestamp {
    seconds: 1,
    nanoseconds: 2,
};

/// What may be done with one of the two files; offsets and lengths are bytes.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write(usize, usize, u8),
    /// Behind the last byte.
    Append(usize, u8),
    Read(usize, usize),
    Resize(usize),
    Allocate(usize, usize, Allocation),
    Seek(usize, Seek),
    /// From, length, and where to in which file.
    Copy(usize, usize, usize, usize),
}

/// Does them all, each with the file it is for, and stops at the first difference.
pub(crate) fn run(operations: &[(usize, Operation)]) -> Result<(), String> {
    let limits = Limits {
        files: 2,
        file_size: MOST as u64,
        bytes: ROOM as u64,
    };
    let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
    let make = |name: &[u8]| {
        let made = volume.create(NodeId::ROOT, name, Creation::File, Access::default(), NOW);
        made.expect("the volume is empty").node
    };
    let nodes = [make(b"a"), make(b"b")];
    let mut files = [Plain::default(), Plain::default()];
    for (file, operation) in operations {
        let ours = on_core(&volume, nodes, *file, operation);
        let theirs = on_plain(&mut files, *file, operation);
        let compared = same("answer", theirs, ours).and_then(|()| compare(&volume, nodes, &files));
        compared.map_err(|difference| format!("after {operation:?} of {file}: {difference}"))?;
    }
    Ok(())
}

fn on_plain(files: &mut [Plain; 2], file: usize, operation: &Operation) -> Result<u64, Error> {
    let left = left(files);
    match *operation {
        Operation::Write(_, 0, _) | Operation::Append(0, _) => Ok(0),
        Operation::Write(offset, ..) if offset >= MOST => Err(Error::FileTooLarge),
        Operation::Write(offset, length, byte) => {
            let length = length.min(MOST - offset);
            files[file].write(offset, &vec![byte; length], left)?;
            Ok(length as u64)
        }
        Operation::Append(length, byte) => {
            let end = files[file].bytes.len();
            on_plain(files, file, &Operation::Write(end, length, byte))
        }
        // Compared after each operation anyway; here as far as where it ends.
        Operation::Read(offset, length) => {
            Ok(length.min(files[file].bytes.len().saturating_sub(offset)) as u64)
        }
        Operation::Resize(size) if size > MOST => Err(Error::FileTooLarge),
        Operation::Resize(size) => {
            files[file].resize(size);
            Ok(0)
        }
        Operation::Allocate(offset, length, how) => {
            files[file].allocate((offset, length), how, left)
        }
        Operation::Seek(offset, what) => files[file].seek(offset, what),
        Operation::Copy(_, 1.., to, _) if to >= MOST => Err(Error::FileTooLarge),
        Operation::Copy(from, length, to, other) => {
            let there = files[file].bytes.len().saturating_sub(from);
            let length = length.min(MOST.saturating_sub(to)).min(there);
            copy(files, (file, from), length, (other, to))
        }
    }
}

fn left(files: &[Plain; 2]) -> usize {
    ROOM - files.iter().map(Plain::room).sum::<usize>()
}

fn copy(
    files: &mut [Plain; 2],
    (file, from): (usize, usize),
    length: usize,
    (other, to): (usize, usize),
) -> Result<u64, Error> {
    if file == other && from.abs_diff(to) < length {
        return Err(Error::Overlapping);
    }
    let mut copied = 0;
    while copied < length {
        let (left, place) = (left(files), to + copied);
        match files[file].run(from + copied, from + length) {
            Ok(bytes) => match files[other].write(place, &bytes, left) {
                Ok(()) => copied += bytes.len(),
                Err(error) if copied == 0 => return Err(error),
                Err(_) => break,
            },
            Err(hole) => {
                let target = &mut files[other];
                target.punch(place, hole);
                target.resize(target.bytes.len().max(place + hole));
                copied += hole;
            }
        }
    }
    Ok(copied as u64)
}

fn on_core(
    volume: &Volume,
    nodes: [NodeId; 2],
    file: usize,
    operation: &Operation,
) -> Result<u64, Error> {
    let node = nodes[file];
    let keep = Privileges::Keep;
    let range = |offset: usize, length: usize| Range {
        offset: offset as u64,
        length: length as u64,
    };
    let write = |offset: u64, length: usize, byte: u8| {
        let written = volume.write(node, offset, &vec![byte; length], keep, NOW);
        written.map(|written| written as u64)
    };
    match *operation {
        Operation::Write(offset, length, byte) => write(offset as u64, length, byte),
        Operation::Append(length, byte) => write(volume.attributes(node)?.size, length, byte),
        Operation::Read(offset, length) => {
            volume.read(node, offset as u64, length as u64, NOW, |bytes| {
                bytes.len() as u64
            })
        }
        Operation::Resize(size) => {
            let size = Changes {
                size: Some(size as u64),
                ..Changes::default()
            };
            volume.set_attributes(node, &size, keep, NOW).map(|_| 0)
        }
        Operation::Allocate(offset, length, how) => volume
            .allocate(node, range(offset, length), how, keep, NOW)
            .map(|()| 0),
        Operation::Seek(offset, what) => volume.seek(node, offset as u64, what),
        Operation::Copy(from, length, to, other) => {
            let to = (nodes[other], to as u64);
            volume.copy((node, range(from, length)), to, keep, NOW)
        }
    }
}

fn compare(volume: &Volume, nodes: [NodeId; 2], files: &[Plain; 2]) -> Result<(), String> {
    for (node, file) in nodes.into_iter().zip(files) {
        let found = volume.attributes(node).expect("it has a name");
        same("size", file.bytes.len() as u64, found.size)?;
        same("room", file.room() as u64, found.allocated)?;
        let most = file.needed() + file.needed() / 16;
        same("at most a sixteenth more", true, file.room() <= most)?;
        let read = volume.read(node, 0, u64::MAX, NOW, |bytes| bytes.to_vec() == file.bytes);
        same("bytes are those of the model", Ok(true), read)?;
    }
    let left = left(files) as u64;
    same("room left", left, ROOM as u64 - volume.usage().bytes)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, theirs: T, ours: T) -> Result<(), String> {
    if theirs == ours {
        Ok(())
    } else {
        Err(format!("{what}\nmodel: {theirs:?}\ncore:  {ours:?}"))
    }
}
