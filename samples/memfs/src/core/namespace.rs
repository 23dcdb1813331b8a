//! Operations on names: create, link, unlink, remove.

use std::sync::Arc;

use super::node::SET_GID;
use super::tree::Tree;
use super::volume::remember;
use super::{Access, Attributes, Creation, Error, NodeId, Timestamp, Volume, name};

/// Most names of one file, as on other file systems.
const MOST_LINKS: u32 = 65_000;

impl Volume {
    /// Creates an entry, and remembers that the caller knows its node.
    ///
    /// In a folder with the set-group-id bit the new node has the folder's group, and a new folder the bit as well.
    /// A symbolic link has mode `0777` whatever is asked for.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::TooManyFiles`]; [`Error::VolumeFull`]; [`Error::NotFound`] if `parent` was removed
    /// or the target of a symbolic link is empty; [`Error::NotAFolder`]; [`Error::TargetTooLong`]; errors of the name.
    pub fn create(
        &self,
        parent: NodeId,
        name: &[u8],
        what: Creation<'_>,
        access: Access,
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let mut tree = self.tree_mut();
        let folder = tree.folder(parent)?;
        name::check(name, self.longest_name())?;
        let key = self.case().key(name);
        if folder.get(&key).is_some() {
            return Err(Error::Exists);
        }
        let found = Arc::clone(tree.get(parent)?);
        let access = inherit(found.meta().access, access, what);
        let child = tree.insert(parent, what.content()?, access, now, self.budget())?;
        tree.folder_mut(parent)?.set(&key, name, child.id);
        found.entries_changed(i32::from(child.is_folder()), now);
        Ok(remember(&child))
    }

    /// Creates a regular file without a name, and remembers that the caller knows it. It goes when it is forgotten,
    /// unless it gets a name by [`link`](Self::link) before.
    ///
    /// `parent` is the folder it would be in: that gives it its group.
    ///
    /// # Errors
    /// [`Error::TooManyFiles`]; [`Error::NotFound`] if `parent` was removed; [`Error::NotAFolder`].
    pub fn create_unnamed(
        &self,
        parent: NodeId,
        access: Access,
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let mut tree = self.tree_mut();
        tree.folder(parent)?;
        let access = inherit(tree.get(parent)?.meta().access, access, Creation::File);
        let content = Creation::File.content()?;
        let child = tree.insert(parent, content, access, now, self.budget())?;
        let mut meta = child.meta();
        meta.links = 0;
        meta.unnamed = true;
        drop(meta);
        self.budget().lose_name();
        Ok(remember(&child))
    }

    /// Gives a node that is no folder another name, and remembers once more that the caller knows it. Each name but
    /// the first counts as a file.
    ///
    /// # Errors
    /// [`Error::LinkToFolder`]; [`Error::NotFound`] if the node has no name left or `parent` was removed;
    /// [`Error::Exists`]; [`Error::TooManyLinks`]; [`Error::TooManyFiles`]; [`Error::NotAFolder`]; [`Error::Stale`];
    /// errors of the name.
    pub fn link(
        &self,
        node: NodeId,
        parent: NodeId,
        name: &[u8],
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let mut tree = self.tree_mut();
        let folder = tree.folder(parent)?;
        name::check(name, self.longest_name())?;
        let key = self.case().key(name);
        if folder.get(&key).is_some() {
            return Err(Error::Exists);
        }
        let found = Arc::clone(tree.get(node)?);
        if found.is_folder() {
            return Err(Error::LinkToFolder);
        }
        let mut meta = found.meta();
        if meta.links == 0 && !meta.unnamed {
            return Err(Error::NotFound);
        }
        if meta.links >= MOST_LINKS {
            return Err(Error::TooManyLinks);
        }
        if std::mem::take(&mut meta.unnamed) {
            // It counts already, as it would with its first name.
            self.budget().end_nameless();
        } else {
            self.budget().take_file()?;
        }
        meta.links += 1;
        meta.times.changed = now;
        drop(meta);
        tree.folder_mut(parent)?.set(&key, name, node);
        tree.get(parent)?.entries_changed(0, now);
        Ok(remember(&found))
    }

    /// Removes a name of a node that is no folder; the node goes with the last one, unless it is in use.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::IsAFolder`]; [`Error::NotAFolder`] if `parent` is none; errors of the name.
    pub fn unlink(&self, parent: NodeId, name: &[u8], now: Timestamp) -> Result<(), Error> {
        self.remove(parent, name, now, |tree, child| {
            match tree.get(child)?.is_folder() {
                true => Err(Error::IsAFolder),
                false => Ok(()),
            }
        })
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// [`Error::NotEmpty`]; [`Error::NotFound`]; [`Error::NotAFolder`]; errors of the name.
    pub fn remove_folder(&self, parent: NodeId, name: &[u8], now: Timestamp) -> Result<(), Error> {
        self.remove(parent, name, now, |tree, child| {
            match tree.folder(child)?.is_empty() {
                true => Ok(()),
                false => Err(Error::NotEmpty),
            }
        })
    }

    fn remove(
        &self,
        parent: NodeId,
        name: &[u8],
        now: Timestamp,
        check: impl FnOnce(&Tree, NodeId) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut tree = self.tree_mut();
        tree.folder(parent)?;
        name::check(name, self.longest_name())?;
        let key = self.case().key(name);
        let child = tree.child(parent, &key)?;
        check(&tree, child)?;
        let folders = -i32::from(tree.get(child)?.is_folder());
        tree.folder_mut(parent)?.remove(&key);
        tree.get(parent)?.entries_changed(folders, now);
        let unused = tree.unname(child, now)?;
        drop(tree);
        drop(unused);
        Ok(())
    }
}

fn inherit(parent: Access, mut access: Access, what: Creation<'_>) -> Access {
    if parent.mode & SET_GID != 0 {
        access.gid = parent.gid;
        if matches!(what, Creation::Folder) {
            access.mode |= SET_GID;
        }
    }
    if matches!(what, Creation::Symlink(_)) {
        access.mode = 0o777;
    }
    access
}

#[cfg(test)]
mod tests;
