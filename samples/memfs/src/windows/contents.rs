//! Reading, writing and sizes.

use super::info::FileInfo;
use super::{Files, Status};
use crate::core::{Allocation, Changes, NodeId, Privileges, Range, Timestamp};

/// Where a write goes, and whether it may make the file longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At this offset; the file grows if need be.
    Grow(u64),
    /// At this offset; what is behind the end is left out.
    Stay(u64),
    /// Behind the last byte.
    Append,
}

impl Files {
    /// Copies bytes from `offset` on into `buffer`, and says how many.
    ///
    /// # Errors
    /// [`Status::END_OF_FILE`] if there are none; [`Status::FILE_IS_A_DIRECTORY`].
    pub fn read(
        &self,
        node: NodeId,
        offset: u64,
        buffer: &mut [u8],
        now: Timestamp,
    ) -> Result<usize, Status> {
        let length = buffer.len() as u64;
        let read = self.volume.read(node, offset, length, now, |bytes| {
            let mut rest = &mut *buffer;
            for piece in bytes.0 {
                let (into, after) = rest.split_at_mut(piece.len());
                into.copy_from_slice(piece);
                rest = after;
            }
            bytes.len()
        })?;
        match read {
            0 => Err(Status::END_OF_FILE),
            read => Ok(read),
        }
    }

    /// Writes bytes, and says how many.
    ///
    /// # Errors
    /// [`Status::FILE_TOO_LARGE`], [`Status::DISK_FULL`], [`Status::FILE_IS_A_DIRECTORY`].
    pub fn write(
        &self,
        node: NodeId,
        bytes: &[u8],
        end: End,
        now: Timestamp,
    ) -> Result<(usize, FileInfo), Status> {
        let size = self.volume.attributes(node)?.size;
        let (offset, bytes) = match end {
            End::Grow(offset) => (offset, bytes),
            End::Append => (size, bytes),
            End::Stay(offset) => {
                let room = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
                (offset, &bytes[..bytes.len().min(room)])
            }
        };
        let written = self
            .volume
            .write(node, offset, bytes, Privileges::Keep, now)?;
        Ok((written, self.info(node)?))
    }

    /// Makes a file empty, with new attributes or more of them.
    ///
    /// # Errors
    /// [`Status::FILE_IS_A_DIRECTORY`], [`Status::DISK_FULL`].
    pub fn overwrite(
        &self,
        node: NodeId,
        attributes: u32,
        replace: bool,
        now: Timestamp,
    ) -> Result<FileInfo, Status> {
        // What can fail comes before the contents go; this also refuses folders.
        self.volume.trim(node, 0)?;
        let kept = match replace {
            true => 0,
            false => self.kept(node)?,
        };
        let archive = super::attributes::ARCHIVE;
        self.keep(node, kept | attributes | archive, now)?;
        self.resize(node, 0, now)?;
        self.info(node)
    }

    /// Sets the length of a file; as `allocation`, the room it has: that cuts the file if it is less than its length,
    /// and is made, or given back, behind its end.
    ///
    /// # Errors
    /// [`Status::FILE_TOO_LARGE`], [`Status::DISK_FULL`], [`Status::FILE_IS_A_DIRECTORY`].
    pub fn set_size(
        &self,
        node: NodeId,
        size: u64,
        allocation: bool,
        now: Timestamp,
    ) -> Result<FileInfo, Status> {
        let found = self.volume.attributes(node)?;
        if !allocation || size < found.size {
            self.resize(node, size, now)?;
        } else {
            self.volume.trim(node, size)?;
            if size > self.volume.attributes(node)?.allocated {
                self.reserve(node, size, now)?;
            }
        }
        self.info(node)
    }

    fn reserve(&self, node: NodeId, size: u64, now: Timestamp) -> Result<(), Status> {
        let range = Range {
            offset: 0,
            // Whole units may be more than the file may ever have.
            length: size.min(self.volume.limits().file_size),
        };
        let how = Allocation::ReserveKeepingSize;
        Ok(self
            .volume
            .allocate(node, range, how, Privileges::Keep, now)?)
    }

    fn resize(&self, node: NodeId, size: u64, now: Timestamp) -> Result<(), Status> {
        let changes = Changes {
            size: Some(size),
            ..Changes::default()
        };
        self.volume
            .set_attributes(node, &changes, Privileges::Keep, now)?;
        Ok(())
    }
}
