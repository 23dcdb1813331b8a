//! What a volume may hold, and what it holds.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;
use super::data::PAGE;

/// How much a volume may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most files and folders together, each further name of a file counted as one, the root not counted.
    pub files: u64,
    /// Most bytes of one file.
    pub file_size: u64,
    /// Most bytes of everything together; see [`Usage::bytes`].
    pub bytes: u64,
}

impl Limits {
    /// Bytes that as many files can take as there may be, each of the greatest length: more is of no use to contents.
    pub fn all_files(files: u64, file_size: u64) -> u64 {
        let pages = file_size.div_ceil(PAGE as u64);
        files.saturating_mul(pages.saturating_mul(PAGE as u64))
    }
}

/// How much a volume holds: of everything that has a name, is open or remembered, the root folder excepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Files, folders, symbolic links and special files, and each name of theirs beyond the first.
    pub files: u64,
    /// Bytes of memory: of contents without holes, targets of symbolic links, and extended attributes with their
    /// names, each with what it takes to keep them.
    pub bytes: u64,
}

/// The account of a volume. Nodes share it, and give back what they took when they go.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    files: AtomicU64,
    bytes: AtomicU64,
    nameless: AtomicU64,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            nameless: AtomicU64::new(0),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Nodes that live without a name.
    pub(super) fn nameless(&self) -> u64 {
        self.nameless.load(Ordering::Acquire)
    }

    pub(super) fn lose_name(&self) {
        self.nameless.fetch_add(1, Ordering::Relaxed);
    }

    /// A node without a name got one, or has gone.
    pub(super) fn end_nameless(&self) {
        self.nameless.fetch_sub(1, Ordering::Release);
    }

    /// For a node, which has the first name with it, or for another name.
    pub(super) fn take_file(&self) -> Result<(), Error> {
        take(&self.files, 1, self.limits.files).ok_or(Error::TooManyFiles)
    }

    pub(super) fn give_file(&self) {
        self.files.fetch_sub(1, Ordering::Relaxed);
    }

    /// Bytes that can still be taken.
    pub(super) fn left(&self) -> u64 {
        let taken = self.bytes.load(Ordering::Relaxed);
        self.limits.bytes.saturating_sub(taken)
    }

    pub(super) fn take(&self, bytes: u64) -> Result<(), Error> {
        take(&self.bytes, bytes, self.limits.bytes).ok_or(Error::VolumeFull)
    }

    pub(super) fn give(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn take(account: &AtomicU64, amount: u64, most: u64) -> Option<()> {
    if amount == 0 {
        return Some(());
    }
    let more = |held: u64| held.checked_add(amount).filter(|held| *held <= most);
    account
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        .ok()
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_have_room_in_pages() {
        assert_eq!(Limits::all_files(3, 65_537), 3 * (65_536 + 4096));
        assert_eq!(Limits::all_files(u64::MAX, 2), u64::MAX);
        assert_eq!(Limits::all_files(1, u64::MAX), u64::MAX);
    }

    #[test]
    fn what_was_refused_is_not_taken() {
        let limits = Limits {
            files: 1,
            file_size: 9,
            bytes: 10,
        };
        let budget = Budget::new(limits);
        budget.take(7).unwrap();
        assert_eq!(budget.take(4), Err(Error::VolumeFull));
        assert_eq!(budget.take(u64::MAX), Err(Error::VolumeFull));
        budget.take(3).unwrap();
        assert_eq!(budget.take(0), Ok(()), "nothing always fits");
        budget.take_file().unwrap();
        assert_eq!(budget.take_file(), Err(Error::TooManyFiles));
        budget.give(10);
        budget.give_file();
        assert_eq!(budget.usage(), Usage::default());
    }
}
