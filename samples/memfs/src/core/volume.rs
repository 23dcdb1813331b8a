//! The face of the file system: locking, and what is not worth a file of its own.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::budget::Budget;
use super::node::{Content, Node};
use super::tree::Tree;
use super::{
    Access, Attributes, CaseRule, Error, Limits, MAX_NAME, NodeId, Timestamp, Usage, name,
};

/// A file system in memory.
///
/// Methods that answer with a node the caller did not know before, [`lookup`](Self::lookup), [`create`](Self::create)
/// and [`link`](Self::link), make the volume remember that the caller knows it; [`forget`](Self::forget) gives that
/// back. Until then the number stays good, even if the last name goes.
///
/// ```
/// use memfs::core::*;
/// # fn main() -> Result<(), Error> {
/// let now = Timestamp::default();
/// let limits = Limits { files: 100, file_size: 1 << 20, bytes: 1 << 30 };
/// let volume = Volume::new(limits, CaseRule::Insensitive, Access { mode: 0o755, uid: 0, gid: 0 }, now);
///
/// let file = volume.create(NodeId::ROOT, b"Hello.txt", Creation::File, Access::default(), now)?.node;
/// volume.write(file, 0, b"hello", Privileges::Keep, now)?;
/// assert_eq!(volume.lookup(NodeId::ROOT, b"HELLO.TXT")?.size, 5);
///
/// volume.open(file)?;
/// volume.unlink(NodeId::ROOT, b"hello.txt", now)?;
/// assert_eq!(volume.read(file, 1, 3, now, |bytes| bytes.to_vec())?, b"ell");
/// volume.close(file)?;
/// volume.forget(file, 2);
/// assert_eq!(volume.usage(), Usage::default());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Volume {
    tree: RwLock<Tree>,
    budget: Arc<Budget>,
    case: CaseRule,
    longest_name: usize,
}

impl Volume {
    /// An empty volume whose root folder has this owner and mode.
    pub fn new(limits: Limits, case: CaseRule, root: Access, now: Timestamp) -> Self {
        let budget = Arc::new(Budget::new(limits));
        let root = Node::root(root, now, &budget);
        Self {
            tree: RwLock::new(Tree::new(root)),
            budget,
            case,
            longest_name: MAX_NAME,
        }
    }

    /// With names of at most so many bytes: for a front that measures names in another way, and sees to it itself.
    #[must_use]
    pub fn with_names_of(mut self, bytes: usize) -> Self {
        self.longest_name = bytes;
        self
    }

    /// Whether names that differ only in case mean the same entry.
    pub fn case(&self) -> CaseRule {
        self.case
    }

    /// What it may hold.
    pub fn limits(&self) -> Limits {
        self.budget.limits()
    }

    /// What it holds.
    pub fn usage(&self) -> Usage {
        self.budget.usage()
    }

    /// How many nodes live without a name: removed or never named, but open or remembered.
    pub fn nameless(&self) -> u64 {
        self.budget.nameless()
    }

    /// Finds an entry and remembers that the caller knows its node.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAFolder`] if `parent` is none; [`Error::NameTooLong`].
    pub fn lookup(&self, parent: NodeId, name: &[u8]) -> Result<Attributes, Error> {
        let tree = self.tree();
        tree.folder(parent)?;
        name::check(name, self.longest_name())?;
        let found = tree.child(parent, &self.case.key(name))?;
        Ok(remember(tree.get(found)?))
    }

    /// What is known of a node.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn attributes(&self, node: NodeId) -> Result<Attributes, Error> {
        Ok(self.tree().get(node)?.attributes())
    }

    /// The caller has forgotten a node `times` times.
    pub fn forget(&self, node: NodeId, times: u64) {
        let unused = match self.tree().get(node) {
            Err(_) => return,
            Ok(found) => {
                // More than was remembered is a mistake of the caller's that must not keep the node for ever.
                let less = |before: u64| Some(before.saturating_sub(times));
                let _always_some =
                    found
                        .references
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
                found.is_unused()
            }
        };
        if unused {
            let gone = self.tree_mut().take_if_unused(node);
            drop(gone);
        }
    }

    /// Keeps a node, even without a name, until it is closed as often as it was opened.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn open(&self, node: NodeId) -> Result<(), Error> {
        self.tree().get(node)?.opens.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Undoes one [`open`](Self::open).
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn close(&self, node: NodeId) -> Result<(), Error> {
        let less = |opens: u32| opens.checked_sub(1);
        let found = self.node(node)?;
        let _was_open = found
            .opens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if found.is_unused() {
            let gone = self.tree_mut().take_if_unused(node);
            drop(gone);
        }
        Ok(())
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// [`Error::NotASymlink`], [`Error::Stale`].
    pub fn read_link(&self, node: NodeId) -> Result<Vec<u8>, Error> {
        match &self.tree().get(node)?.content {
            Content::Symlink(target) => Ok(target.to_vec()),
            Content::File(_) | Content::Folder | Content::Special(_) => Err(Error::NotASymlink),
        }
    }

    pub(super) fn longest_name(&self) -> usize {
        self.longest_name
    }

    /// A node, to be used without keeping others from the names.
    pub(super) fn node(&self, node: NodeId) -> Result<Arc<Node>, Error> {
        self.tree().get(node).map(Arc::clone)
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    // Every method leaves the tree whole before anything in it can panic, so a poisoned lock is still good.
    pub(super) fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tree_mut(&self) -> RwLockWriteGuard<'_, Tree> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The attributes of a node that the caller now knows once more.
pub(super) fn remember(node: &Node) -> Attributes {
    node.references.fetch_add(1, Ordering::Relaxed);
    node.attributes()
}

#[cfg(test)]
mod tests {
    use super::super::{Creation, Kind, Privileges, Special};
    use super::*;

    const NOW: Timestamp = Timestamp {
        seconds: 1_000_000_000,
        nanoseconds: 7,
    };

    pub(crate) fn volume(files: u64) -> Volume {
        let limits = Limits {
            files,
            file_size: 1000,
            bytes: 1 << 20,
        };
        Volume::new(
            limits,
            CaseRule::Sensitive,
            Access {
                mode: 0o755,
                uid: 1,
                gid: 2,
            },
            NOW,
        )
    }

    #[test]
    fn an_unlinked_file_lives_until_it_is_closed_and_forgotten() {
        let volume = volume(1);
        let file = volume
            .create(NodeId::ROOT, b"f", Creation::File, Access::default(), NOW)
            .unwrap()
            .node;
        volume.open(file).unwrap();
        volume
            .write(file, 0, b"abc", Privileges::Keep, NOW)
            .unwrap();
        volume.unlink(NodeId::ROOT, b"f", NOW).unwrap();
        assert_eq!(volume.attributes(file).unwrap().links, 0);
        assert_eq!(volume.nameless(), 1);
        assert_eq!(volume.usage(), Usage { files: 1, bytes: 3 });
        let refused = volume.create(NodeId::ROOT, b"g", Creation::File, Access::default(), NOW);
        assert_eq!(refused, Err(Error::TooManyFiles));
        volume.close(file).unwrap();
        assert_eq!(volume.usage(), Usage { files: 1, bytes: 3 });
        assert_eq!(
            volume.read(file, 0, 9, NOW, |bytes| bytes.to_vec()),
            Ok(b"abc".to_vec())
        );
        volume.forget(file, 1);
        assert_eq!(volume.attributes(file), Err(Error::Stale));
        assert_eq!((volume.usage(), volume.nameless()), (Usage::default(), 0));
    }

    #[test]
    fn a_forgotten_file_without_a_name_lives_until_it_is_closed() {
        let volume = volume(1);
        let file = volume
            .create(NodeId::ROOT, b"f", Creation::File, Access::default(), NOW)
            .unwrap()
            .node;
        volume.open(file).unwrap();
        volume.unlink(NodeId::ROOT, b"f", NOW).unwrap();
        volume.forget(file, u64::MAX);
        volume.write(file, 3, b"d", Privileges::Keep, NOW).unwrap();
        assert_eq!(volume.usage(), Usage { files: 1, bytes: 4 });
        volume.close(file).unwrap();
        assert_eq!(volume.usage(), Usage::default());
        assert_eq!(volume.open(file), Err(Error::Stale));
    }

    #[test]
    fn a_lookup_wants_a_folder_and_a_possible_name() {
        let volume = volume(9);
        let file = volume
            .create(NodeId::ROOT, b"f", Creation::File, Access::default(), NOW)
            .unwrap()
            .node;
        assert_eq!(volume.lookup(NodeId::ROOT, b"g"), Err(Error::NotFound));
        assert_eq!(
            volume.lookup(NodeId::ROOT, &[b'x'; 256]),
            Err(Error::NameTooLong)
        );
        assert_eq!(volume.lookup(file, b"g"), Err(Error::NotAFolder));
        assert_eq!(volume.lookup(NodeId(99), b"g"), Err(Error::Stale));
    }

    #[test]
    fn special_files_and_links_keep_what_they_are() {
        let volume = volume(9);
        let special = Special::BlockDevice(0x1234);
        let made = volume
            .create(
                NodeId::ROOT,
                b"b",
                Creation::Special(special),
                Access::default(),
                NOW,
            )
            .unwrap();
        assert_eq!(made.kind, Kind::Special(special));
        let target = b"../x/\xff";
        let link = volume
            .create(
                NodeId::ROOT,
                b"l",
                Creation::Symlink(target),
                Access::default(),
                NOW,
            )
            .unwrap();
        assert_eq!(
            (link.kind, link.size, link.access.mode),
            (Kind::Symlink, 6, 0o777)
        );
        assert_eq!(volume.read_link(link.node).unwrap(), target);
        assert_eq!(volume.read_link(made.node), Err(Error::NotASymlink));
        assert_eq!(
            volume.read(made.node, 0, 1, NOW, |bytes| bytes.len()),
            Err(Error::NotAFile)
        );
    }
}
