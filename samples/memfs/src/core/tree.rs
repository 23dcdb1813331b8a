//! The table of nodes, and the entries of folders.

use std::collections::HashMap;
use std::sync::Arc;

use super::budget::Budget;
use super::folder::Folder;
use super::node::{Content, Node};
use super::{Access, Error, NodeId, Timestamp};

#[derive(Debug)]
pub(super) struct Tree {
    slots: HashMap<NodeId, Slot>,
    next: u64,
}

#[derive(Debug)]
struct Slot {
    node: Arc<Node>,
    /// The entries, of a folder.
    folder: Option<Box<Folder>>,
}

impl Tree {
    pub(super) fn new(root: Node) -> Self {
        let slot = Slot {
            node: Arc::new(root),
            folder: Some(Box::new(Folder::new(NodeId::ROOT))),
        };
        Self {
            slots: HashMap::from([(NodeId::ROOT, slot)]),
            next: NodeId::ROOT.0 + 1,
        }
    }

    pub(super) fn get(&self, node: NodeId) -> Result<&Arc<Node>, Error> {
        Ok(&self.slots.get(&node).ok_or(Error::Stale)?.node)
    }

    /// A folder that takes entries.
    pub(super) fn folder(&self, node: NodeId) -> Result<&Folder, Error> {
        let folder = self.any_folder(node)?;
        if folder.removed {
            Err(Error::NotFound)
        } else {
            Ok(folder)
        }
    }

    /// A folder, also one that was removed.
    pub(super) fn any_folder(&self, node: NodeId) -> Result<&Folder, Error> {
        let slot = self.slots.get(&node).ok_or(Error::Stale)?;
        slot.folder.as_deref().ok_or(Error::NotAFolder)
    }

    pub(super) fn folder_mut(&mut self, node: NodeId) -> Result<&mut Folder, Error> {
        let slot = self.slots.get_mut(&node).ok_or(Error::Stale)?;
        slot.folder.as_deref_mut().ok_or(Error::NotAFolder)
    }

    pub(super) fn child(&self, parent: NodeId, key: &[u8]) -> Result<NodeId, Error> {
        self.folder(parent)?.get(key).ok_or(Error::NotFound)
    }

    /// Takes in a new node that is about to get a name in `parent`, or is remembered.
    pub(super) fn insert(
        &mut self,
        parent: NodeId,
        content: Content,
        access: Access,
        now: Timestamp,
        budget: &Arc<Budget>,
    ) -> Result<Arc<Node>, Error> {
        let id = NodeId(self.next);
        let folder = matches!(content, Content::Folder).then(|| Box::new(Folder::new(parent)));
        let node = Arc::new(Node::new(id, content, access, now, budget)?);
        self.next += 1;
        let slot = Slot {
            node: Arc::clone(&node),
            folder,
        };
        self.slots.insert(id, slot);
        Ok(node)
    }

    /// One name less; the last one of a folder takes its `.` along. A node that nothing uses any more is handed out,
    /// to go when the names are unlocked: that may take its time.
    pub(super) fn unname(&mut self, node: NodeId, now: Timestamp) -> Result<Unused, Error> {
        let slot = self.slots.get_mut(&node).ok_or(Error::Stale)?;
        if let Some(folder) = &mut slot.folder {
            folder.removed = true;
        }
        let is_folder = slot.folder.is_some();
        let mut meta = slot.node.meta();
        meta.links = if is_folder { 0 } else { meta.links - 1 };
        meta.times.changed = now;
        match meta.links {
            0 => slot.node.budget().lose_name(),
            _ => slot.node.budget().give_file(),
        }
        drop(meta);
        Ok(self.take_if_unused(node))
    }

    /// Takes a node out that nothing names, holds open or remembers.
    pub(super) fn take_if_unused(&mut self, node: NodeId) -> Unused {
        let unused = |slot: &Slot| slot.node.is_unused();
        if self.slots.get(&node).is_some_and(unused) {
            self.slots.remove(&node).map(|slot| slot.node)
        } else {
            None
        }
    }
}

/// A node that is to go.
pub(super) type Unused = Option<Arc<Node>>;
