//! Random operations on the contents of two files give the same bytes, holes and room as on plain vectors of bytes.

use memfs::core::{
    Access, Allocation, CaseRule, Changes, Creation, Error, Limits, NodeId, Privileges, Range,
    Seek, Timestamp, Volume,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Contents are kept in chunks of so many bytes, each up to the last byte written in it.
const CHUNK: usize = 64 * 1024;
const MOST: usize = 4 * CHUNK + 100;
const ROOM: usize = 7 * CHUNK;
const NOW: Timestamp = Timestamp {
    seconds: 1,
    nanoseconds: 2,
};

#[derive(Clone, Debug)]
enum Operation {
    Write(usize, usize, u8),
    Read(usize, usize),
    Resize(usize),
    Allocate(usize, usize, Allocation),
    Seek(usize, Seek),
    Copy(usize, usize, usize, usize),
}

/// A file as a vector of bytes, and of each chunk how many bytes are kept.
#[derive(Clone, Default)]
struct Model {
    bytes: Vec<u8>,
    held: [usize; 5],
}

impl Model {
    fn covered(offset: usize, length: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..5).filter_map(move |chunk| {
            let start = offset.max(chunk * CHUNK);
            let end = (offset + length).min((chunk + 1) * CHUNK);
            (start < end).then(|| (chunk, start - chunk * CHUNK, end - chunk * CHUNK))
        })
    }

    fn more(&self, offset: usize, length: usize) -> usize {
        Self::covered(offset, length)
            .map(|(chunk, _, end)| end.saturating_sub(self.held[chunk]))
            .sum()
    }

    fn keep(&mut self, offset: usize, length: usize) {
        for (chunk, _, end) in Self::covered(offset, length) {
            self.held[chunk] = self.held[chunk].max(end);
        }
    }

    fn fill(&mut self, offset: usize, bytes: &[u8]) {
        if self.bytes.len() < offset + bytes.len() {
            self.bytes.resize(offset + bytes.len(), 0);
        }
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    fn punch(&mut self, offset: usize, length: usize) {
        for (chunk, start, end) in Self::covered(offset, length) {
            if end >= self.held[chunk] {
                self.held[chunk] = self.held[chunk].min(start);
            }
        }
        let end = (offset + length).min(self.bytes.len());
        if offset < end {
            self.bytes[offset..end].fill(0);
        }
    }

    fn resize(&mut self, size: usize) {
        if size < self.bytes.len() {
            for chunk in 0..5 {
                let within = size.saturating_sub(chunk * CHUNK).min(CHUNK);
                self.held[chunk] = self.held[chunk].min(within);
            }
        }
        self.bytes.resize(size, 0);
    }

    fn is_kept(&self, at: usize) -> bool {
        at % CHUNK < self.held[at / CHUNK]
    }

    fn seek(&self, offset: usize, what: Seek) -> Result<u64, Error> {
        if offset >= self.bytes.len() {
            return Err(Error::BehindTheEnd);
        }
        let wanted = |at: &usize| self.is_kept(*at) == (what == Seek::Data);
        match ((offset..self.bytes.len()).find(wanted), what) {
            (Some(at), _) => Ok(at as u64),
            (None, Seek::Hole) => Ok(self.bytes.len() as u64),
            (None, Seek::Data) => Err(Error::BehindTheEnd),
        }
    }

    fn allocate(
        &mut self,
        (offset, length): (usize, usize),
        how: Allocation,
        room: usize,
    ) -> Result<u64, Error> {
        match how {
            Allocation::PunchHole => {
                self.punch(offset, length);
                return Ok(0);
            }
            Allocation::Reserve
            | Allocation::ReserveKeepingSize
            | Allocation::Zero
            | Allocation::ZeroKeepingSize => {}
        }
        if offset + length > MOST {
            return Err(Error::FileTooLarge);
        }
        if self.more(offset, length) > room {
            return Err(Error::VolumeFull);
        }
        if matches!(how, Allocation::Zero | Allocation::ZeroKeepingSize) {
            let end = (offset + length).min(self.bytes.len());
            if offset < end {
                self.bytes[offset..end].fill(0);
            }
        }
        self.keep(offset, length);
        if matches!(how, Allocation::Reserve | Allocation::Zero) {
            self.bytes.resize(self.bytes.len().max(offset + length), 0);
        }
        Ok(0)
    }
}

fn offset() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..MOST + 10,
        (0..5usize, 0..40usize).prop_map(|(chunk, more)| chunk * CHUNK + more)
    ]
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![0..100usize, 0..2 * CHUNK, Just(CHUNK)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let how = select(
        &[
            Allocation::Reserve,
            Allocation::ReserveKeepingSize,
            Allocation::PunchHole,
            Allocation::Zero,
            Allocation::ZeroKeepingSize,
        ][..],
    );
    let seek = select(&[Seek::Data, Seek::Hole][..]);
    prop_oneof![
        4 => (offset(), length(), 1..255u8).prop_map(|(at, length, byte)| Operation::Write(at, length, byte)),
        2 => (offset(), length()).prop_map(|(at, length)| Operation::Read(at, length)),
        1 => offset().prop_map(Operation::Resize),
        3 => (offset(), length(), how).prop_map(|(at, length, how)| Operation::Allocate(at, length, how)),
        2 => (offset(), seek).prop_map(|(at, what)| Operation::Seek(at, what)),
        2 => (offset(), length(), offset(), 0..2usize)
            .prop_map(|(from, length, to, other)| Operation::Copy(from, length, to, other)),
    ]
}

fn on_model(files: &mut [Model; 2], file: usize, operation: &Operation) -> Result<u64, Error> {
    let held: usize = files.iter().flat_map(|file| file.held).sum();
    let room = ROOM - held;
    match *operation {
        Operation::Write(_, 0, _) => Ok(0),
        Operation::Write(offset, ..) if offset >= MOST => Err(Error::FileTooLarge),
        Operation::Write(offset, length, byte) => {
            let length = length.min(MOST - offset);
            if files[file].more(offset, length) > room {
                return Err(Error::VolumeFull);
            }
            files[file].keep(offset, length);
            files[file].fill(offset, &vec![byte; length]);
            Ok(length as u64)
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
            files[file].allocate((offset, length), how, room)
        }
        Operation::Seek(offset, what) => files[file].seek(offset, what),
        Operation::Copy(_, 1.., to, _) if to >= MOST => Err(Error::FileTooLarge),
        Operation::Copy(from, length, to, other) => {
            let length = length.min(MOST.saturating_sub(to));
            let end = (from + length).min(files[file].bytes.len());
            let bytes = files[file]
                .bytes
                .get(from..end)
                .unwrap_or_default()
                .to_vec();
            if bytes.is_empty() {
                return Ok(0);
            }
            files[other].fill(to, &bytes);
            Ok(bytes.len() as u64)
        }
    }
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
    match *operation {
        Operation::Write(offset, length, byte) => volume
            .write(node, offset as u64, &vec![byte; length], keep, NOW)
            .map(|written| written as u64),
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

fn run(operations: &[(usize, Operation)]) -> Result<(), TestCaseError> {
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
    let mut models = [Model::default(), Model::default()];
    for (file, operation) in operations {
        let ours = on_core(&volume, nodes, *file, operation);
        if let Operation::Copy(from, length, to, other) = operation {
            // Whether holes are copied as holes shows in the room used: what is read is the contract. Without room
            // it may stop anywhere.
            if volume.usage().bytes as usize + length + 2 * CHUNK > ROOM {
                return Ok(());
            }
            let theirs = on_model(&mut models, *file, operation);
            prop_assert_eq!(
                theirs,
                ours,
                "{:?} {} {} {} {}",
                operation,
                from,
                length,
                to,
                other
            );
            follow(&volume, nodes[*other], &mut models[*other]);
        } else {
            let theirs = on_model(&mut models, *file, operation);
            prop_assert_eq!(theirs, ours, "{:?}", operation);
        }
        compare(&volume, nodes, &models, operation)?;
    }
    Ok(())
}

/// Takes over which chunks are kept, and how far.
fn follow(volume: &Volume, node: NodeId, model: &mut Model) {
    for chunk in 0..5 {
        let start = (chunk * CHUNK) as u64;
        let kept = match volume.seek(node, start, Seek::Data) {
            Ok(at) if at == start => volume.seek(node, start, Seek::Hole).unwrap_or(start),
            Ok(_) | Err(_) => start,
        };
        let kept = (kept - start).min(CHUNK as u64) as usize;
        // Room made behind the end does not show.
        let hidden = model.held[chunk] > kept && (chunk * CHUNK + kept >= model.bytes.len());
        if !hidden {
            model.held[chunk] = kept;
        }
    }
}

fn compare(
    volume: &Volume,
    nodes: [NodeId; 2],
    models: &[Model; 2],
    operation: &Operation,
) -> Result<(), TestCaseError> {
    for (node, model) in nodes.into_iter().zip(models) {
        let found = volume.attributes(node).expect("it has a name");
        prop_assert_eq!(
            found.size,
            model.bytes.len() as u64,
            "after {:?}",
            operation
        );
        let held: usize = model.held.iter().sum();
        prop_assert_eq!(found.allocated, held as u64, "after {:?}", operation);
        let same = volume.read(node, 0, u64::MAX, NOW, |bytes| {
            bytes.to_vec() == model.bytes
        });
        prop_assert_eq!(same, Ok(true), "after {:?}", operation);
    }
    let held: usize = models.iter().flat_map(|file| file.held).sum();
    prop_assert_eq!(volume.usage().bytes, held as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contents_are_those_of_plain_vectors(operations in prop::collection::vec((0..2usize, operation()), 1..40)) {
        run(&operations)?;
    }
}
