use super::super::{Access, CaseRule, Creation, Limits};
use super::*;

const C: u64 = CHUNK as u64;
const NOW: Timestamp = Timestamp {
    seconds: 5,
    nanoseconds: 0,
};

/// A volume with two empty files.
fn volume(bytes: u64) -> (Volume, NodeId, NodeId) {
    let limits = Limits {
        files: 2,
        file_size: u64::MAX,
        bytes,
    };
    let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
    let make = |name: &[u8]| {
        let made = volume.create(NodeId::ROOT, name, Creation::File, Access::default(), NOW);
        made.unwrap().node
    };
    let (one, other) = (make(b"one"), make(b"other"));
    (volume, one, other)
}

fn write(volume: &Volume, node: NodeId, offset: u64, bytes: &[u8]) {
    let written = volume.write(node, offset, bytes, Privileges::Keep, NOW);
    assert_eq!(written, Ok(bytes.len()));
}

fn copy(
    volume: &Volume,
    from: (NodeId, u64),
    length: u64,
    to: (NodeId, u64),
) -> Result<u64, Error> {
    let range = Range {
        offset: from.1,
        length,
    };
    volume.copy((from.0, range), to, Privileges::Keep, NOW)
}

fn size(volume: &Volume, node: NodeId) -> u64 {
    volume.attributes(node).unwrap().size
}

fn bytes(volume: &Volume, node: NodeId, offset: u64, length: u64) -> Vec<u8> {
    let read = volume.read(node, offset, length, NOW, |pieces| pieces.to_vec());
    read.unwrap()
}

#[test]
fn a_copy_that_fails_leaves_the_target_as_long_as_it_was() {
    let (volume, from, to) = volume(2 * C);
    write(&volume, from, 0, &[1; CHUNK]);
    write(&volume, to, 0, b"abc");
    assert_eq!(
        copy(&volume, (from, 0), C, (to, 9 * C)),
        Err(Error::VolumeFull)
    );
    assert_eq!(
        copy(&volume, (from, 0), C, (from, 9 * C)),
        Err(Error::VolumeFull)
    );
    assert_eq!((size(&volume, from), size(&volume, to)), (C, 3));
    assert_eq!(volume.usage().bytes, C + 3);
}

#[test]
fn a_copy_stops_before_the_bytes_that_have_no_room_and_says_so() {
    let (volume, from, to) = volume(6 * C);
    write(&volume, from, 2 * C, &[1; 3 * CHUNK]);
    assert_eq!(copy(&volume, (from, 0), 5 * C, (to, 10 * C)), Ok(5 * C));
    assert_eq!((size(&volume, to), volume.usage().bytes), (15 * C, 6 * C));
    // A hole needs no room, and gives some back.
    assert_eq!(copy(&volume, (from, 0), 5 * C, (to, 20 * C)), Ok(2 * C));
    assert_eq!(copy(&volume, (from, 0), 3 * C, (to, 12 * C)), Ok(3 * C));
    assert_eq!(size(&volume, to), 22 * C);
    assert_eq!(copy(&volume, (from, 0), 5 * C, (from, 10 * C)), Ok(4 * C));
    assert_eq!(size(&volume, from), 14 * C);
}

#[test]
fn a_copy_within_a_file_leaves_its_holes_and_takes_no_memory_for_them() {
    // The hole is longer than any memory.
    const FAR: u64 = 1 << 60;
    let (volume, file, _) = volume(20 * C);
    write(&volume, file, 5, b"start");
    write(&volume, file, FAR, b"end");
    assert_eq!(
        copy(&volume, (file, 0), FAR + 3, (file, 2 * FAR + 1)),
        Ok(FAR + 3)
    );
    assert_eq!(size(&volume, file), 3 * FAR + 4);
    assert_eq!(bytes(&volume, file, 2 * FAR + 6, 6), b"start\0");
    assert_eq!(bytes(&volume, file, 3 * FAR, 9), b"\0end");
    assert_eq!(volume.usage().bytes, 10 + 3 * 4096);
    let seek = |offset, what| volume.seek(file, offset, what);
    assert_eq!(seek(FAR + 3, Seek::Data), Ok(2 * FAR));
    assert_eq!(seek(2 * FAR + 11, Seek::Data), Ok(3 * FAR));

    // Over what was there: a hole takes it away.
    assert_eq!(copy(&volume, (file, 2 * C), C, (file, 0)), Ok(C));
    assert_eq!(seek(0, Seek::Data), Ok(FAR));
    assert_eq!(volume.usage().bytes, 3 * 4096);
}

#[test]
fn a_file_is_not_copied_over_what_is_still_to_be_read_of_it() {
    let (volume, file, _) = volume(20 * C);
    write(&volume, file, 0, b"0123456789");
    for (from, length, to) in [(0, 5, 4), (4, 5, 0), (0, 5, 0), (0, u64::MAX, 9)] {
        assert_eq!(
            copy(&volume, (file, from), length, (file, to)),
            Err(Error::Overlapping)
        );
    }
    assert_eq!(copy(&volume, (file, 0), 5, (file, 5)), Ok(5));
    assert_eq!(bytes(&volume, file, 0, 20), b"0123401234");
    assert_eq!(copy(&volume, (file, 5), u64::MAX, (file, 0)), Ok(5));
    assert_eq!(copy(&volume, (file, 10), 5, (file, 10)), Ok(0));
}
