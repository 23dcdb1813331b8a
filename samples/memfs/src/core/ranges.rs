//! Operations on ranges of a file: making room, punching holes, finding them, copying.

use std::sync::Arc;

use super::data::{CHUNK, Data, Run};
use super::node::Node;
use super::{Error, NodeId, Privileges, Timestamp, Volume};

/// Bytes of a file, by where they begin and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

/// What to do with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// Make room; the file grows if it ends before the range does.
    Reserve,
    /// Make room, and keep the length.
    ReserveKeepingSize,
    /// Make a hole, and keep the length.
    PunchHole,
    /// Zeros with room for other bytes; the file grows if it ends before the range does.
    Zero,
    /// Zeros with room for other bytes, and keep the length.
    ZeroKeepingSize,
}

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// Bytes that are kept.
    Data,
    /// A hole; the end of the file is one.
    Hole,
}

impl Volume {
    /// Makes room for a range, or a hole of it.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`], [`Error::VolumeFull`], [`Error::NoMemory`]: nothing has changed then.
    /// [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn allocate(
        &self,
        node: NodeId,
        range: Range,
        how: Allocation,
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<(), Error> {
        let found = self.node(node)?;
        let file = found.file()?;
        let Range { offset, length } = range;
        let end = offset.checked_add(length).ok_or(Error::FileTooLarge)?;
        let most = self.limits().file_size;
        let budget = found.budget();
        let zero = |data: &mut Data| data.punch(offset, length, budget);
        let reserve = |data: &mut Data| {
            if end > most {
                return Err(Error::FileTooLarge);
            }
            data.allocate(offset, length, budget)
        };
        let grow = |data: &mut Data| data.resize(data.len().max(end), budget);
        file.change(|data| {
            match how {
                Allocation::PunchHole => zero(data),
                Allocation::Reserve => {
                    reserve(data)?;
                    grow(data);
                }
                Allocation::ReserveKeepingSize => reserve(data)?,
                Allocation::Zero => {
                    reserve(data)?;
                    data.clear(offset, length);
                    grow(data);
                }
                Allocation::ZeroKeepingSize => {
                    reserve(data)?;
                    data.clear(offset, length);
                }
            }
            Ok(())
        })?;
        found.written(privileges, now);
        Ok(())
    }

    /// Gives back the room that was made behind the end of the file, but keeps what lies in its first `keep` bytes.
    ///
    /// # Errors
    /// [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn trim(&self, node: NodeId, keep: u64) -> Result<(), Error> {
        let found = self.node(node)?;
        found.file()?.change(|data| {
            let from = data.len().max(keep);
            data.punch(from, u64::MAX - from, found.budget());
        });
        Ok(())
    }

    /// Finds the next bytes that are kept, or the next hole, at or after `offset`.
    ///
    /// # Errors
    /// [`Error::BehindTheEnd`] if `offset` is, or there are only holes left; [`Error::IsAFolder`],
    /// [`Error::NotAFile`], [`Error::Stale`].
    pub fn seek(&self, node: NodeId, offset: u64, what: Seek) -> Result<u64, Error> {
        let found = self.node(node)?;
        let data = found.file()?.data();
        if offset >= data.len() {
            return Err(Error::BehindTheEnd);
        }
        match what {
            Seek::Data => data.next_data(offset).ok_or(Error::BehindTheEnd),
            Seek::Hole => Ok(data.next_hole(offset)),
        }
    }

    /// Copies a range of one file to a place in another, or in itself, and says how many bytes: fewer at the end of
    /// the source, at the greatest length of a file, or where the volume has no room for the bytes that the source
    /// keeps together. Holes stay holes. On an error nothing has changed.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] if not one byte fits; [`Error::Overlapping`] if a file would be copied over what is
    /// still to be read of it; [`Error::VolumeFull`], [`Error::NoMemory`];
    /// [`Error::IsAFolder`], [`Error::NotAFile`], [`Error::Stale`].
    pub fn copy(
        &self,
        from: (NodeId, Range),
        to: (NodeId, u64),
        privileges: Privileges,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let (source, target) = (self.node(from.0)?, self.node(to.0)?);
        let room = self.limits().file_size.saturating_sub(to.1);
        if room == 0 && from.1.length > 0 {
            return Err(Error::FileTooLarge);
        }
        let range = Range {
            length: from.1.length.min(room),
            ..from.1
        };
        let copied = if Arc::ptr_eq(&source, &target) {
            within(&target, range, to.1)?
        } else {
            between(&source, range, &target, to.1)?
        };
        source.accessed(now);
        if copied > 0 {
            target.written(privileges, now);
        }
        Ok(copied)
    }
}

fn within(node: &Node, range: Range, to: u64) -> Result<u64, Error> {
    node.file()?.change(|data| {
        let range = until_the_end(range, data);
        if range.offset.abs_diff(to) < range.length {
            return Err(Error::Overlapping);
        }
        let mut buffer = Vec::new();
        let room = range.length.min(CHUNK as u64) as usize;
        buffer
            .try_reserve_exact(room)
            .map_err(|_| Error::NoMemory)?;
        step_by_step(range.length, |copied| {
            let at = range.offset + copied;
            let run = match data.run(at, range.offset + range.length) {
                Run::Hole(length) => Run::Hole(length),
                Run::Bytes(bytes) => {
                    buffer.clear();
                    buffer.extend_from_slice(bytes);
                    Run::Bytes(&buffer)
                }
            };
            put(run, data, to + copied, node)
        })
    })
}

fn between(source: &Node, range: Range, target: &Node, to: u64) -> Result<u64, Error> {
    let (from, into) = (source.file()?, target.file()?);
    let copy = |from: &Data, into: &mut Data| {
        let range = until_the_end(range, from);
        step_by_step(range.length, |copied| {
            let at = range.offset + copied;
            let run = from.run(at, range.offset + range.length);
            put(run, into, to + copied, target)
        })
    };
    if source.id < target.id {
        let from = from.data();
        into.change(|into| copy(&from, into))
    } else {
        into.change(|into| copy(&from.data(), into))
    }
}

/// As much of a range as the file has.
fn until_the_end(range: Range, of: &Data) -> Range {
    let there = of.len().saturating_sub(range.offset);
    Range {
        length: range.length.min(there),
        ..range
    }
}

/// Does a step for what is left until all is done, and says how much was; an error counts if it was the first step's.
fn step_by_step(
    length: u64,
    mut step: impl FnMut(u64) -> Result<u64, Error>,
) -> Result<u64, Error> {
    let mut done = 0;
    while done < length {
        match step(done) {
            Ok(more) => done += more,
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

fn put(run: Run<'_>, into: &mut Data, to: u64, target: &Node) -> Result<u64, Error> {
    match run {
        Run::Bytes(bytes) => {
            into.write(to, bytes, target.budget())?;
            Ok(bytes.len() as u64)
        }
        Run::Hole(length) => {
            into.punch(to, length, target.budget());
            into.resize(into.len().max(to + length), target.budget());
            Ok(length)
        }
    }
}

#[cfg(test)]
mod tests;
