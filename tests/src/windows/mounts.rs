//! There are no mounts to look for: a drive of an instance ends with it.

use std::path::{Path, PathBuf};

/// Nothing is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is mounted.
    pub mount_point: PathBuf,
    never: std::convert::Infallible,
}

/// What is mounted at a place: nothing.
pub fn at(_mount_point: &Path) -> Option<Mount> {
    None
}

/// What is mounted at or below a folder: nothing.
pub fn under(_folder: &Path) -> Vec<Mount> {
    Vec::new()
}

/// Nothing is to be detached.
pub fn detach_under(_folder: &Path) {}
