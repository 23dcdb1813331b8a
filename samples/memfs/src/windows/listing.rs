//! Listing a folder, page by page.

use super::info::FileInfo;
use super::name::{bytes, units};
use super::{Files, Status};
use crate::core::{Listed, NodeId, Timestamp};

/// An entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The name in UTF-16.
    pub name: Vec<u16>,
    /// What is known of it.
    pub info: FileInfo,
}

impl DirectoryEntry {
    /// Laid out as WinFsp takes it: its length in all, what is known of it at byte 8, and the name at byte 104.
    pub fn record(&self) -> Vec<u64> {
        const NAME: usize = 104;
        let length = NAME + self.name.len() * 2;
        let mut bytes = Vec::with_capacity(length.next_multiple_of(8));
        // A name has at most 255 characters.
        bytes.extend_from_slice(&(length as u64).to_le_bytes());
        let info = &self.info;
        for pair in [
            [info.attributes, info.reparse_tag],
            [info.hard_links, info.ea_size],
        ] {
            bytes.extend(pair.into_iter().flat_map(u32::to_le_bytes));
        }
        let sizes = [
            info.allocation_size,
            info.file_size,
            info.creation_time,
            info.last_access_time,
            info.last_write_time,
            info.change_time,
            info.index_number,
        ];
        // The counts come after the sizes and times.
        let at = bytes.len() - 8;
        bytes.splice(at..at, sizes.into_iter().flat_map(u64::to_le_bytes));
        bytes.resize(NAME, 0);
        bytes.extend(self.name.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.resize(length.next_multiple_of(8), 0);
        let word = |chunk: &[u8]| chunk.try_into().map_or(0, u64::from_ne_bytes);
        bytes.chunks_exact(8).map(word).collect()
    }
}

impl Files {
    /// Shows the entries of a folder after the one called `marker` to `add`, until that says that it is full: `false`.
    /// Says whether all were shown.
    ///
    /// They come in the order of their names, so that a listing goes on behind a name also when that is gone by then.
    /// `.` and `..` come first, except in the root.
    ///
    /// # Errors
    /// [`Status::NOT_A_DIRECTORY`], [`Status::FILE_DELETED`].
    pub fn list(
        &self,
        folder: NodeId,
        marker: Option<&[u16]>,
        now: Timestamp,
        mut add: impl FnMut(&DirectoryEntry) -> bool,
    ) -> Result<bool, Status> {
        for entry in self.after(folder, marker, now)? {
            let Ok(info) = self.info(entry.1) else {
                // Gone since.
                continue;
            };
            let name = entry.0;
            if !add(&DirectoryEntry { name, info }) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn after(
        &self,
        folder: NodeId,
        marker: Option<&[u16]>,
        now: Timestamp,
    ) -> Result<Vec<(Vec<u16>, NodeId)>, Status> {
        let case = self.volume.case();
        let marker = marker.map(bytes);
        let after = marker.as_deref().map(|name| place(name, &case.key(name)));
        let mut found = Vec::new();
        let mut take = |name: &[u8], node: NodeId| {
            let place = place(name, &case.key(name));
            if after.as_ref().is_none_or(|after| place > *after) {
                found.push((place, units(name), node));
            }
        };
        if folder != NodeId::ROOT {
            take(b".", folder);
            take(b"..", self.volume.parent(folder)?);
        }
        self.volume.entries(folder, 0, now, |entry| {
            take(entry.name, entry.attributes.node);
            Listed::Seen
        })?;
        found.sort_unstable();
        let entries = found.into_iter().map(|(_, name, node)| (name, node));
        Ok(entries.collect())
    }
}

/// Where an entry comes in a listing.
fn place(name: &[u8], key: &[u8]) -> (u8, Vec<u8>) {
    match name {
        b"." => (0, Vec::new()),
        b".." => (1, Vec::new()),
        _ => (2, key.to_vec()),
    }
}
