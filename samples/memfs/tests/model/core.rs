//! The core, as the model is: by whole paths.

use std::collections::BTreeMap;

use memfs::core::{
    Access, CaseRule, Changes, Creation, Entry, Error, Kind, Limits, Listed, NodeId, Privileges,
    Probed, Special, Volume,
};

use super::{Answer, MOST_BYTES, MOST_BYTES_TOGETHER, MOST_FILES, NOW, Path, Seen};

/// The core, driven by whole paths.
pub(crate) struct Core {
    pub(crate) volume: Volume,
    pub(crate) handles: Vec<NodeId>,
}

impl Core {
    pub(crate) fn new(case: CaseRule) -> Self {
        let limits = Limits {
            files: MOST_FILES,
            file_size: MOST_BYTES,
            bytes: MOST_BYTES_TOGETHER,
        };
        Self {
            volume: Volume::new(limits, case, Access::default(), NOW),
            handles: Vec::new(),
        }
    }

    /// The node at a path. It has a name, so it stays though it is forgotten at once.
    pub(crate) fn node(&self, path: &[String]) -> Result<NodeId, Error> {
        let mut node = NodeId::ROOT;
        for name in path {
            node = self.volume.lookup(node, name.as_bytes())?.node;
            self.volume.forget(node, 1);
        }
        Ok(node)
    }

    pub(crate) fn parent<'a>(&self, path: &'a [String]) -> Result<(NodeId, &'a [u8]), Error> {
        let (name, parents) = path.split_last().expect("paths have a name");
        let parent = self.node(parents)?;
        match self.volume.attributes(parent)?.kind {
            Kind::Folder => Ok((parent, name.as_bytes())),
            Kind::File | Kind::Symlink | Kind::Special(_) => Err(Error::NotAFolder),
        }
    }

    pub(crate) fn create(&self, path: &[String], kind: &super::Kind) -> Result<Answer, Error> {
        let (parent, name) = self.parent(path)?;
        let what = match kind {
            super::Kind::File(_) => Creation::File,
            super::Kind::Folder => Creation::Folder,
            super::Kind::Symlink(target) => Creation::Symlink(target.as_bytes()),
            super::Kind::Fifo => Creation::Special(Special::Fifo),
        };
        let made = self
            .volume
            .create(parent, name, what, Access::default(), NOW)?;
        self.volume.forget(made.node, 1);
        Ok(Answer::Done)
    }

    pub(crate) fn link(&self, old: &[String], new: &[String]) -> Result<Answer, Error> {
        self.link_node(self.node(old)?, new)
    }

    pub(crate) fn link_node(&self, node: NodeId, new: &[String]) -> Result<Answer, Error> {
        let (parent, name) = self.parent(new)?;
        self.volume.link(node, parent, name, NOW)?;
        self.volume.forget(node, 1);
        Ok(Answer::Done)
    }

    pub(crate) fn truncate(&self, node: NodeId, size: usize) -> Result<Answer, Error> {
        let changes = Changes {
            size: Some(size as u64),
            ..Changes::default()
        };
        self.volume
            .set_attributes(node, &changes, Privileges::Keep, NOW)
            .map(|_| Answer::Done)
    }

    pub(crate) fn open(&mut self, path: &[String]) -> Result<Answer, Error> {
        let node = self.node(path)?;
        self.volume.open(node)?;
        self.handles.push(node);
        Ok(Answer::Done)
    }

    pub(crate) fn create_unnamed(&mut self) -> Result<Answer, Error> {
        let made = self
            .volume
            .create_unnamed(NodeId::ROOT, Access::default(), NOW)?;
        self.volume.open(made.node)?;
        self.volume.forget(made.node, 1);
        self.handles.push(made.node);
        Ok(Answer::Done)
    }

    fn seen(&self, node: NodeId, spelling: &[u8]) -> Seen {
        let found = self
            .volume
            .attributes(node)
            .expect("a node with a name is there");
        let data = || {
            self.volume
                .read(node, 0, u64::MAX, NOW, |bytes| bytes.to_vec())
                .expect("a file can be read")
        };
        let kind = match found.kind {
            Kind::File => super::Kind::File(data()),
            Kind::Folder => super::Kind::Folder,
            Kind::Symlink => super::Kind::Symlink(text(
                &self.volume.read_link(node).expect("a link can be read"),
            )),
            Kind::Special(Special::Fifo) => super::Kind::Fifo,
            Kind::Special(special) => panic!("nobody created {special:?}"),
        };
        let length = match &kind {
            super::Kind::File(data) => data.len(),
            super::Kind::Folder | super::Kind::Fifo => 0,
            super::Kind::Symlink(target) => target.len(),
        };
        assert_eq!(found.size, length as u64);
        let Access { mode, uid, gid } = found.access;
        Seen {
            spelling: text(spelling),
            kind,
            links: found.links,
            access: (mode, uid, gid),
            xattrs: self.xattrs(node),
        }
    }

    fn xattrs(&self, node: NodeId) -> BTreeMap<String, Vec<u8>> {
        let names = value(self.volume.xattrs(node, 1000).expect("names fit"));
        let names = names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        names
            .map(|name| {
                (
                    text(name),
                    value(self.volume.xattr(node, name, 1000).expect("values fit")),
                )
            })
            .collect()
    }

    /// Everything there is, by folded path.
    pub(crate) fn dump(&self) -> BTreeMap<Path, Seen> {
        let mut entries = BTreeMap::new();
        self.dump_folder(NodeId::ROOT, &Vec::new(), b"", &mut entries);
        entries
    }

    fn dump_folder(
        &self,
        folder: NodeId,
        path: &Path,
        spelling: &[u8],
        into: &mut BTreeMap<Path, Seen>,
    ) {
        into.insert(path.clone(), self.seen(folder, spelling));
        let mut entries = Vec::new();
        let visit = |entry: Entry<'_>| {
            entries.push((entry.name.to_vec(), entry.attributes));
            Listed::Seen
        };
        self.volume
            .entries(folder, 0, NOW, visit)
            .expect("a folder can be listed");
        for (name, found) in entries {
            let path = [path.clone(), vec![text(&self.volume.case().key(&name))]].concat();
            if found.kind == Kind::Folder {
                assert_eq!(self.volume.parent(found.node), Ok(folder));
                self.dump_folder(found.node, &path, &name, into);
            } else {
                into.insert(path, self.seen(found.node, &name));
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("only UTF-8 went in")
}

fn value(probed: Probed) -> Vec<u8> {
    match probed {
        Probed::Value(bytes) => bytes,
        Probed::Size(size) => panic!("{size} is no value"),
    }
}
