//! What is left of the mounts of instances that have ended: nothing on
//! Windows, where a volume and its drive letter go with the process.

use std::path::Path;

use super::spawner::Spawner;

/// Why something could not be done about a mount: nothing is ever done here.
#[derive(Debug, thiserror::Error)]
pub enum MountError {}

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
}
