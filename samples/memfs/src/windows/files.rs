//! The volume, and what is kept of each file for Windows only.

use super::info::{FileInfo, attributes};
use super::name::{LONGEST, LONGEST_BYTES, bytes, components};
use super::{BasicInfo, Status, timestamp};
use crate::core::{
    Access, CaseRule, Changes, Error, Limits, NodeId, Privileges, Probed, SetXattr, Timestamp,
    Usage, Volume,
};

/// Extended attributes that keep what the core has no place for.
const DESCRIPTOR: &[u8] = b"windows.descriptor";
const ATTRIBUTES: &[u8] = b"windows.attributes";

/// A volume as Windows sees it.
#[derive(Debug)]
pub struct Files {
    pub(super) volume: Volume,
    /// Of the root, until it is given another one.
    root: Vec<u8>,
}

impl Files {
    /// An empty volume; its root has this security descriptor.
    pub fn new(limits: Limits, case: CaseRule, descriptor: Vec<u8>, now: Timestamp) -> Self {
        Self {
            volume: Volume::new(limits, case, Access::default(), now).with_names_of(LONGEST_BYTES),
            root: descriptor,
        }
    }

    /// What it may hold, and what it holds.
    pub fn room(&self) -> (Limits, Usage) {
        (self.volume.limits(), self.volume.usage())
    }

    /// Opens what is at a path.
    ///
    /// # Errors
    /// [`Status::OBJECT_NAME_NOT_FOUND`], [`Status::OBJECT_PATH_NOT_FOUND`], [`Status::OBJECT_NAME_INVALID`].
    pub fn open(&self, path: &[u16]) -> Result<(NodeId, FileInfo), Status> {
        let node = self.find(path)?;
        let opened = self.volume.open(node).map_err(Status::from);
        let info = opened.and_then(|()| self.info(node));
        self.volume.forget(node, 1);
        Ok((node, info?))
    }

    /// Undoes one opening.
    pub fn close(&self, node: NodeId) {
        // It fails for what is gone, and then it is closed.
        let _gone = self.volume.close(node);
    }

    /// Attributes and security descriptor of what is at a path.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn security(&self, path: &[u16]) -> Result<(u32, Vec<u8>), Status> {
        let node = self.find(path)?;
        let found = self
            .info(node)
            .and_then(|info| Ok((info.attributes, self.descriptor(node)?)));
        self.volume.forget(node, 1);
        found
    }

    /// What Windows wants to know of a file.
    ///
    /// # Errors
    /// [`Status::FILE_DELETED`].
    pub fn info(&self, node: NodeId) -> Result<FileInfo, Status> {
        let found = self.volume.attributes(node)?;
        Ok(FileInfo::new(&found, self.kept(node)?))
    }

    /// The security descriptor of a file.
    ///
    /// # Errors
    /// [`Status::FILE_DELETED`].
    pub fn descriptor(&self, node: NodeId) -> Result<Vec<u8>, Status> {
        let found = self.value(node, DESCRIPTOR)?;
        Ok(found.unwrap_or_else(|| self.root.clone()))
    }

    /// Gives a file another security descriptor.
    ///
    /// # Errors
    /// [`Status::DISK_FULL`], [`Status::FILE_DELETED`].
    pub fn set_descriptor(
        &self,
        node: NodeId,
        descriptor: &[u8],
        now: Timestamp,
    ) -> Result<(), Status> {
        let either = SetXattr::Either;
        Ok(self
            .volume
            .set_xattr(node, DESCRIPTOR, descriptor, either, now)?)
    }

    /// Sets attributes and times.
    ///
    /// # Errors
    /// [`Status::DISK_FULL`], [`Status::FILE_DELETED`].
    pub fn set_info(
        &self,
        node: NodeId,
        wanted: &BasicInfo,
        now: Timestamp,
    ) -> Result<FileInfo, Status> {
        if wanted.attributes != attributes::INVALID {
            self.keep(node, wanted.attributes, now)?;
        }
        let time = |ticks: u64| (ticks != 0).then(|| timestamp(ticks));
        let changes = Changes {
            created: time(wanted.creation_time),
            accessed: time(wanted.last_access_time),
            modified: time(wanted.last_write_time),
            changed: time(wanted.change_time),
            ..Changes::default()
        };
        self.volume
            .set_attributes(node, &changes, Privileges::Keep, now)?;
        self.info(node)
    }

    /// What is at a path; it is remembered once more by the volume.
    pub(super) fn find(&self, path: &[u16]) -> Result<NodeId, Status> {
        if components(path).any(|name| name.len() > LONGEST) {
            return Err(Status::OBJECT_NAME_INVALID);
        }
        let mut node = NodeId::ROOT;
        let mut names = components(path).peekable();
        // Also the root is remembered once more, as any other.
        let mut remembered = false;
        while let Some(name) = names.next() {
            let found = self.volume.lookup(node, &bytes(name));
            if std::mem::replace(&mut remembered, true) {
                self.volume.forget(node, 1);
            }
            node = match found {
                Ok(found) => found.node,
                Err(Error::NotFound | Error::NotAFolder) if names.peek().is_some() => {
                    return Err(Status::OBJECT_PATH_NOT_FOUND);
                }
                Err(Error::NotAFolder) => return Err(Status::OBJECT_PATH_NOT_FOUND),
                Err(error) => return Err(error.into()),
            };
        }
        Ok(node)
    }

    /// The attributes that were set, without those that say what it is.
    pub(super) fn kept(&self, node: NodeId) -> Result<u32, Status> {
        let kept = self.value(node, ATTRIBUTES)?;
        let kept = kept.and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
        Ok(kept.unwrap_or(0))
    }

    pub(super) fn keep(&self, node: NodeId, wanted: u32, now: Timestamp) -> Result<(), Status> {
        let bytes = (wanted & attributes::KEPT).to_le_bytes();
        let either = SetXattr::Either;
        Ok(self
            .volume
            .set_xattr(node, ATTRIBUTES, &bytes, either, now)?)
    }

    fn value(&self, node: NodeId, name: &[u8]) -> Result<Option<Vec<u8>>, Status> {
        match self.volume.xattr(node, name, usize::MAX) {
            Ok(Probed::Value(value)) => Ok(Some(value)),
            Ok(Probed::Size(_)) | Err(Error::NoAttribute) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
