//! The file system itself, without a platform in it: what is there, who it belongs to, and what each operation does.
//!
//! - It never asks for the time, the caller or the system: those come in as arguments.
//! - It checks no permissions: fronts leave that to their systems, which know more about callers than it does.
//! - Every method of [`Volume`] takes `&self` and may be called from several threads.
//!
//! **Invariants.** Each folder is reachable from the root by exactly one path. A node's link count is the number of
//! its names (folders: 2 and one for each folder inside). A node lives as long as it has a name, is open, or is
//! remembered by the front. [`Usage`] counts what has a name or is open, the root excepted, so that it is zero again
//! once everything has been removed and closed.

mod contents;
mod data;
mod error;
mod folder;
mod listing;
mod name;
mod namespace;
mod node;
mod rename;
mod times;
mod tree;
mod volume;
mod xattrs;

pub use contents::{Changes, Privileges};
pub use error::Error;
pub use listing::{Entry, Listed};
pub use name::{CaseRule, MAX_NAME};
pub use node::{Access, Attributes, Creation, Kind, NodeId, Special};
pub use rename::Replace;
pub use times::{Times, Timestamp};
pub use tree::{Limits, Usage};
pub use volume::Volume;
pub use xattrs::{MAX_XATTR, MAX_XATTRS, Probed, SetXattr};

/// Longest target of a symbolic link, in bytes.
pub const MAX_TARGET: usize = 4095;
