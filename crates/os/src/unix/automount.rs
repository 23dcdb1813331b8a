//! Mounting where an automounter waits for the mount: autofs, or systemd's automount units.
//!
//! The kernel holds up everybody who goes to such a place until something is mounted there, but
//! for the automounter's own process group: neither the launcher nor a file system can mount
//! there. mount(8) and its helper are in that group. So the file system mounts in a folder of
//! the helper's, and the helper moves the mount to where it belongs. Its mount ID stays the
//! same, by which the launcher finds it again.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::mount::{MountPropagationFlags, UnmountFlags};

use super::mounts::{Mount, Table};
use super::random;

const FOLDER: &str = "/run";

/// Whether an automounter waits for what is mounted at `place`, a canonical path.
pub fn is_awaited(table: &Table, place: &Path) -> bool {
    let above = table
        .iter()
        .filter(|mount| place.starts_with(&mount.mount_point));
    let nearest = above.max_by_key(|mount| mount.mount_point.components().count());
    let topmost = nearest.and_then(|mount| table.topmost_at(&mount.mount_point));
    topmost.is_some_and(|mount| mount.fs_type == "autofs")
}

/// A folder of root's in which a file system mounts before it is moved. It is removed when this
/// is dropped.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// Makes one.
    ///
    /// # Errors
    /// For anybody but root; what the system says.
    pub fn open() -> io::Result<Self> {
        let name = format!("fslaunch-mount-{:016x}", random::random_u64()?);
        let folder = Path::new(FOLDER).canonicalize()?.join(name);
        DirBuilder::new().mode(0o711).create(&folder)?;
        // From here on it is removed, whatever happens.
        let stage = Self { folder };
        DirBuilder::new().mode(0o700).create(stage.mount_point())?;
        // The kernel moves no mount away from a place whose mounts are shared with other
        // namespaces, as all are under systemd.
        rustix::mount::mount_bind(&stage.folder, &stage.folder)?;
        rustix::mount::mount_change(&stage.folder, MountPropagationFlags::PRIVATE)?;
        Ok(stage)
    }

    /// Where to mount.
    pub fn mount_point(&self) -> PathBuf {
        self.folder.join("mnt")
    }

    /// Moves the mount to its place.
    ///
    /// # Errors
    /// What the system says.
    pub fn attach(&self, mount: &Mount, place: &Path) -> io::Result<()> {
        Ok(rustix::mount::mount_move(&mount.mount_point, place)?)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What can't be removed is a folder of root's in a place that the next boot empties.
        let flags = UnmountFlags::DETACH | UnmountFlags::NOFOLLOW;
        let _ = rustix::mount::unmount(&self.folder, flags);
        let _ = fs::remove_dir(self.mount_point());
        let _ = fs::remove_dir(&self.folder);
    }
}
