//! Operations on names: create, link, unlink, remove.

use std::sync::Arc;

use super::node::SET_GID;
use super::tree::Tree;
use super::volume::remember;
use super::{Access, Attributes, Creation, Error, NodeId, Timestamp, Volume, name};

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
        name::check(name)?;
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

    /// Gives a node that is no folder another name, and remembers once more that the caller knows it.
    ///
    /// # Errors
    /// [`Error::LinkToFolder`]; [`Error::NotFound`] if the node has no name left or `parent` was removed;
    /// [`Error::Exists`]; [`Error::TooManyLinks`]; [`Error::NotAFolder`]; [`Error::Stale`]; errors of the name.
    pub fn link(
        &self,
        node: NodeId,
        parent: NodeId,
        name: &[u8],
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let mut tree = self.tree_mut();
        let folder = tree.folder(parent)?;
        name::check(name)?;
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
        meta.links = meta.links.checked_add(1).ok_or(Error::TooManyLinks)?;
        if std::mem::take(&mut meta.unnamed) {
            self.budget().end_nameless();
        }
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
        name::check(name)?;
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
mod tests {
    use super::super::{CaseRule, Limits, MAX_TARGET, Usage};
    use super::*;

    const NOW: Timestamp = Timestamp {
        seconds: 5,
        nanoseconds: 0,
    };
    const ROOT: NodeId = NodeId::ROOT;

    fn volume() -> Volume {
        let limits = Limits {
            files: 3,
            file_size: 1000,
            bytes: 1 << 20,
        };
        Volume::new(
            limits,
            CaseRule::Insensitive,
            Access {
                mode: 0o755,
                uid: 1,
                gid: 2,
            },
            Timestamp::default(),
        )
    }

    fn file(volume: &Volume, parent: NodeId, name: &str) -> Result<NodeId, Error> {
        let access = Access {
            mode: 0o644,
            uid: 10,
            gid: 10,
        };
        volume
            .create(parent, name.as_bytes(), Creation::File, access, NOW)
            .map(|made| made.node)
    }

    fn folder(volume: &Volume, parent: NodeId, name: &str, mode: u16) -> NodeId {
        let access = Access {
            mode,
            uid: 10,
            gid: 10,
        };
        volume
            .create(parent, name.as_bytes(), Creation::Folder, access, NOW)
            .unwrap()
            .node
    }

    #[test]
    fn a_taken_name_is_refused_in_any_spelling() {
        let volume = volume();
        file(&volume, ROOT, "Name").unwrap();
        assert_eq!(file(&volume, ROOT, "nAME"), Err(Error::Exists));
        let node = volume.lookup(ROOT, b"NAME").unwrap().node;
        assert_eq!(volume.link(node, ROOT, b"name", NOW), Err(Error::Exists));
    }

    #[test]
    fn the_most_files_are_as_many_as_the_limit_says() {
        let volume = volume();
        for name in ["1", "2", "3"] {
            file(&volume, ROOT, name).unwrap();
        }
        assert_eq!(file(&volume, ROOT, "4"), Err(Error::TooManyFiles));
        let node = volume.lookup(ROOT, b"1").unwrap().node;
        volume
            .link(node, ROOT, b"another name is no file", NOW)
            .unwrap();
        let node = volume.lookup(ROOT, b"2").unwrap().node;
        volume.unlink(ROOT, b"2", NOW).unwrap();
        volume.forget(node, 2);
        file(&volume, ROOT, "4").unwrap();
        assert_eq!(volume.usage(), Usage { files: 3, bytes: 0 });
    }

    #[test]
    fn link_counts_follow_names_and_folders() {
        let volume = volume();
        let links = |node| volume.attributes(node).unwrap().links;
        let a = folder(&volume, ROOT, "a", 0o755);
        let b = folder(&volume, a, "b", 0o755);
        assert_eq!((links(ROOT), links(a), links(b)), (3, 3, 2));
        let f = file(&volume, b, "f").unwrap();
        volume.link(f, a, b"g", NOW).unwrap();
        assert_eq!(links(f), 2);
        assert_eq!(volume.remove_folder(a, b"b", NOW), Err(Error::NotEmpty));
        volume.unlink(b, b"f", NOW).unwrap();
        volume.remove_folder(a, b"b", NOW).unwrap();
        assert_eq!((links(a), links(b), links(f)), (2, 0, 1));
        assert_eq!(
            file(&volume, b, "in a removed folder"),
            Err(Error::NotFound)
        );
    }

    #[test]
    fn each_removal_wants_its_own_kind() {
        let volume = volume();
        let a = folder(&volume, ROOT, "a", 0o755);
        let f = file(&volume, ROOT, "f").unwrap();
        assert_eq!(volume.unlink(ROOT, b"a", NOW), Err(Error::IsAFolder));
        assert_eq!(
            volume.remove_folder(ROOT, b"f", NOW),
            Err(Error::NotAFolder)
        );
        assert_eq!(volume.unlink(f, b"f", NOW), Err(Error::NotAFolder));
        assert_eq!(volume.link(a, ROOT, b"b", NOW), Err(Error::LinkToFolder));
        volume.unlink(ROOT, b"f", NOW).unwrap();
        assert_eq!(volume.link(f, ROOT, b"f", NOW), Err(Error::NotFound));
    }

    #[test]
    fn a_set_group_id_folder_passes_its_group_on() {
        let volume = volume();
        let shared = folder(&volume, ROOT, "shared", 0o2775);
        let inner = volume
            .create(
                shared,
                b"d",
                Creation::Folder,
                Access {
                    mode: 0o700,
                    uid: 7,
                    gid: 7,
                },
                NOW,
            )
            .unwrap();
        assert_eq!(
            inner.access,
            Access {
                mode: 0o2700,
                uid: 7,
                gid: 10
            }
        );
        let access = Access {
            mode: 0o600,
            uid: 7,
            gid: 7,
        };
        let inner = volume
            .create(inner.node, b"f", Creation::File, access, NOW)
            .unwrap();
        assert_eq!(
            inner.access,
            Access {
                mode: 0o600,
                uid: 7,
                gid: 10
            }
        );
    }

    #[test]
    fn targets_of_links_have_a_limit() {
        let volume = volume();
        let make = |target: &[u8]| {
            volume.create(
                ROOT,
                b"l",
                Creation::Symlink(target),
                Access::default(),
                NOW,
            )
        };
        assert_eq!(make(b""), Err(Error::NotFound));
        assert_eq!(make(b"a\0"), Err(Error::InvalidName));
        assert_eq!(make(&[b'x'; MAX_TARGET + 1]), Err(Error::TargetTooLong));
        assert!(make(&[b'x'; MAX_TARGET]).is_ok());
    }

    #[test]
    fn a_file_made_without_a_name_gets_one_or_goes() {
        let volume = volume();
        let access = Access {
            mode: 0o600,
            uid: 7,
            gid: 7,
        };
        let make = || volume.create_unnamed(ROOT, access, NOW).unwrap();
        let first = make();
        assert_eq!((first.links, first.access), (0, access));
        assert_eq!(volume.usage().files, 1);
        volume.forget(first.node, 1);
        assert_eq!(volume.usage(), Usage::default());

        let second = make().node;
        assert_eq!(volume.link(second, ROOT, b"f", NOW).unwrap().links, 1);
        volume.unlink(ROOT, b"f", NOW).unwrap();
        assert_eq!(
            volume.link(second, ROOT, b"g", NOW),
            Err(Error::NotFound),
            "only once"
        );
        let folder = folder(&volume, ROOT, "a", 0o755);
        volume.remove_folder(ROOT, b"a", NOW).unwrap();
        assert_eq!(
            volume.create_unnamed(folder, access, NOW),
            Err(Error::NotFound)
        );
    }
}
