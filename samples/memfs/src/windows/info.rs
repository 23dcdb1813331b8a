//! What Windows wants to know of a file.

use super::times::filetime;
use crate::core::{Attributes, Kind, Timestamp};

/// Bits of file attributes.
pub mod attributes {
    /// The attributes are to stay.
    pub const INVALID: u32 = u32::MAX;
    /// Shown for a folder, whatever was set.
    pub const DIRECTORY: u32 = 0x10;
    /// To be kept in a backup.
    pub const ARCHIVE: u32 = 0x20;
    /// None of the others.
    pub const NORMAL: u32 = 0x80;
    /// Those that are kept: read-only, hidden, system, archive, temporary, offline, not indexed.
    pub const KEPT: u32 = 0x0001 | 0x0002 | 0x0004 | ARCHIVE | 0x0100 | 0x1000 | 0x2000;
}

/// What Windows knows of a file, laid out as WinFsp takes it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// Bits of [`attributes`].
    pub attributes: u32,
    /// 0: there are no reparse points.
    pub reparse_tag: u32,
    /// Bytes taken, in whole allocation units.
    pub allocation_size: u64,
    /// Length in bytes.
    pub file_size: u64,
    /// In units of 100 nanoseconds since 1601, as the other times.
    pub creation_time: u64,
    /// Last read.
    pub last_access_time: u64,
    /// Last change of the contents.
    pub last_write_time: u64,
    /// Last change of anything.
    pub change_time: u64,
    /// Number of the file on the volume.
    pub index_number: u64,
    /// 0: not told.
    pub hard_links: u32,
    /// 0: there are no extended attributes.
    pub ea_size: u32,
}

/// Attributes and times to be set; 0, and [`attributes::INVALID`], stand for what is to stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicInfo {
    /// Bits of [`attributes`].
    pub attributes: u32,
    /// Creation.
    pub creation_time: u64,
    /// Last read.
    pub last_access_time: u64,
    /// Last change of the contents.
    pub last_write_time: u64,
    /// Last change of anything.
    pub change_time: u64,
}

/// Bytes of an allocation unit.
pub(super) const UNIT: u64 = 4096;

impl FileInfo {
    pub(super) fn new(found: &Attributes, kept: u32) -> Self {
        let time = |time: Timestamp| filetime(time);
        Self {
            attributes: shown(found.kind, kept),
            reparse_tag: 0,
            allocation_size: found.allocated.max(found.size).next_multiple_of(UNIT),
            file_size: found.size,
            creation_time: time(found.times.created),
            last_access_time: time(found.times.accessed),
            last_write_time: time(found.times.modified),
            change_time: time(found.times.changed),
            index_number: found.node.0,
            hard_links: 0,
            ea_size: 0,
        }
    }
}

pub(super) fn shown(kind: Kind, kept: u32) -> u32 {
    match (kind, kept) {
        (Kind::Folder, kept) => kept | attributes::DIRECTORY,
        (Kind::File | Kind::Symlink | Kind::Special(_), 0) => attributes::NORMAL,
        (Kind::File | Kind::Symlink | Kind::Special(_), kept) => kept,
    }
}
