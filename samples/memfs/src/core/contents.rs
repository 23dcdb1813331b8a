//! Reading and writing.

use super::{Error, NodeId, Privileges, Timestamp, Volume};

/// Bytes of a file, in the pieces that they are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces<'a>(pub &'a [&'a [u8]]);

impl Pieces<'_> {
    /// How many bytes there are.
    pub fn len(self) -> usize {
        self.0.iter().map(|piece| piece.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// All in one.
    pub fn to_vec(self) -> Vec<u8> {
        self.0.concat()
    }
}

impl Volume {
    /// Hands the bytes from `offset` on, at most `length`, to `with`, without copying them.
    ///
    /// `with` runs while the contents are locked for changes and must not call the volume.
    ///
    /// # Errors
    /// [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn read<R>(
        &self,
        node: NodeId,
        offset: u64,
        length: u64,
        now: Timestamp,
        with: impl FnOnce(Pieces<'_>) -> R,
    ) -> Result<R, Error> {
        let found = self.node(node)?;
        let result = with(Pieces(&found.file()?.data().pieces(offset, length)));
        found.accessed(now);
        Ok(result)
    }

    /// Puts bytes at `offset`, and says how many: fewer if the file reaches its greatest length.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] if not one byte fits; [`Error::VolumeFull`], [`Error::NoMemory`] if not all of them
    /// do; [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn write(
        &self,
        node: NodeId,
        offset: u64,
        bytes: &[u8],
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let found = self.node(node)?;
        let file = found.file()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let room = self.limits().file_size.saturating_sub(offset);
        if room == 0 {
            return Err(Error::FileTooLarge);
        }
        let written = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        file.change(|data| data.write(offset, &bytes[..written], found.budget()))?;
        found.written(privileges, now);
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Access, CaseRule, Changes, Creation, Limits, Usage};
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
            bytes: 1 << 20,
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
        volume.read(file, 0, 1, at(6), |bytes| bytes.len()).unwrap();
        volume.read(file, 0, 1, at(7), |bytes| bytes.len()).unwrap();
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
            .read(file, 0, 1, at(6 + 86_400), |bytes| bytes.len())
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
            volume.read(root, 0, 1, at(2), |bytes| bytes.len()),
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
