//! Listing a folder.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Attributes, Error, NodeId, Timestamp, Volume};

/// An entry of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// As it was spelled at creation.
    pub name: &'a [u8],
    /// Of the node it names.
    pub attributes: Attributes,
    /// Its place in the folder: where a later listing goes on.
    pub cookie: u64,
}

/// What a caller did with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Saw it.
    Seen,
    /// Keeps the node's number, to be given back with [`Volume::forget`].
    Remembered,
    /// Had no room for it: the listing ends, and goes on with this entry when called again.
    Full,
}

impl Volume {
    /// Shows the entries of a folder to `visit`, from the one after the cookie `after` on; 0 is before the first.
    ///
    /// Entries that exist all the time from the first call to the last are shown exactly once. `.` and `..` are not
    /// shown: see [`parent`](Self::parent). `visit` runs while the volume is locked for changes and must not call it.
    ///
    /// # Errors
    /// [`Error::NotAFolder`], [`Error::Stale`].
    pub fn entries(
        &self,
        folder: NodeId,
        after: u64,
        now: Timestamp,
        mut visit: impl FnMut(Entry<'_>) -> Listed,
    ) -> Result<(), Error> {
        let tree = self.tree();
        let listed = Arc::clone(tree.get(folder)?);
        for (cookie, name, node) in tree.any_folder(folder)?.after(after) {
            let found = tree.get(node)?;
            match visit(Entry {
                name,
                attributes: found.attributes(),
                cookie,
            }) {
                Listed::Seen => {}
                Listed::Remembered => {
                    found.references.fetch_add(1, Ordering::Relaxed);
                }
                Listed::Full => break,
            }
        }
        drop(tree);
        listed.accessed(now);
        Ok(())
    }

    /// The folder that a folder is in; for the root itself.
    ///
    /// # Errors
    /// [`Error::NotAFolder`], [`Error::Stale`].
    pub fn parent(&self, folder: NodeId) -> Result<NodeId, Error> {
        Ok(self.tree().any_folder(folder)?.parent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Access, CaseRule, Creation, Limits};
    use super::*;

    const NOW: Timestamp = Timestamp {
        seconds: 5,
        nanoseconds: 0,
    };

    #[test]
    fn a_listing_in_pages_shows_each_entry_once() {
        let limits = Limits {
            files: 99,
            file_size: 10,
            bytes: 1 << 20,
        };
        let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
        let names: Vec<String> = (0..10).map(|n| format!("file {n}")).collect();
        for name in &names {
            let made = volume
                .create(
                    NodeId::ROOT,
                    name.as_bytes(),
                    Creation::File,
                    Access::default(),
                    NOW,
                )
                .unwrap();
            volume.forget(made.node, 1);
        }
        let (mut seen, mut cookie) = (Vec::new(), 0);
        loop {
            let (before, after) = (seen.len(), cookie);
            let visit = |entry: Entry<'_>| {
                if seen.len() == before + 3 {
                    return Listed::Full;
                }
                seen.push(String::from_utf8(entry.name.to_vec()).unwrap());
                cookie = entry.cookie;
                Listed::Remembered
            };
            volume.entries(NodeId::ROOT, after, NOW, visit).unwrap();
            if seen.len() == before {
                break;
            }
        }
        assert_eq!(seen, names);
        let file = volume.lookup(NodeId::ROOT, b"file 3").unwrap().node;
        volume.unlink(NodeId::ROOT, b"file 3", NOW).unwrap();
        volume.forget(file, 1);
        assert!(
            volume.attributes(file).is_ok(),
            "the listing still remembers it"
        );
        volume.forget(file, 1);
        assert_eq!(volume.attributes(file), Err(Error::Stale));
    }

    #[test]
    fn the_parent_follows_a_moved_folder() {
        let limits = Limits {
            files: 99,
            file_size: 10,
            bytes: 1 << 20,
        };
        let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
        let make = |name: &[u8]| {
            volume.create(NodeId::ROOT, name, Creation::Folder, Access::default(), NOW)
        };
        let (a, b) = (make(b"a").unwrap().node, make(b"b").unwrap().node);
        assert_eq!(volume.parent(b), Ok(NodeId::ROOT));
        volume
            .rename((NodeId::ROOT, b"b"), (a, b"c"), Default::default(), NOW)
            .unwrap();
        assert_eq!(volume.parent(b), Ok(a));
        assert_eq!(volume.parent(NodeId::ROOT), Ok(NodeId::ROOT));
    }
}
