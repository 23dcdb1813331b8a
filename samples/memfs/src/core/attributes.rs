//! Changing what is known of a node.

use super::node::Node;
use super::{Attributes, Error, NodeId, Timestamp, Volume};

/// What happens to the set-user-id and set-group-id bits of a file whose contents change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privileges {
    /// They stay: the caller is privileged to keep them.
    Keep,
    /// They go, as POSIX wants for everybody else.
    Clear,
}

/// Changes of attributes; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The bits `07777` of the mode.
    pub mode: Option<u16>,
    /// Owner. A change of owner or group takes the set-user-id and set-group-id bits of anything but a folder away.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Length in bytes: the file is cut, or grows with zeros.
    pub size: Option<u64>,
    /// Time of the last read.
    pub accessed: Option<Timestamp>,
    /// Time of the last change of the contents.
    pub modified: Option<Timestamp>,
    /// Time of the last change of anything; by default now.
    pub changed: Option<Timestamp>,
    /// Time of creation.
    pub created: Option<Timestamp>,
}

impl Volume {
    /// Changes attributes: all of them, or on an error none.
    ///
    /// # Errors
    /// For a size: [`Error::FileTooLarge`], [`Error::IsAFolder`], [`Error::NotAFile`]. [`Error::Stale`].
    pub fn set_attributes(
        &self,
        node: NodeId,
        changes: &Changes,
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let found = self.node(node)?;
        if let Some(size) = changes.size {
            resize(&found, size, self.limits().file_size, privileges, now)?;
        }
        let mut meta = found.meta();
        if (changes.uid.is_some() || changes.gid.is_some()) && !found.is_folder() {
            meta.access.clear_privileges();
        }
        let access = &mut meta.access;
        access.uid = changes.uid.unwrap_or(access.uid);
        access.gid = changes.gid.unwrap_or(access.gid);
        access.mode = changes.mode.unwrap_or(access.mode);
        meta.access = meta.access.masked();
        let times = &mut meta.times;
        times.accessed = changes.accessed.unwrap_or(times.accessed);
        times.modified = changes.modified.unwrap_or(times.modified);
        times.created = changes.created.unwrap_or(times.created);
        times.changed = changes.changed.unwrap_or(now);
        Ok(found.attributes_with(&meta))
    }
}

fn resize(
    node: &Node,
    size: u64,
    most: u64,
    privileges: Privileges,
    now: Timestamp,
) -> Result<(), Error> {
    let file = node.file()?;
    if size > most {
        return Err(Error::FileTooLarge);
    }
    file.change(|data| data.resize(size, node.budget()));
    node.written(privileges, now);
    Ok(())
}

impl Node {
    /// Notes that the contents were changed.
    pub(super) fn written(&self, privileges: Privileges, now: Timestamp) {
        let mut meta = self.meta();
        meta.times.touch(now);
        match privileges {
            Privileges::Clear => meta.access.clear_privileges(),
            Privileges::Keep => {}
        }
    }

    /// Notes that it was read.
    pub(super) fn accessed(&self, now: Timestamp) {
        let mut meta = self.meta();
        if meta.times.access_is_stale(now) {
            meta.times.accessed = now;
        }
    }
}
