//! Where fixed accounts mount for other callers, before the mount is moved to its place.
//!
//! A file system that runs as root or a service account would mount at whatever the caller's
//! path means at that moment. Instead it mounts in a folder of ours; a child then takes the
//! mount away from there, forbids set-user-ID programs and devices in it, and moves it onto the
//! very folder that was checked, by descriptor. The mount ID stays the same.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, UnmountFlags};

use super::detach::MountError;
use super::identity::Identity;
use super::mounts::Table;
use super::places::Places;
use super::spawner::Spawner;
use super::wire::Request;

const MOUNT_POINT: &str = "mnt";

/// The folder that holds a mount point for each instance that needs one. For root only.
#[derive(Debug, Clone)]
pub struct Staging {
    folder: PathBuf,
    spawner: Spawner,
    /// Keeps other launchers from the folder.
    _lock: Arc<OwnedFd>,
}

/// A folder that a mount is to be moved onto, opened for reference only and checked as the
/// caller: what [`Staging::attach`] needs. It pins the caller's file system.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    pub(super) fn new(folder: OwnedFd) -> Self {
        Self(folder)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Staging {
    /// Makes `folder` ready, or takes over what an earlier launcher left. Its path must be
    /// absolute and canonical, and the folders above it root's.
    ///
    /// # Errors
    /// When it can't be made, is not root's or is in use by another launcher, or mounting is not
    /// allowed here.
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
        let lock = OwnedFd::from(fs::File::open(folder)?);
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let text = format!("{} is in use by another launcher", folder.display());
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
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
            _lock: Arc::new(lock),
        })
    }

    /// Where mounts for others are made: beneath the daemon's places; nowhere in user mode, where
    /// there are no others.
    ///
    /// # Errors
    /// As [`Staging::open`].
    pub fn of(places: &Places, user_mode: bool, spawner: &Spawner) -> io::Result<Option<Self>> {
        let folder = places.runtime_dir.join("staging");
        (!user_mode)
            .then(|| Staging::open(&folder, spawner.clone()))
            .transpose()
    }

    /// Makes the mount point of the instance `id`, which only `uid` (and root) can reach.
    ///
    /// # Errors
    /// When it exists or can't be made.
    pub fn create(&self, id: &str, uid: u32, gid: u32) -> io::Result<PathBuf> {
        let folder = self.folder.join(id);
        let mount_point = folder.join(MOUNT_POINT);
        DirBuilder::new().mode(0o700).create(&folder)?;
        DirBuilder::new().mode(0o700).create(&mount_point)?;
        // The folder above stays root's: nobody can put anything in the way of its removal.
        chown(&mount_point, Some(uid), Some(gid))?;
        let_through(&folder, uid, gid)?;
        Ok(mount_point)
    }

    /// As [`Staging::create`], for the account that an instance runs as.
    ///
    /// # Errors
    /// The same.
    pub fn create_for(&self, id: &str, identity: &Identity) -> io::Result<PathBuf> {
        self.create(id, identity.uid(), identity.gid())
    }

    /// Moves the mount with this ID from the mount point of `id` onto `destination`, which
    /// comes with [`MountPoint`](super::spawner::MountPoint); returns where it is then.
    ///
    /// # Errors
    /// When another mount is there, the folder was removed, or the system refuses. The mount
    /// is then still where it was: end its process and [`Staging::remove`] it.
    pub async fn attach(
        &self,
        id: &str,
        mount_id: u64,
        destination: &Folder,
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

/// Lets `uid` and nobody else go through a folder of root's, which it can't read or change.
fn let_through(folder: &Path, uid: u32, gid: u32) -> io::Result<()> {
    if uid == 0 {
        return Ok(());
    }
    match rustix::fs::setxattr(
        folder,
        "system.posix_acl_access",
        &only_through(uid),
        XattrFlags::empty(),
    ) {
        // Without access control lists there is only the group, with whoever else is in it.
        Err(Errno::OPNOTSUPP) => {
            chown(folder, None, Some(gid))?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o710))
        }
        other => Ok(other?),
    }
}

/// An access control list in the form of `linux/posix_acl_xattr.h`: all for the owner, passage
/// for `uid`, nothing for others.
fn only_through(uid: u32) -> Vec<u8> {
    const VERSION: u32 = 2;
    const NOBODY_IN_PARTICULAR: u32 = u32::MAX;
    const OWNER: u16 = 0x01;
    const USER: u16 = 0x02;
    const OWNING_GROUP: u16 = 0x04;
    const MASK: u16 = 0x10;
    const OTHER: u16 = 0x20;
    let entries = [
        (OWNER, 7_u16, NOBODY_IN_PARTICULAR),
        (USER, 1, uid),
        (OWNING_GROUP, 0, NOBODY_IN_PARTICULAR),
        (MASK, 1, NOBODY_IN_PARTICULAR),
        (OTHER, 0, NOBODY_IN_PARTICULAR),
    ];
    let mut list = VERSION.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}
