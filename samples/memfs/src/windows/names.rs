//! Creating, deleting and renaming.

use super::info::FileInfo;
use super::name::{components, entry};
use super::{Files, Status, attributes};
use crate::core::{Access, Error, Kind, NodeId, Replace, Timestamp};

/// A folder, and a name in it.
type Slot<'a> = (NodeId, &'a [u8]);

/// What to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation<'a> {
    /// A folder instead of a file.
    pub folder: bool,
    /// Bits of [`attributes`].
    pub attributes: u32,
    /// Its security descriptor; an empty one stands for that of the root.
    pub descriptor: &'a [u8],
}

/// What is to be done when the last handle of somebody's is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// The name goes.
    pub delete: bool,
    /// Nothing more will be written into the room that was made behind the end.
    pub trim: bool,
    /// It was changed, and is to be kept in the next backup.
    pub archive: bool,
    /// It was read.
    pub accessed: bool,
    /// Its contents were changed.
    pub written: bool,
}

impl Cleanup {
    /// From the bits that WinFsp hands over.
    pub fn from_bits(bits: u32) -> Self {
        Self {
            delete: bits & 0x01 != 0,
            trim: bits & 0x02 != 0,
            archive: bits & 0x10 != 0,
            accessed: bits & 0x20 != 0,
            written: bits & 0x40 != 0,
        }
    }
}

impl Files {
    /// Creates a file or folder, and opens it.
    ///
    /// # Errors
    /// [`Status::OBJECT_NAME_COLLISION`], [`Status::OBJECT_PATH_NOT_FOUND`], [`Status::DISK_FULL`],
    /// [`Status::OBJECT_NAME_INVALID`].
    pub fn create(
        &self,
        path: &[u16],
        what: Creation<'_>,
        now: Timestamp,
    ) -> Result<(NodeId, FileInfo), Status> {
        let (parent, name) = self.slot(path)?;
        let kind = match what.folder {
            true => crate::core::Creation::Folder,
            false => crate::core::Creation::File,
        };
        let made = self
            .volume
            .create(parent, &name, kind, Access::default(), now);
        self.volume.forget(parent, 1);
        let node = made.map_err(on_the_way)?.node;
        let dressed = self.dress(node, what, now);
        if let Err(status) = dressed {
            // All of it or nothing.
            let (parent, name) = self.slot(path)?;
            let _gone = match what.folder {
                true => self.volume.remove_folder(parent, &name, now),
                false => self.volume.unlink(parent, &name, now),
            };
            self.volume.forget(parent, 1);
            self.volume.forget(node, 1);
            return Err(status);
        }
        self.volume.open(node)?;
        self.volume.forget(node, 1);
        Ok((node, self.info(node)?))
    }

    fn dress(&self, node: NodeId, what: Creation<'_>, now: Timestamp) -> Result<(), Status> {
        if !what.descriptor.is_empty() {
            self.set_descriptor(node, what.descriptor, now)?;
        }
        let archive = match what.folder {
            true => 0,
            false => attributes::ARCHIVE,
        };
        self.keep(node, what.attributes | archive, now)
    }

    /// Whether a file or folder could be deleted.
    ///
    /// # Errors
    /// [`Status::DIRECTORY_NOT_EMPTY`]; [`Status::ACCESS_DENIED`] for the root.
    pub fn can_delete(&self, node: NodeId, now: Timestamp) -> Result<(), Status> {
        if node == NodeId::ROOT {
            return Err(Status::ACCESS_DENIED);
        }
        if self.volume.attributes(node)?.kind != Kind::Folder {
            return Ok(());
        }
        let mut empty = true;
        self.volume.entries(node, 0, now, |_| {
            empty = false;
            crate::core::Listed::Full
        })?;
        match empty {
            true => Ok(()),
            false => Err(Status::DIRECTORY_NOT_EMPTY),
        }
    }

    /// Does what is to be done at the last handle of somebody's. There is nobody left to tell of a failure.
    pub fn cleanup(&self, node: NodeId, path: &[u16], what: Cleanup, now: Timestamp) {
        if what.delete {
            let _refused = self.delete(node, path, now);
            return;
        }
        if what.trim {
            let _folder = self.volume.trim(node, 0);
        }
        if what.archive
            && let Ok(kept) = self.kept(node)
        {
            let _full = self.keep(node, kept | attributes::ARCHIVE, now);
        }
        let ticks = |wanted: bool| match wanted {
            true => super::filetime(now),
            false => 0,
        };
        let wanted = super::BasicInfo {
            attributes: attributes::INVALID,
            last_access_time: ticks(what.accessed),
            last_write_time: ticks(what.written),
            ..super::BasicInfo::default()
        };
        if what.accessed || what.written {
            let _gone = self.set_info(node, &wanted, now);
        }
    }

    fn delete(&self, node: NodeId, path: &[u16], now: Timestamp) -> Result<(), Status> {
        let kind = self.volume.attributes(node)?.kind;
        let (parent, name) = self.slot(path)?;
        let gone = match kind {
            Kind::Folder => self.volume.remove_folder(parent, &name, now),
            Kind::File | Kind::Symlink | Kind::Special(_) => self.volume.unlink(parent, &name, now),
        };
        self.volume.forget(parent, 1);
        Ok(gone?)
    }

    /// Moves a file or folder to another path. A folder replaces nothing, and is replaced by nothing.
    ///
    /// # Errors
    /// [`Status::OBJECT_NAME_COLLISION`] unless it may replace; [`Status::ACCESS_DENIED`] if a folder would be
    /// replaced; [`Status::OBJECT_PATH_NOT_FOUND`], [`Status::OBJECT_NAME_NOT_FOUND`].
    pub fn rename(
        &self,
        from: &[u16],
        to: &[u16],
        replace: bool,
        now: Timestamp,
    ) -> Result<(), Status> {
        let replace = match replace {
            true => Replace::Existing,
            false => Replace::Never,
        };
        let (parent, name) = self.slot(from)?;
        let moved = self.slot(to).and_then(|(new_parent, new_name)| {
            let ends = ((parent, &*name), (new_parent, &*new_name));
            let moved = self.move_within(ends, replace, now);
            self.volume.forget(new_parent, 1);
            moved
        });
        self.volume.forget(parent, 1);
        moved
    }

    fn move_within(
        &self,
        (from, to): (Slot<'_>, Slot<'_>),
        replace: Replace,
        now: Timestamp,
    ) -> Result<(), Status> {
        if let (Ok(source), Ok(target)) = (self.known(from), self.known(to))
            && source.0 != target.0
            && replace == Replace::Existing
            && (source.1 == Kind::Folder || target.1 == Kind::Folder)
        {
            return Err(Status::ACCESS_DENIED);
        }
        match self.volume.rename(from, to, replace, now) {
            Err(Error::NotAFolder) => Err(Status::OBJECT_PATH_NOT_FOUND),
            done => Ok(done?),
        }
    }

    fn known(&self, (parent, name): Slot<'_>) -> Result<(NodeId, Kind), Error> {
        let found = self.volume.lookup(parent, name)?;
        self.volume.forget(found.node, 1);
        Ok((found.node, found.kind))
    }

    /// The folder and the name that a path ends with; the folder is remembered once more.
    fn slot(&self, path: &[u16]) -> Result<(NodeId, Vec<u8>), Status> {
        let name = components(path)
            .next_back()
            .ok_or(Status::OBJECT_NAME_COLLISION)?;
        let last = entry(name)?;
        let start = name.as_ptr_range().start;
        // What comes before the last name.
        let before = path.iter().take_while(|unit| !std::ptr::eq(*unit, start));
        let before: Vec<u16> = before.copied().collect();
        let parent = match self.find(&before) {
            Err(Status::OBJECT_NAME_NOT_FOUND) => Err(Status::OBJECT_PATH_NOT_FOUND),
            found => found,
        }?;
        Ok((parent, last))
    }
}

fn on_the_way(error: Error) -> Status {
    match error {
        Error::NotAFolder | Error::NotFound => Status::OBJECT_PATH_NOT_FOUND,
        other @ (Error::Stale
        | Error::Exists
        | Error::IsAFolder
        | Error::NotEmpty
        | Error::NotAFile
        | Error::NotASymlink
        | Error::IntoItself
        | Error::LinkToFolder
        | Error::TooManyLinks
        | Error::InvalidName
        | Error::NameTooLong
        | Error::TargetTooLong
        | Error::TooManyFiles
        | Error::FileTooLarge
        | Error::VolumeFull
        | Error::BehindTheEnd
        | Error::Overlapping
        | Error::NoMemory
        | Error::NoAttribute
        | Error::AttributeExists
        | Error::AttributeTooLong
        | Error::AttributesFull
        | Error::BufferTooSmall) => other.into(),
    }
}
