//! Where fixed accounts mount for other callers, before the mount is moved to its place.
//!
//! A file system that runs as root or a service account would mount at whatever the caller's
//! path means at that moment. Instead it mounts in a folder of ours; a child then takes the
//! mount away from there, forbids set-user-ID programs and devices in it, and moves it onto the
//! very folder that was checked, by descriptor. The mount ID stays the same.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};

use rustix::mount::{MountPropagationFlags, UnmountFlags};

use super::detach::MountError;
use super::mounts::Table;
use super::spawner::Spawner;
use super::wire::Request;

const MOUNT_POINT: &str = "mnt";

/// The folder that holds a mount point for each instance that needs one. For root only.
#[derive(Debug, Clone)]
pub struct Staging {
    folder: PathBuf,
    spawner: Spawner,
}

impl Staging {
    /// Makes `folder` ready, or takes over what an earlier launcher left. Its path must be
    /// absolute and canonical, and the folders above it root's.
    ///
    /// # Errors
    /// When it can't be made or is not root's, or mounting is not allowed here.
    pub fn open(folder: &Path, spawner: Spawner) -> io::Result<Self> {
        match DirBuilder::new().mode(0o711).create(folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            Ok(()) | Err(_) => {}
        }
        let metadata = fs::symlink_metadata(folder)?;
        if !metadata.is_dir() || metadata.uid() != 0 || metadata.mode() & 0o022 != 0 {
            let text = format!(
                "{} is not a folder that only root can write to",
                folder.display()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        // The kernel moves no mount away from a place whose mounts are shared with other
        // namespaces, as all are under systemd: a private mount of the folder on itself.
        if Table::read()?.topmost_at(folder).is_none() {
            rustix::mount::mount_bind(folder, folder)?;
        }
        rustix::mount::mount_change(folder, MountPropagationFlags::PRIVATE)?;
        Ok(Self {
            folder: folder.to_owned(),
            spawner,
        })
    }

    /// Makes the mount point of the instance `id`, which only `uid` (and root) can reach.
    ///
    /// # Errors
    /// When it exists or can't be made.
    pub fn create(&self, id: &str, uid: u32, gid: u32) -> io::Result<PathBuf> {
        let folder = self.folder.join(id);
        let mount_point = folder.join(MOUNT_POINT);
        DirBuilder::new().mode(0o700).create(&folder)?;
        // While the folder above is still root's, nobody can put a link in the way.
        DirBuilder::new().mode(0o700).create(&mount_point)?;
        chown(&mount_point, Some(uid), Some(gid))?;
        chown(&folder, Some(uid), Some(gid))?;
        Ok(mount_point)
    }

    /// Moves the mount with this ID from the mount point of `id` onto `destination`, the
    /// descriptor of [`MountPoint`](super::spawner::MountPoint); returns where it is then.
    ///
    /// # Errors
    /// When another mount is there, the folder was removed, or the system refuses. The mount
    /// is then still where it was: end its process and [`Staging::remove`] it.
    pub async fn attach(
        &self,
        id: &str,
        mount_id: u64,
        destination: BorrowedFd<'_>,
    ) -> Result<PathBuf, MountError> {
        let path = self.mount_point(id);
        let request = Request::Attach {
            mount_id,
            path: path.as_path().into(),
        };
        let place = self
            .spawner
            .on_mount(&path, &request, &[destination.as_fd()])
            .await?;
        place.ok_or_else(|| MountError::Child {
            path,
            source: io::ErrorKind::InvalidData.into(),
        })
    }

    /// Where the instance `id` is to mount.
    pub fn mount_point(&self, id: &str) -> PathBuf {
        self.folder.join(id).join(MOUNT_POINT)
    }

    /// Removes the mount point of the instance `id`, detaching what is still mounted there.
    /// One that does not exist is no error.
    ///
    /// # Errors
    /// When it could not be removed in time.
    pub async fn remove(&self, id: &str) -> Result<(), MountError> {
        let folder = self.folder.join(id);
        let request = Request::Unstage {
            path: folder.as_path().into(),
        };
        self.spawner
            .on_mount(&folder, &request, &[])
            .await
            .map(|_| ())
    }

    /// Takes the private mount of the folder away again, unless an instance has a mount point
    /// in it. The folder itself stays.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn close(&self) -> io::Result<()> {
        if self.instances()?.is_empty() {
            rustix::mount::unmount(&self.folder, UnmountFlags::DETACH)?;
        }
        Ok(())
    }

    /// The ids that have a mount point here, those of an earlier launcher included.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn instances(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            ids.extend(entry?.file_name().into_string());
        }
        Ok(ids)
    }
}
