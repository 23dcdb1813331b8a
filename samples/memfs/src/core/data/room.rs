//! The room that chunks take. The budget is asked for all of it before, and gets back all that is freed: what a file is
//! charged for is what it has.

use super::super::Error;
use super::super::budget::Budget;
use super::{CHUNK, Data, PAGE, locate, parts};

/// A file that grows gets at most this part of what it has in advance, and only its last chunk has any: it goes
/// back when the file goes on in a later one.
const AHEAD: u64 = 16;
/// Less than this is not worth being asked for in advance.
const LEAST_AHEAD: usize = 64;

/// The least room a chunk has that is kept up to `end`.
fn least(index: u64, end: usize) -> usize {
    match index {
        0 => end,
        _ => end.next_multiple_of(PAGE),
    }
}

/// Forgets what is behind `length`, and says how much room that gave.
pub(super) fn shorten(index: u64, chunk: &mut Vec<u8>, length: usize) -> u64 {
    let before = chunk.capacity();
    chunk.truncate(length);
    let room = least(index, chunk.len());
    if room < before {
        // Elsewhere: between chunks that were shortened where they lie, no whole one would have room again.
        let mut shorter = Vec::new();
        if shorter.try_reserve_exact(room).is_ok() {
            shorter.extend_from_slice(chunk);
            *chunk = shorter;
        } else {
            chunk.shrink_to(room);
        }
    }
    (before - chunk.capacity()) as u64
}

impl Data {
    /// Gives back what the last chunk has in advance, if one behind it is begun by what goes to `offset`.
    pub(super) fn leave(&mut self, offset: u64, budget: &Budget) {
        let last = self.rest.keys().next_back().copied().unwrap_or(0);
        if locate(offset).0 > last {
            self.give_spare(budget);
        }
    }

    /// Gives back what the last chunk has in advance.
    pub(super) fn give_spare(&mut self, budget: &Budget) {
        let freed = match self.rest.iter_mut().next_back() {
            Some((index, chunk)) => shorten(*index, chunk, CHUNK),
            None => shorten(0, &mut self.first, CHUNK),
        };
        self.give(freed, budget);
    }

    /// Takes memory, and room in the volume, for keeping all of a range, and `ahead` more behind it, if the volume
    /// has that, too. On an error nothing has changed.
    pub(super) fn prepare(
        &mut self,
        offset: u64,
        length: u64,
        ahead: usize,
        budget: &Budget,
    ) -> Result<(), Error> {
        // First without a look at the chunks: the range can be far longer than all there is.
        if needed(offset, length).saturating_sub(self.held) > budget.left() {
            return Err(Error::VolumeFull);
        }
        let missing = self.missing(offset, length);
        if missing == 0 {
            return Ok(());
        }
        budget.take(missing)?;
        let ahead = budget.take(ahead as u64).map_or(0, |()| ahead);
        let taken = missing + ahead as u64;
        let (last, _) = locate(offset + (length - 1));
        for part in parts(offset, length) {
            let ahead = if part.index == last { ahead } else { 0 };
            let room = least(part.index, part.end) + ahead;
            let chunk = self.chunk_mut(part.index);
            // Nothing if it has the room.
            let more = room.saturating_sub(chunk.len());
            if chunk.try_reserve_exact(more).is_err() {
                self.undo(taken, budget);
                return Err(Error::NoMemory);
            }
        }
        self.held += taken;
        Ok(())
    }

    /// Room that is worth having beyond what a write needs, so that bytes appended in small pieces are not moved each
    /// time: none unless it goes on where others ended, in the last chunk.
    pub(super) fn ahead(&self, offset: u64, length: u64) -> usize {
        let end = offset + length;
        let (index, end_within) = locate(end);
        let begin = offset.max(index * CHUNK as u64);
        let (_, start) = locate(begin);
        let chunk = self.chunk(index);
        let needed = least(index, end_within);
        let is_last = self.rest.range(index + 1..).next().is_none();
        if needed <= chunk.capacity() || !is_last {
            return 0;
        }
        let most = if !chunk.is_empty() && start <= chunk.len() {
            (2 * chunk.capacity()).min(CHUNK)
        } else if chunk.is_empty() && self.fills_up_to(index, offset) {
            CHUNK
        } else {
            return 0;
        };
        let more = (self.held + self.missing(offset, length)) / AHEAD;
        let more = usize::try_from(more).map_or(CHUNK, |more| more.min(CHUNK));
        let wanted = match index {
            0 => end_within + more / LEAST_AHEAD * LEAST_AHEAD,
            _ => (end_within + more) / PAGE * PAGE,
        };
        wanted.min(most).saturating_sub(needed)
    }

    /// Whether the chunk before this one is full, or will be by a write from `offset` on.
    fn fills_up_to(&self, index: u64, offset: u64) -> bool {
        let begin = index * CHUNK as u64;
        index > 0 && (offset < begin || offset == begin && self.chunk(index - 1).len() == CHUNK)
    }

    /// Room that the chunks of a range lack.
    fn missing(&self, offset: u64, length: u64) -> u64 {
        if length == 0 {
            return 0;
        }
        let (first, _) = locate(offset);
        let (last, end) = locate(offset + (length - 1));
        let has = |index: u64, chunk: &Vec<u8>| {
            let end = if index == last { end + 1 } else { CHUNK };
            chunk.capacity().min(least(index, end)) as u64
        };
        let mut missing = needed(offset, length);
        if first == 0 {
            missing -= has(0, &self.first);
        }
        for (index, chunk) in self.rest.range(first..=last) {
            missing -= has(*index, chunk);
        }
        missing
    }

    /// Gives back what was taken for room that could not be made, after some of it was.
    fn undo(&mut self, taken: u64, budget: &Budget) {
        shorten(0, &mut self.first, CHUNK);
        self.rest.retain(|index, chunk| {
            shorten(*index, chunk, CHUNK);
            !chunk.is_empty()
        });
        let had = self.held + taken;
        self.held = self.room();
        budget.give(had - self.held);
    }

    /// What the chunks really have.
    pub(super) fn room(&self) -> u64 {
        let rest: usize = self.rest.values().map(Vec::capacity).sum();
        (self.first.capacity() + rest) as u64
    }
}

/// Room for a range where nothing is.
fn needed(offset: u64, length: u64) -> u64 {
    if length == 0 {
        return 0;
    }
    let (first, _) = locate(offset);
    let (last, end) = locate(offset + (length - 1));
    ((last - first) * CHUNK as u64).saturating_add(least(last, end + 1) as u64)
}
