//! The table of nodes and what they use up.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::folder::Folder;
use super::node::{Content, Node};
use super::{Access, Error, NodeId, Timestamp};

/// How much a volume may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most files and folders together, the root not counted.
    pub files: u64,
    /// Most bytes of one file.
    pub file_size: u64,
}

/// How much a volume holds: of everything that has a name or is open, the root excepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Files, folders, links and special files.
    pub files: u64,
    /// Bytes of regular files.
    pub bytes: u64,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: HashMap<NodeId, Node>,
    next: u64,
    limits: Limits,
    usage: Usage,
}

impl Tree {
    pub(super) fn new(limits: Limits, root: Access, now: Timestamp) -> Self {
        let folder = Content::Folder(Box::new(Folder::new(NodeId::ROOT)));
        Self {
            nodes: HashMap::from([(NodeId::ROOT, Node::new(folder, root, now))]),
            next: NodeId::ROOT.0 + 1,
            limits,
            usage: Usage::default(),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    pub(super) fn get(&self, node: NodeId) -> Result<&Node, Error> {
        self.nodes.get(&node).ok_or(Error::Stale)
    }

    pub(super) fn get_mut(&mut self, node: NodeId) -> Result<&mut Node, Error> {
        self.nodes.get_mut(&node).ok_or(Error::Stale)
    }

    /// A folder that was not removed.
    pub(super) fn folder(&self, node: NodeId) -> Result<&Folder, Error> {
        let found = self.get(node)?;
        let folder = found.folder()?;
        if found.links == 0 {
            Err(Error::NotFound)
        } else {
            Ok(folder)
        }
    }

    pub(super) fn child(&self, parent: NodeId, key: &[u8]) -> Result<NodeId, Error> {
        self.folder(parent)?.get(key).ok_or(Error::NotFound)
    }

    /// Takes in a node that has a name already or is about to get one.
    pub(super) fn insert(&mut self, node: Node) -> Result<NodeId, Error> {
        if self.usage.files >= self.limits.files {
            return Err(Error::TooManyFiles);
        }
        let id = NodeId(self.next);
        self.next += 1;
        self.usage.files += 1;
        self.usage.bytes += node.bytes();
        self.nodes.insert(id, node);
        Ok(id)
    }

    /// Keeps the count of bytes true when a file's length has changed.
    pub(super) fn resized(&mut self, node: NodeId, before: u64) -> Result<(), Error> {
        let found = self.get(node)?;
        if found.counts() {
            self.usage.bytes = self.usage.bytes - before + found.bytes();
        }
        Ok(())
    }

    /// One name less; the last one of a folder takes its `.` along.
    pub(super) fn unname(&mut self, node: NodeId, now: Timestamp) -> Result<(), Error> {
        let found = self.get_mut(node)?;
        found.links = if found.is_folder() {
            0
        } else {
            found.links - 1
        };
        found.times.changed = now;
        if !found.counts() {
            self.uncount(node)?;
        }
        self.forget_if_unused(node);
        Ok(())
    }

    /// Opens a node; one that only the front remembered counts again.
    pub(super) fn open(&mut self, node: NodeId) -> Result<(), Error> {
        let found = self.get(node)?;
        let counted = found.counts();
        found.opens.fetch_add(1, Ordering::Relaxed);
        if !counted {
            self.usage.files += 1;
            self.usage.bytes += self.get(node)?.bytes();
        }
        Ok(())
    }

    pub(super) fn close(&mut self, node: NodeId) -> Result<(), Error> {
        let found = self.get_mut(node)?;
        let opens = found.opens.get_mut();
        let was_open = *opens > 0;
        *opens = opens.saturating_sub(1);
        if was_open && !found.counts() {
            self.uncount(node)?;
        }
        self.forget_if_unused(node);
        Ok(())
    }

    fn uncount(&mut self, node: NodeId) -> Result<(), Error> {
        let bytes = self.get(node)?.bytes();
        self.usage.files -= 1;
        self.usage.bytes -= bytes;
        Ok(())
    }

    /// Drops a node that nothing names, holds open or remembers.
    pub(super) fn forget_if_unused(&mut self, node: NodeId) {
        let unused =
            |found: &Node| !found.counts() && found.references.load(Ordering::Relaxed) == 0;
        if self.nodes.get(&node).is_some_and(unused) {
            self.nodes.remove(&node);
        }
    }
}

impl Node {
    /// Whether it counts for [`Usage`].
    pub(super) fn counts(&self) -> bool {
        self.links > 0 || self.opens.load(Ordering::Relaxed) > 0
    }
}
