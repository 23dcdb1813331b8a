//! Values of the core as values of the protocol, and back.

use std::time::{SystemTime, UNIX_EPOCH};

use memfs::core::{
    Access, Allocation, Attributes, Changes, Creation, Kind, NodeId, Privileges, Replace, SetXattr,
    Special, Timestamp,
};
use rustix::fs::{FallocateFlags, FileType, RenameFlags, XattrFlags};

use super::wire::reply::Attr;
use super::wire::request::{SetAttr, Time, When};

/// Unit of `st_blocks`, whatever the file system.
const STAT_BLOCK: u64 = 512;
/// Size of the blocks the file system speaks of.
pub(super) const BLOCK: u32 = 4096;
const MODE_BITS: u32 = 0o7777;

pub(super) fn attr(found: &Attributes) -> Attr {
    Attr {
        node: found.node.0,
        size: found.size,
        blocks: found.allocated.div_ceil(STAT_BLOCK),
        atime: time(found.times.accessed),
        mtime: time(found.times.modified),
        ctime: time(found.times.changed),
        mode: mode(found),
        links: found.links,
        uid: found.access.uid,
        gid: found.access.gid,
        device: device(found.kind),
        block_size: BLOCK,
    }
}

/// Type and permissions.
pub(super) fn mode(found: &Attributes) -> u32 {
    let kind = match found.kind {
        Kind::File => FileType::RegularFile,
        Kind::Folder => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::Special(Special::Fifo) => FileType::Fifo,
        Kind::Special(Special::Socket) => FileType::Socket,
        Kind::Special(Special::CharacterDevice(_)) => FileType::CharacterDevice,
        Kind::Special(Special::BlockDevice(_)) => FileType::BlockDevice,
    };
    kind.as_raw_mode() | u32::from(found.access.mode)
}

fn device(kind: Kind) -> u32 {
    match kind {
        Kind::Special(Special::CharacterDevice(number) | Special::BlockDevice(number)) => number,
        Kind::Special(Special::Fifo | Special::Socket)
        | Kind::File
        | Kind::Folder
        | Kind::Symlink => 0,
    }
}

/// What `mknod` is to make. Folders and links have calls of their own.
pub(super) fn creation(mode: u32, device: u32) -> Option<Creation<'static>> {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Some(Creation::File),
        FileType::Fifo => Some(Creation::Special(Special::Fifo)),
        FileType::Socket => Some(Creation::Special(Special::Socket)),
        FileType::CharacterDevice => Some(Creation::Special(Special::CharacterDevice(device))),
        FileType::BlockDevice => Some(Creation::Special(Special::BlockDevice(device))),
        FileType::Directory | FileType::Symlink | FileType::Unknown => None,
    }
}

pub(super) fn access(mode: u32, uid: u32, gid: u32) -> Access {
    Access {
        mode: permissions(mode),
        uid,
        gid,
    }
}

fn permissions(mode: u32) -> u16 {
    // Twelve bits are left.
    (mode & MODE_BITS) as u16
}

pub(super) fn changes(asked: &SetAttr, now: Timestamp) -> Changes {
    let when = |when: When| match when {
        When::Now => now,
        When::At(time) => timestamp(time),
    };
    Changes {
        mode: asked.mode.map(permissions),
        uid: asked.uid,
        gid: asked.gid,
        size: asked.size,
        accessed: asked.atime.map(when),
        modified: asked.mtime.map(when),
        changed: asked.ctime.map(timestamp),
        created: None,
    }
}

pub(super) fn privileges(clear: bool) -> Privileges {
    match clear {
        true => Privileges::Clear,
        false => Privileges::Keep,
    }
}

pub(super) fn allocation(mode: u32) -> Option<Allocation> {
    let mode = FallocateFlags::from_bits_retain(mode);
    let keep = FallocateFlags::KEEP_SIZE;
    [
        (FallocateFlags::empty(), Allocation::Reserve),
        (keep, Allocation::ReserveKeepingSize),
        (keep | FallocateFlags::PUNCH_HOLE, Allocation::PunchHole),
        (FallocateFlags::ZERO_RANGE, Allocation::Zero),
        (
            keep | FallocateFlags::ZERO_RANGE,
            Allocation::ZeroKeepingSize,
        ),
    ]
    .into_iter()
    .find_map(|(flags, how)| (flags == mode).then_some(how))
}

pub(super) fn replace(flags: u32) -> Option<Replace> {
    let flags = RenameFlags::from_bits_retain(flags);
    [
        (RenameFlags::empty(), Replace::Existing),
        (RenameFlags::NOREPLACE, Replace::Never),
        (RenameFlags::EXCHANGE, Replace::Exchange),
    ]
    .into_iter()
    .find_map(|(known, replace)| (known == flags).then_some(replace))
}

pub(super) fn set_xattr(flags: u32) -> SetXattr {
    let flags = XattrFlags::from_bits_retain(flags);
    if flags.contains(XattrFlags::CREATE) {
        SetXattr::Create
    } else if flags.contains(XattrFlags::REPLACE) {
        SetXattr::Replace
    } else {
        SetXattr::Either
    }
}

pub(super) fn node(number: u64) -> NodeId {
    NodeId(number)
}

/// The time of this moment.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock that stands before 1970 is not set at all.
    let since = since.unwrap_or_default();
    Timestamp {
        seconds: since.as_secs().cast_signed(),
        nanoseconds: since.subsec_nanos(),
    }
}

fn time(time: Timestamp) -> Time {
    (time.seconds, time.nanoseconds)
}

fn timestamp((seconds, nanoseconds): Time) -> Timestamp {
    Timestamp {
        seconds,
        nanoseconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_of_mknod_makes_its_kind() {
        let special = |what| Some(Creation::Special(what));
        assert_eq!(creation(0o100_644, 0), Some(Creation::File));
        assert_eq!(creation(0o010_644, 0), special(Special::Fifo));
        assert_eq!(creation(0o140_644, 0), special(Special::Socket));
        assert_eq!(creation(0o020_644, 7), special(Special::CharacterDevice(7)));
        assert_eq!(creation(0o060_644, 7), special(Special::BlockDevice(7)));
        assert_eq!(creation(0o040_755, 0), None);
    }

    #[test]
    fn flags_that_are_not_known_are_nothing() {
        assert_eq!(replace(2), Some(Replace::Exchange));
        assert_eq!((replace(3), replace(4)), (None, None));
        assert_eq!(allocation(0), Some(Allocation::Reserve));
        assert_eq!(allocation(3), Some(Allocation::PunchHole));
        assert_eq!((allocation(2), allocation(0x20)), (None, None));
    }
}
