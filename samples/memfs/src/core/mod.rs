//! The file system itself, without a platform in it: what is there, who it belongs to, and what each operation does.
//!
//! - It never asks for the time, the caller or the system: those come in as arguments.
//! - It checks no permissions: fronts leave that to their systems, which know more about callers than it does.
//! - Every method of [`Volume`] takes `&self` and may be called from several threads.
//!
//! **Invariants.** Each folder is reachable from the root by exactly one path. A node's link count is the number of
//! its names (folders: 2 and one for each folder inside). A node lives as long as it has a name, is open, or is
//! remembered by the front. [`Usage`] counts what lives, the root excepted, so that it is zero again once everything has
//! been removed, closed and forgotten.
//!
//! **Locks.** Names are behind one lock of the volume, which is held for the time of a few table look-ups only. Each
//! node has one lock for its attributes and one for its contents: requests about different files never wait for each
//! other's bytes, and neither does anything about names. Locks are taken in this order: names, contents, attributes;
//! contents of two files by their numbers.

mod attributes;
mod budget;
mod contents;
mod data;
mod error;
mod folder;
mod listing;
mod name;
mod namespace;
mod node;
mod ranges;
mod rename;
mod times;
mod tree;
mod volume;
mod xattrs;

pub use attributes::{Changes, Privileges};
pub use budget::{Limits, Usage};
pub use contents::Pieces;
pub use error::Error;
pub use listing::{Entry, Listed};
pub use name::{CaseRule, MAX_NAME};
pub use node::{Access, Attributes, Creation, Kind, NodeId, Special};
pub use ranges::{Allocation, Range, Seek};
pub use rename::Replace;
pub use times::{Times, Timestamp};
pub use volume::Volume;
pub use xattrs::{MAX_XATTR, MAX_XATTRS, Probed, SetXattr};

/// Longest target of a symbolic link, in bytes.
pub const MAX_TARGET: usize = 4095;
