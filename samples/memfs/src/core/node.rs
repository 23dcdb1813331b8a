//! Nodes: what they are and what is known of them.

use std::sync::atomic::{AtomicU32, AtomicU64};

use super::data::Data;
use super::folder::Folder;
use super::xattrs::Xattrs;
use super::{Error, MAX_TARGET, Times, Timestamp};

/// Number of a node; no number is used twice while the volume lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl NodeId {
    /// The root folder.
    pub const ROOT: Self = Self(1);
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Regular file.
    File,
    /// Folder.
    Folder,
    /// Symbolic link.
    Symlink,
    /// Kept, never interpreted.
    Special(Special),
}

/// Kinds that mean something to the system only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    /// Named pipe.
    Fifo,
    /// Socket.
    Socket,
    /// Character device of this number.
    CharacterDevice(u32),
    /// Block device of this number.
    BlockDevice(u32),
}

/// What to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation<'a> {
    /// An empty regular file.
    File,
    /// An empty folder.
    Folder,
    /// A symbolic link to this target, which is kept as it is.
    Symlink(&'a [u8]),
    /// A special file.
    Special(Special),
}

/// Who owns a node, and its mode: the twelve bits `07777`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Permissions, set-user-id, set-group-id and sticky bit.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// Set-user-id bit of a mode.
pub(super) const SET_UID: u16 = 0o4000;
/// Set-group-id bit of a mode.
pub(super) const SET_GID: u16 = 0o2000;
const GROUP_EXECUTE: u16 = 0o010;
const MODE_BITS: u16 = 0o7777;

impl Access {
    pub(super) fn masked(mut self) -> Self {
        self.mode &= MODE_BITS;
        self
    }

    /// Takes away what POSIX wants gone when somebody else writes to, cuts or gives away a program: set-user-id, and
    /// set-group-id unless it stands, without group execution, for mandatory locking.
    pub(super) fn clear_privileges(&mut self) {
        self.mode &= !SET_UID;
        if self.mode & GROUP_EXECUTE != 0 {
            self.mode &= !SET_GID;
        }
    }
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Its number.
    pub node: NodeId,
    /// What it is.
    pub kind: Kind,
    /// Length in bytes: of the data, or of a symbolic link's target; 0 for the others.
    pub size: u64,
    /// Number of names; for a folder 2 and one for each folder in it. 0: removed, but still in use.
    pub links: u32,
    /// Owner, group and mode.
    pub access: Access,
    /// Its times.
    pub times: Times,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) links: u32,
    pub(super) access: Access,
    pub(super) times: Times,
    pub(super) xattrs: Option<Box<Xattrs>>,
    /// How often the front was told of it, less how often it gave it back.
    pub(super) references: AtomicU64,
    pub(super) opens: AtomicU32,
}

#[derive(Debug)]
pub(super) enum Content {
    File(Data),
    Folder(Box<Folder>),
    Symlink(Box<[u8]>),
    Special(Special),
}

impl Node {
    pub(super) fn new(content: Content, access: Access, now: Timestamp) -> Self {
        let links = if matches!(content, Content::Folder(_)) {
            2
        } else {
            1
        };
        Self {
            content,
            links,
            access: access.masked(),
            times: Times::all(now),
            xattrs: None,
            references: AtomicU64::new(0),
            opens: AtomicU32::new(0),
        }
    }

    pub(super) fn attributes(&self, node: NodeId) -> Attributes {
        let (kind, size) = match &self.content {
            Content::File(data) => (Kind::File, data.len()),
            Content::Folder(_) => (Kind::Folder, 0),
            Content::Symlink(target) => (Kind::Symlink, target.len() as u64),
            Content::Special(special) => (Kind::Special(*special), 0),
        };
        Attributes {
            node,
            kind,
            size,
            links: self.links,
            access: self.access,
            times: self.times,
        }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self.content, Content::Folder(_))
    }

    /// Bytes that count for the volume.
    pub(super) fn bytes(&self) -> u64 {
        match &self.content {
            Content::File(data) => data.len(),
            Content::Folder(_) | Content::Symlink(_) | Content::Special(_) => 0,
        }
    }

    pub(super) fn folder(&self) -> Result<&Folder, Error> {
        match &self.content {
            Content::Folder(folder) => Ok(folder),
            Content::File(_) | Content::Symlink(_) | Content::Special(_) => Err(Error::NotAFolder),
        }
    }

    pub(super) fn folder_mut(&mut self) -> Result<&mut Folder, Error> {
        match &mut self.content {
            Content::Folder(folder) => Ok(folder),
            Content::File(_) | Content::Symlink(_) | Content::Special(_) => Err(Error::NotAFolder),
        }
    }

    pub(super) fn data(&self) -> Result<&Data, Error> {
        match &self.content {
            Content::File(data) => Ok(data),
            Content::Folder(_) => Err(Error::IsAFolder),
            Content::Symlink(_) | Content::Special(_) => Err(Error::NotAFile),
        }
    }

    pub(super) fn data_mut(&mut self) -> Result<&mut Data, Error> {
        match &mut self.content {
            Content::File(data) => Ok(data),
            Content::Folder(_) => Err(Error::IsAFolder),
            Content::Symlink(_) | Content::Special(_) => Err(Error::NotAFile),
        }
    }
}

impl Creation<'_> {
    /// What a node in `parent` holds at first.
    pub(super) fn content(self, parent: NodeId) -> Result<Content, Error> {
        match self {
            Self::File => Ok(Content::File(Data::default())),
            Self::Folder => Ok(Content::Folder(Box::new(Folder::new(parent)))),
            Self::Symlink([]) => Err(Error::NotFound),
            Self::Symlink(target) if target.contains(&0) => Err(Error::InvalidName),
            Self::Symlink(target) if target.len() > MAX_TARGET => Err(Error::TargetTooLong),
            Self::Symlink(target) => Ok(Content::Symlink(target.into())),
            Self::Special(special) => Ok(Content::Special(special)),
        }
    }
}
