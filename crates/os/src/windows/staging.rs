//! Mounts that are made elsewhere and moved to their place: none on Windows,
//! where a mount is the file system's own business.

use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
};

use super::{detach::MountError, identity::Identity, places::Places, spawner::Spawner};

/// There is none on Windows.
#[derive(Debug, Clone)]
pub struct Staging(Infallible);

/// A folder that a mount would be moved onto: there is none on Windows.
#[derive(Debug)]
pub struct Folder(Infallible);

impl Staging {
    /// Where mounts for others are made: nowhere on Windows.
    ///
    /// # Errors
    /// None on Windows.
    pub fn of(_: &Places, _user_mode: bool, _: &Spawner) -> io::Result<Option<Staging>> {
        Ok(None)
    }

    /// Would make the mount point of an instance.
    ///
    /// # Errors
    /// None on Windows.
    pub fn create_for(&self, _id: &str, _: &Identity) -> io::Result<PathBuf> {
        match self.0 {}
    }

    /// Would move a mount to its place.
    ///
    /// # Errors
    /// None on Windows.
    pub async fn attach(
        &self,
        _id: &str,
        _mount_id: u64,
        _destination: &Folder,
    ) -> Result<PathBuf, MountError> {
        match self.0 {}
    }

    /// Would be where the instance is to mount.
    pub fn mount_point(&self, _id: &str) -> PathBuf {
        match self.0 {}
    }

    /// Would remove the mount point of an instance.
    ///
    /// # Errors
    /// None on Windows.
    pub async fn remove(&self, _id: &str) -> Result<(), MountError> {
        match self.0 {}
    }

    /// Would take the folder away.
    ///
    /// # Errors
    /// None on Windows.
    pub fn close(&self) -> io::Result<()> {
        match self.0 {}
    }

    /// Would list what is there.
    ///
    /// # Errors
    /// None on Windows.
    pub fn instances(&self) -> io::Result<Vec<String>> {
        match self.0 {}
    }
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        match self.0 {}
    }
}
