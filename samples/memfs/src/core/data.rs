//! The bytes of a regular file, with holes where nothing was written.

use std::collections::BTreeMap;

use super::Error;
use super::budget::Budget;

mod room;

/// Contents are kept in chunks of so many bytes, each from its start to the last byte written in it.
pub(super) const CHUNK: usize = 64 * 1024;
/// All chunks but the first have so much room or a multiple of it. What the table and the allocator need for a chunk
/// is little beside it, however few bytes are in it; for the first, that is part of what a file costs.
pub(super) const PAGE: usize = 4096;
static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// The bytes of a regular file. Its face is all the rest knows, so that the layout can change behind it.
#[derive(Debug, Default)]
pub(super) struct Data {
    len: u64,
    /// The room of all chunks, which is what the budget was asked for.
    held: u64,
    /// The first chunk lies here: most files have no other.
    first: Vec<u8>,
    /// The others by number, from 1. An empty one is not kept.
    rest: BTreeMap<u64, Vec<u8>>,
}

/// What there is from some place of a file on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run<'a> {
    /// Bytes that are kept, and lie together.
    Bytes(&'a [u8]),
    /// A hole of this length.
    Hole(u64),
}

/// What a range covers of one chunk.
#[derive(Clone, Copy, Debug)]
struct Part {
    index: u64,
    start: usize,
    end: usize,
}

impl Part {
    fn len(self) -> usize {
        self.end - self.start
    }
}

fn locate(offset: u64) -> (u64, usize) {
    // What is left of a division by the size of a chunk is less than that.
    (offset / CHUNK as u64, (offset % CHUNK as u64) as usize)
}

fn parts(offset: u64, length: u64) -> impl Iterator<Item = Part> {
    let end = offset.saturating_add(length);
    let mut at = offset;
    std::iter::from_fn(move || {
        let (index, start) = locate(at);
        let room = (CHUNK - start) as u64;
        let covered = room.min(end - at);
        at += covered;
        // At most a chunk.
        let end = start + covered as usize;
        (covered > 0).then_some(Part { index, start, end })
    })
}

impl Data {
    /// Length in bytes, holes included.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes of memory that it has and is charged for.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// The bytes from `offset` on, at most `length` of them; fewer at the end, none behind it.
    pub(super) fn pieces(&self, offset: u64, length: u64) -> Vec<&[u8]> {
        let length = length.min(self.len.saturating_sub(offset));
        let mut pieces = Vec::with_capacity(locate(length).0 as usize + 2);
        for part in parts(offset, length) {
            let chunk = self.chunk(part.index);
            let kept = chunk.get(part.start..part.end.min(chunk.len()));
            let kept = kept.unwrap_or_default();
            let hole = &ZEROS[..part.len() - kept.len()];
            pieces.extend([kept, hole].into_iter().filter(|piece| !piece.is_empty()));
        }
        pieces
    }

    /// Puts `bytes` at `offset`; a gap before it reads as zeros. On an error nothing has changed, but room in advance
    /// may have gone back.
    pub(super) fn write(
        &mut self,
        offset: u64,
        bytes: &[u8],
        budget: &Budget,
    ) -> Result<(), Error> {
        let length = bytes.len() as u64;
        let end = offset.checked_add(length).ok_or(Error::FileTooLarge)?;
        self.leave(offset, budget);
        let ahead = self.ahead(offset, length);
        self.prepare(offset, length, ahead, budget)?;
        let mut bytes = bytes;
        for part in parts(offset, length) {
            let (now, later) = bytes.split_at(part.len());
            put(self.chunk_mut(part.index), part.start, now);
            bytes = later;
        }
        if length > 0 {
            self.len = self.len.max(end);
        }
        Ok(())
    }

    /// Cuts, or grows by a hole, to `length` bytes.
    pub(super) fn resize(&mut self, length: u64, budget: &Budget) {
        if length < self.len {
            self.cut(length, budget);
        }
        self.len = length;
    }

    /// Makes room, so that a write into this range cannot fail for want of it; the length stays. On an error nothing
    /// has changed, but room in advance may have gone back.
    pub(super) fn allocate(
        &mut self,
        offset: u64,
        length: u64,
        budget: &Budget,
    ) -> Result<(), Error> {
        self.leave(offset, budget);
        self.prepare(offset, length, 0, budget)?;
        for part in parts(offset, length) {
            let chunk = self.chunk_mut(part.index);
            if chunk.len() < part.end {
                chunk.resize(part.end, 0);
            }
        }
        Ok(())
    }

    /// Puts zeros where room was made.
    pub(super) fn clear(&mut self, offset: u64, length: u64) {
        for part in parts(offset, length) {
            self.chunk_mut(part.index)[part.start..part.end].fill(0);
        }
    }

    /// Makes a hole; the length stays.
    pub(super) fn punch(&mut self, offset: u64, length: u64, budget: &Budget) {
        if length == 0 {
            return;
        }
        let (first, start) = locate(offset);
        let (last, end) = locate(offset.saturating_add(length));
        let mut freed = 0;
        let mut empty = |index: u64, chunk: &mut Vec<u8>| {
            let start = if index == first { start } else { 0 };
            let end = if index == last { end } else { CHUNK };
            if end >= chunk.len() {
                freed += room::shorten(index, chunk, start);
            } else if start < end {
                chunk[start..end].fill(0);
            }
        };
        if first == 0 {
            empty(0, &mut self.first);
        }
        for (index, chunk) in self.rest.range_mut(first..=last) {
            empty(*index, chunk);
        }
        let gone = |(index, chunk): (&u64, &Vec<u8>)| chunk.is_empty().then_some(*index);
        let gone: Vec<u64> = self.rest.range(first..=last).filter_map(gone).collect();
        for index in gone {
            self.rest.remove(&index);
        }
        self.give(freed, budget);
        self.give_spare(budget);
    }

    /// Where bytes are kept at or after `offset`; `None` if there are none before the end.
    pub(super) fn next_data(&self, offset: u64) -> Option<u64> {
        let (index, within) = locate(offset);
        if within < self.chunk(index).len() {
            return Some(offset).filter(|found| *found < self.len);
        }
        let (found, _) = self.rest.range(index + 1..).next()?;
        Some(found * CHUNK as u64).filter(|found| *found < self.len)
    }

    /// Where a hole begins at or after `offset`; the end of the file is one.
    pub(super) fn next_hole(&self, offset: u64) -> u64 {
        let (mut index, mut within) = locate(offset);
        while within < self.chunk(index).len() {
            within = self.chunk(index).len();
            if within == CHUNK {
                (index, within) = (index + 1, 0);
            }
        }
        (index * CHUNK as u64 + within as u64).min(self.len)
    }

    /// What there is from `offset` on, up to `end` at most. Nothing of it is longer than a chunk but a hole.
    pub(super) fn run(&self, offset: u64, end: u64) -> Run<'_> {
        let (index, within) = locate(offset);
        let length = end - offset;
        if let Some(kept) = self.chunk(index).get(within..)
            && !kept.is_empty()
        {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            return Run::Bytes(&kept[..length.min(kept.len())]);
        }
        let next = self.rest.range(index + 1..).next();
        let next = next.map_or(end, |(index, _)| index * CHUNK as u64);
        Run::Hole(length.min(next - offset))
    }

    fn chunk(&self, index: u64) -> &Vec<u8> {
        static NONE: Vec<u8> = Vec::new();
        match index {
            0 => &self.first,
            _ => self.rest.get(&index).unwrap_or(&NONE),
        }
    }

    fn chunk_mut(&mut self, index: u64) -> &mut Vec<u8> {
        match index {
            0 => &mut self.first,
            _ => self.rest.entry(index).or_default(),
        }
    }

    fn cut(&mut self, length: u64, budget: &Budget) {
        let (index, within) = locate(length);
        let mut freed = 0;
        // The first is no part of the rest.
        for chunk in self.rest.split_off(&(index + 1)).values() {
            freed += chunk.capacity() as u64;
        }
        if index == 0 {
            freed += room::shorten(0, &mut self.first, within);
        } else if let Some(chunk) = self.rest.get_mut(&index) {
            freed += room::shorten(index, chunk, within);
            if chunk.is_empty() {
                self.rest.remove(&index);
            }
        }
        self.give(freed, budget);
    }

    fn give(&mut self, freed: u64, budget: &Budget) {
        self.held -= freed;
        budget.give(freed);
    }
}

/// What is appended is written once, not zeroed first: only a gap needs zeros.
fn put(chunk: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    if start > chunk.len() {
        chunk.resize(start, 0);
    }
    let kept = bytes.len().min(chunk.len() - start);
    chunk[start..start + kept].copy_from_slice(&bytes[..kept]);
    chunk.extend_from_slice(&bytes[kept..]);
}

#[cfg(test)]
mod tests;
