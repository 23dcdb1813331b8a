//! What is left of the mounts of instances that have ended: nothing on
//! Windows, where a volume and its drive letter go with the process.

use std::path::Path;

use super::spawner::Spawner;

/// Why something could not be done about a mount.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// Only its file system can take it away.
    #[error("a drive goes when its file system ends, and not before")]
    OfItsProcess,
}

impl Spawner {
    /// Detaches a mount; returns whether there was something to do. There is
    /// not on Windows: the link behind a drive letter is its file system's,
    /// and goes when that does.
    ///
    /// # Errors
    /// None on Windows.
    pub async fn detach(&self, _mount_id: u64, _path: &Path) -> Result<bool, MountError> {
        Ok(false)
    }

    /// Unmounts what nobody uses; returns whether it is gone.
    ///
    /// # Errors
    /// Always on Windows.
    pub async fn unmount(&self, _mount_id: u64, _path: &Path) -> Result<bool, MountError> {
        Err(MountError::OfItsProcess)
    }
}
