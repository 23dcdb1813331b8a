//! Operations on one node: read, write, change its attributes.

use super::node::Node;
use super::tree::Tree;
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
}

impl Volume {
    /// Hands the bytes from `offset` on, at most `length`, to `with`, without copying them.
    ///
    /// `with` runs while the volume is locked for changes and must not call it.
    ///
    /// # Errors
    /// [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn read<R>(
        &self,
        node: NodeId,
        offset: u64,
        length: usize,
        now: Timestamp,
        with: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        let tree = self.tree();
        let found = tree.get(node)?;
        let result = with(found.data()?.slice(offset, length));
        let stale = found.times.access_is_stale(now);
        drop(tree);
        if stale {
            self.accessed(node, now);
        }
        Ok(result)
    }

    /// Puts bytes at `offset`, and says how many: fewer if the file reaches its greatest length.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] if not one byte fits; [`Error::NoMemory`]; [`Error::IsAFolder`], [`Error::NotAFile`],
    /// [`Error::Stale`].
    pub fn write(
        &self,
        node: NodeId,
        offset: u64,
        bytes: &[u8],
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let mut tree = self.tree_mut();
        let room = tree.limits().file_size.saturating_sub(offset);
        let found = tree.get_mut(node)?;
        let data = found.data_mut()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        if room == 0 {
            return Err(Error::FileTooLarge);
        }
        let written = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let before = data.len();
        data.write(offset, &bytes[..written])?;
        found.written(privileges, now);
        tree.resized(node, before)?;
        Ok(written)
    }

    /// Changes attributes: all of them, or on an error none.
    ///
    /// # Errors
    /// For a size: [`Error::FileTooLarge`], [`Error::NoMemory`], [`Error::IsAFolder`], [`Error::NotAFile`].
    /// [`Error::Stale`].
    pub fn set_attributes(
        &self,
        node: NodeId,
        changes: &Changes,
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<Attributes, Error> {
        let mut tree = self.tree_mut();
        if let Some(size) = changes.size {
            resize(&mut tree, node, size, privileges, now)?;
        }
        let found = tree.get_mut(node)?;
        if (changes.uid.is_some() || changes.gid.is_some()) && !found.is_folder() {
            found.access.clear_privileges();
        }
        let access = &mut found.access;
        access.uid = changes.uid.unwrap_or(access.uid);
        access.gid = changes.gid.unwrap_or(access.gid);
        access.mode = changes.mode.unwrap_or(access.mode);
        found.access = access.masked();
        let times = &mut found.times;
        times.accessed = changes.accessed.unwrap_or(times.accessed);
        times.modified = changes.modified.unwrap_or(times.modified);
        times.changed = changes.changed.unwrap_or(now);
        Ok(found.attributes(node))
    }

    /// Notes that a node was read.
    pub(super) fn accessed(&self, node: NodeId, now: Timestamp) {
        if let Ok(found) = self.tree_mut().get_mut(node) {
            found.times.accessed = now;
        }
    }
}

fn resize(
    tree: &mut Tree,
    node: NodeId,
    size: u64,
    privileges: Privileges,
    now: Timestamp,
) -> Result<(), Error> {
    let most = tree.limits().file_size;
    let found = tree.get_mut(node)?;
    let data = found.data_mut()?;
    if size > most {
        return Err(Error::FileTooLarge);
    }
    let before = data.len();
    data.resize(size)?;
    found.written(privileges, now);
    tree.resized(node, before)
}

impl Node {
    fn written(&mut self, privileges: Privileges, now: Timestamp) {
        self.times.touch(now);
        match privileges {
            Privileges::Clear => self.access.clear_privileges(),
            Privileges::Keep => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Access, CaseRule, Creation, Limits, Usage};
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp {
            seconds,
            nanoseconds: 0,
        }
    }

    fn file(mode: u16) -> (Volume, NodeId) {
        let limits = Limits {
            files: 9,
            file_size: 10,
        };
        let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), at(1));
        let access = Access {
            mode,
            uid: 5,
            gid: 5,
        };
        let file = volume
            .create(NodeId::ROOT, b"f", Creation::File, access, at(1))
            .unwrap()
            .node;
        (volume, file)
    }

    fn mode_after(mode: u16, change: impl FnOnce(&Volume, NodeId)) -> u16 {
        let (volume, file) = file(mode);
        change(&volume, file);
        volume.attributes(file).unwrap().access.mode
    }

    #[test]
    fn a_write_over_the_greatest_length_is_cut_and_then_refused() {
        let (volume, file) = file(0o644);
        assert_eq!(
            volume.write(file, 8, b"abc", Privileges::Keep, at(2)),
            Ok(2)
        );
        assert_eq!(
            volume.write(file, 10, b"c", Privileges::Keep, at(2)),
            Err(Error::FileTooLarge)
        );
        assert_eq!(
            volume.write(file, u64::MAX, b"", Privileges::Keep, at(2)),
            Ok(0)
        );
        let size = |size| Changes {
            size: Some(size),
            ..Changes::default()
        };
        let refused = volume.set_attributes(file, &size(11), Privileges::Keep, at(2));
        assert_eq!(refused, Err(Error::FileTooLarge));
        assert_eq!(
            volume.usage(),
            Usage {
                files: 1,
                bytes: 10
            }
        );
        volume
            .set_attributes(file, &size(3), Privileges::Keep, at(2))
            .unwrap();
        assert_eq!(volume.usage(), Usage { files: 1, bytes: 3 });
    }

    #[test]
    fn writing_and_cutting_take_privileges_away_unless_they_may_stay() {
        let write = |privileges| {
            move |volume: &Volume, file| {
                volume.write(file, 0, b"x", privileges, at(2)).unwrap();
            }
        };
        assert_eq!(mode_after(0o6755, write(Privileges::Keep)), 0o6755);
        assert_eq!(mode_after(0o6755, write(Privileges::Clear)), 0o755);
        assert_eq!(
            mode_after(0o6644, write(Privileges::Clear)),
            0o2644,
            "mandatory locking is no privilege"
        );
        let cut = Changes {
            size: Some(0),
            ..Changes::default()
        };
        let cut = |volume: &Volume, file| {
            volume
                .set_attributes(file, &cut, Privileges::Clear, at(2))
                .unwrap();
        };
        assert_eq!(mode_after(0o4711, cut), 0o711);
    }

    #[test]
    fn a_new_owner_or_group_gets_no_privileges() {
        let set = |changes: Changes| {
            move |volume: &Volume, file| {
                volume
                    .set_attributes(file, &changes, Privileges::Keep, at(2))
                    .unwrap();
            }
        };
        let owner = Changes {
            uid: Some(7),
            ..Changes::default()
        };
        assert_eq!(mode_after(0o6755, set(owner)), 0o755);
        let group = Changes {
            gid: Some(7),
            ..Changes::default()
        };
        assert_eq!(mode_after(0o6755, set(group)), 0o755);
        assert_eq!(
            mode_after(
                0o644,
                set(Changes {
                    mode: Some(0o107_755),
                    ..owner
                })
            ),
            0o7755
        );
    }

    #[test]
    fn times_follow_reads_writes_and_changes() {
        let (volume, file) = file(0o644);
        let times = || volume.attributes(file).unwrap().times;
        volume
            .write(file, 0, b"x", Privileges::Keep, at(5))
            .unwrap();
        volume.read(file, 0, 1, at(6), <[u8]>::len).unwrap();
        volume.read(file, 0, 1, at(7), <[u8]>::len).unwrap();
        assert_eq!(
            (
                times().accessed,
                times().modified,
                times().changed,
                times().created
            ),
            (at(6), at(5), at(5), at(1))
        );
        volume
            .read(file, 0, 1, at(6 + 86_400), <[u8]>::len)
            .unwrap();
        assert_eq!(times().accessed, at(6 + 86_400));
        let set = Changes {
            accessed: Some(at(-3)),
            modified: Some(at(-4)),
            ..Changes::default()
        };
        volume
            .set_attributes(file, &set, Privileges::Keep, at(9))
            .unwrap();
        assert_eq!(
            (times().accessed, times().modified, times().changed),
            (at(-3), at(-4), at(9))
        );
    }

    #[test]
    fn a_folder_has_no_contents_to_read_write_or_cut() {
        let (volume, _) = file(0o644);
        let root = NodeId::ROOT;
        assert_eq!(
            volume.read(root, 0, 1, at(2), <[u8]>::len),
            Err(Error::IsAFolder)
        );
        assert_eq!(
            volume.write(root, 0, b"x", Privileges::Keep, at(2)),
            Err(Error::IsAFolder)
        );
        let cut = Changes {
            size: Some(0),
            mode: Some(0o700),
            ..Changes::default()
        };
        assert_eq!(
            volume.set_attributes(root, &cut, Privileges::Keep, at(2)),
            Err(Error::IsAFolder)
        );
        assert_eq!(
            volume.attributes(root).unwrap().access.mode,
            0,
            "none of the changes was made"
        );
    }
}
