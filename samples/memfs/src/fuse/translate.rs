//! Values of the core as values of FUSE, and back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo, TimeOrNow};
use memfs::core::{Attributes, Creation, Kind, NodeId, Special, Timestamp};

/// Unit of `st_blocks`, whatever the file system.
const STAT_BLOCK: u64 = 512;
/// Size of the blocks the file system speaks of.
pub(super) const BLOCK: u32 = 4096;

pub(super) fn node(ino: INodeNo) -> NodeId {
    NodeId(ino.0)
}

pub(super) fn ino(node: NodeId) -> INodeNo {
    INodeNo(node.0)
}

pub(super) fn file_attr(found: &Attributes) -> FileAttr {
    FileAttr {
        ino: ino(found.node),
        size: found.size,
        blocks: found.size.div_ceil(STAT_BLOCK),
        atime: system_time(found.times.accessed),
        mtime: system_time(found.times.modified),
        ctime: system_time(found.times.changed),
        crtime: system_time(found.times.created),
        kind: file_type(found.kind),
        perm: found.access.mode,
        nlink: found.links,
        uid: found.access.uid,
        gid: found.access.gid,
        rdev: device(found.kind),
        blksize: BLOCK,
        flags: 0,
    }
}

pub(super) fn file_type(kind: Kind) -> FileType {
    match kind {
        Kind::File => FileType::RegularFile,
        Kind::Folder => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::Special(Special::Fifo) => FileType::NamedPipe,
        Kind::Special(Special::Socket) => FileType::Socket,
        Kind::Special(Special::CharacterDevice(_)) => FileType::CharDevice,
        Kind::Special(Special::BlockDevice(_)) => FileType::BlockDevice,
    }
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
    use rustix::fs::FileType as Type;
    match Type::from_raw_mode(mode) {
        Type::RegularFile => Some(Creation::File),
        Type::Fifo => Some(Creation::Special(Special::Fifo)),
        Type::Socket => Some(Creation::Special(Special::Socket)),
        Type::CharacterDevice => Some(Creation::Special(Special::CharacterDevice(device))),
        Type::BlockDevice => Some(Creation::Special(Special::BlockDevice(device))),
        Type::Directory | Type::Symlink | Type::Unknown => None,
    }
}

pub(super) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

pub(super) fn time_or_now(time: TimeOrNow, now: Timestamp) -> Timestamp {
    match time {
        TimeOrNow::SpecificTime(time) => requested(time),
        TimeOrNow::Now => now,
    }
}

/// A time out of a request. Before 1970 fuser takes the nanoseconds away from the seconds instead of adding them; what
/// the kernel said can still be told from that.
pub(super) fn requested(time: SystemTime) -> Timestamp {
    match time.duration_since(UNIX_EPOCH) {
        Ok(_) => timestamp(time),
        Err(before) => {
            let before = before.duration();
            Timestamp {
                seconds: -signed(before.as_secs()),
                nanoseconds: before.subsec_nanos(),
            }
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => Timestamp {
            seconds: signed(after.as_secs()),
            nanoseconds: after.subsec_nanos(),
        },
        Err(before) => {
            let before = before.duration();
            match before.subsec_nanos() {
                0 => Timestamp {
                    seconds: -signed(before.as_secs()),
                    nanoseconds: 0,
                },
                // Seconds round down, so that nanoseconds are always to be added.
                nanos => Timestamp {
                    seconds: -signed(before.as_secs()) - 1,
                    nanoseconds: 1_000_000_000 - nanos,
                },
            }
        }
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn system_time(time: Timestamp) -> SystemTime {
    let whole = Duration::from_secs(time.seconds.unsigned_abs());
    let start = if time.seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)
    } else {
        UNIX_EPOCH.checked_add(whole)
    };
    let nanoseconds = Duration::from_nanos(time.nanoseconds.into());
    start
        .and_then(|start| start.checked_add(nanoseconds))
        .unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_and_after_1970_keep_their_nanoseconds() {
        for (seconds, nanoseconds) in [
            (0, 0),
            (0, 1),
            (1, 999_999_999),
            (-1, 0),
            (-1, 1),
            (-2, 999_999_999),
        ] {
            let time = Timestamp {
                seconds,
                nanoseconds,
            };
            assert_eq!(timestamp(system_time(time)), time);
        }
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(
            timestamp(before),
            Timestamp {
                seconds: -1,
                nanoseconds: 999_999_999
            }
        );
    }

    #[test]
    fn each_mode_of_mknod_makes_its_kind() {
        assert_eq!(creation(0o100_644, 0), Some(Creation::File));
        assert_eq!(
            creation(0o010_644, 0),
            Some(Creation::Special(Special::Fifo))
        );
        assert_eq!(
            creation(0o140_644, 0),
            Some(Creation::Special(Special::Socket))
        );
        assert_eq!(
            creation(0o020_644, 7),
            Some(Creation::Special(Special::CharacterDevice(7)))
        );
        assert_eq!(
            creation(0o060_644, 7),
            Some(Creation::Special(Special::BlockDevice(7)))
        );
        assert_eq!(creation(0o040_755, 0), None);
    }
}
