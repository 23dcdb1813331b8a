//! Nodes: what they are and what is known of them.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use super::budget::Budget;
use super::data::Data;
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
    /// Bytes of memory that the contents have: fewer than the size if there are holes, more if room was made in
    /// advance.
    pub allocated: u64,
    /// Number of names; for a folder 2 and one for each folder in it. 0: removed, but still in use.
    pub links: u32,
    /// Owner, group and mode.
    pub access: Access,
    /// Its times.
    pub times: Times,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) content: Content,
    meta: Mutex<Meta>,
    /// How often the front was told of it, less how often it gave it back.
    pub(super) references: AtomicU64,
    pub(super) opens: AtomicU32,
    budget: Arc<Budget>,
}

/// What changes of a node, the contents excepted.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) links: u32,
    /// Made without a name, and still to get its first one.
    pub(super) unnamed: bool,
    pub(super) access: Access,
    pub(super) times: Times,
    pub(super) xattrs: Option<Box<Xattrs>>,
}

#[derive(Debug)]
pub(super) enum Content {
    File(File),
    /// Its entries are with the names of the volume.
    Folder,
    Symlink(Box<[u8]>),
    Special(Special),
}

/// The contents of a regular file.
#[derive(Debug, Default)]
pub(super) struct File {
    data: RwLock<Data>,
    /// What the contents say of themselves, to be known without waiting for them.
    size: AtomicU64,
    held: AtomicU64,
}

impl File {
    pub(super) fn data(&self) -> RwLockReadGuard<'_, Data> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for nobody else to use the contents, and changes them.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Data) -> R) -> R {
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut data);
        self.size.store(data.len(), Ordering::Relaxed);
        self.held.store(data.held(), Ordering::Relaxed);
        result
    }
}

impl Node {
    pub(super) fn root(access: Access, now: Timestamp, budget: &Arc<Budget>) -> Self {
        Self::unaccounted(NodeId::ROOT, Content::Folder, access, now, budget)
    }

    /// Takes the room it needs from the budget, and gives it back when it goes.
    pub(super) fn new(
        id: NodeId,
        content: Content,
        access: Access,
        now: Timestamp,
        budget: &Arc<Budget>,
    ) -> Result<Self, Error> {
        budget.take_file()?;
        if let Err(error) = budget.take(target_size(&content)) {
            budget.give_file();
            return Err(error);
        }
        Ok(Self::unaccounted(id, content, access, now, budget))
    }

    fn unaccounted(
        id: NodeId,
        content: Content,
        access: Access,
        now: Timestamp,
        budget: &Arc<Budget>,
    ) -> Self {
        let is_folder = matches!(content, Content::Folder);
        let meta = Meta {
            links: if is_folder { 2 } else { 1 },
            unnamed: false,
            access: access.masked(),
            times: Times::all(now),
            xattrs: None,
        };
        Self {
            id,
            content,
            meta: Mutex::new(meta),
            references: AtomicU64::new(0),
            opens: AtomicU32::new(0),
            budget: Arc::clone(budget),
        }
    }

    pub(super) fn meta(&self) -> MutexGuard<'_, Meta> {
        self.meta.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn attributes(&self) -> Attributes {
        self.attributes_with(&self.meta())
    }

    pub(super) fn attributes_with(&self, meta: &Meta) -> Attributes {
        let (kind, size, allocated) = match &self.content {
            Content::File(file) => (
                Kind::File,
                file.size.load(Ordering::Relaxed),
                file.held.load(Ordering::Relaxed),
            ),
            Content::Folder => (Kind::Folder, 0, 0),
            Content::Symlink(target) => (Kind::Symlink, target.len() as u64, 0),
            Content::Special(special) => (Kind::Special(*special), 0, 0),
        };
        Attributes {
            node: self.id,
            kind,
            size,
            allocated,
            links: meta.links,
            access: meta.access,
            times: meta.times,
        }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self.content, Content::Folder)
    }

    pub(super) fn file(&self) -> Result<&File, Error> {
        match &self.content {
            Content::File(file) => Ok(file),
            Content::Folder => Err(Error::IsAFolder),
            Content::Symlink(_) | Content::Special(_) => Err(Error::NotAFile),
        }
    }

    /// Notes that it was changed in what is not its contents.
    pub(super) fn changed(&self, now: Timestamp) {
        self.meta().times.changed = now;
    }

    /// Notes that entries of it came or went, and how the number of folders in it changed.
    pub(super) fn entries_changed(&self, folders: i32, now: Timestamp) {
        let mut meta = self.meta();
        meta.links = meta.links.saturating_add_signed(folders);
        meta.times.touch(now);
    }

    /// Nothing names it, has it open or remembers it.
    pub(super) fn is_unused(&self) -> bool {
        self.references.load(Ordering::Relaxed) == 0
            && self.opens.load(Ordering::Relaxed) == 0
            && self.meta().links == 0
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let meta = self.meta.get_mut().unwrap_or_else(PoisonError::into_inner);
        let xattrs = meta.xattrs.as_ref().map_or(0, |xattrs| xattrs.room());
        let nameless = meta.links == 0;
        let contents = match &mut self.content {
            Content::File(file) => *file.held.get_mut(),
            Content::Folder | Content::Symlink(_) | Content::Special(_) => 0,
        };
        self.budget
            .give(contents + xattrs + target_size(&self.content));
        if self.id != NodeId::ROOT {
            self.budget.give_file();
        }
        // Last, so that whoever sees that none is left finds the room of all of them.
        if nameless {
            self.budget.end_nameless();
        }
    }
}

fn target_size(content: &Content) -> u64 {
    match content {
        Content::Symlink(target) => target.len() as u64,
        Content::File(_) | Content::Folder | Content::Special(_) => 0,
    }
}

impl Creation<'_> {
    /// What the new node holds at first.
    pub(super) fn content(self) -> Result<Content, Error> {
        match self {
            Self::File => Ok(Content::File(File::default())),
            Self::Folder => Ok(Content::Folder),
            Self::Symlink([]) => Err(Error::NotFound),
            Self::Symlink(target) if target.contains(&0) => Err(Error::InvalidName),
            Self::Symlink(target) if target.len() > MAX_TARGET => Err(Error::TargetTooLong),
            Self::Symlink(target) => Ok(Content::Symlink(target.into())),
            Self::Special(special) => Ok(Content::Special(special)),
        }
    }
}
