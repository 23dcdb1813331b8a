//! Mounting where an automounter waits for the mount: there is none on Windows.

use std::io;
use std::path::{Path, PathBuf};

use super::mounts::{Mount, Table};

/// Whether an automounter waits for what is mounted at `place`: never here.
pub fn is_awaited(_table: &Table, _place: &Path) -> bool {
    false
}

/// A folder in which a file system mounts before it is moved.
#[derive(Debug)]
pub enum Stage {}

impl Stage {
    /// Makes one.
    ///
    /// # Errors
    /// Always on Windows.
    pub fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Where to mount.
    pub fn mount_point(&self) -> PathBuf {
        match *self {}
    }

    /// Moves the mount to its place.
    ///
    /// # Errors
    /// Never: there is no such folder.
    pub fn attach(&self, _mount: &Mount, _place: &Path) -> io::Result<()> {
        match *self {}
    }
}
