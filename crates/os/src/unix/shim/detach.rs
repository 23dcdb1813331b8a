//! Work on mounts: on an opened descriptor whose mount ID was compared, so that no other mount
//! can be hit, whatever the path means meanwhile. Only [`unmount`] has to go by a name.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;
use rustix::mount::{MoveMountFlags, UnmountFlags};

use super::super::mounts::{Mount, Table};
use super::super::raw;
use super::super::shown::shown;
use super::super::wire::{Failure, Step};
use super::folder::mount_id_of;

/// Detaches the FUSE mount `mount_id`, which must be the topmost at `path`.
pub(super) fn detach(mount_id: u64, path: &Path) -> Result<(), Failure> {
    let Some(mount) = fuse_mount(mount_id)? else {
        return Ok(());
    };
    let root = open_root(&mount, path)?;
    unmount_root(&root)
}

/// Unmounts the FUSE mount `mount_id`, which must be the topmost at `path`, if nobody uses it.
pub(super) fn unmount(mount_id: u64, path: &Path) -> Result<(), Failure> {
    let Some(mount) = fuse_mount(mount_id)? else {
        return Ok(());
    };
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        let reason = format!("{} is in no folder", shown(path));
        return Err(Failure::refused(Step::MountPointRefused, reason));
    };
    let above = open_without_links(above, OFlags::PATH)
        .map_err(|e| Failure::new(Step::Mount, e, format!("open {}", shown(above))))?;
    // Whoever has its root open uses it, so that is let go, and the system takes a name. In
    // another mount namespace, which lacks the mount, the folder that is mounted on can be
    // renamed, and another put in its place: what is there is compared by the last call before.
    drop(open_root(&mount, path)?);
    let place = Path::new("/proc/self/fd")
        .join(above.as_raw_fd().to_string())
        .join(name);
    let now = mount_id_at(&above, name)
        .map_err(|e| Failure::new(Step::Mount, e, format!("look at {}", shown(path))))?;
    if now.is_some_and(|now| now != mount_id) {
        let reason = format!("another mount is at {} by now", shown(path));
        return Err(Failure::refused(Step::MountPointRefused, reason));
    }
    rustix::mount::unmount(&place, UnmountFlags::NOFOLLOW)
        .map_err(|e| Failure::new(Step::Mount, e, "unmount"))
}

/// The ID of the mount at a name in a folder, without a reference to it that would keep it busy
/// and without a question to its file system. `None` before Linux 5.8, which does not tell.
fn mount_id_at(folder: &OwnedFd, name: &OsStr) -> Result<Option<u64>, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let found = rustix::fs::statx(folder, name, flags, StatxFlags::MNT_ID)?;
    let told = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
    Ok(told.then_some(found.stx_mnt_id))
}

/// Moves the FUSE mount `mount_id` from `path` onto the folder `destination`, as one that can
/// neither give rights nor hold devices; returns its new place.
pub(super) fn attach(
    mount_id: u64,
    path: &Path,
    destination: &OwnedFd,
) -> Result<PathBuf, Failure> {
    let gone = || Failure::new(Step::Mount, Errno::NOENT, "the mount is gone");
    let mount = fuse_mount(mount_id)?.ok_or_else(gone)?;
    let root = open_root(&mount, path)?;
    raw::forbid_suid_and_devices(root.as_fd())
        .map_err(|e| Failure::new(Step::Mount, e, "set nosuid and nodev"))?;
    let options = fuse_mount(mount_id)?.ok_or_else(gone)?.options;
    if !["nosuid", "nodev"]
        .iter()
        .all(|wanted| options.split(',').any(|option| option == *wanted))
    {
        return Err(Failure::refused(
            Step::Mount,
            "nosuid and nodev did not take effect",
        ));
    }
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(&root, c"", destination, c"", flags)
        .map_err(|e| Failure::new(Step::Mount, e, "move the mount to its place"))?;
    Ok(fuse_mount(mount_id)?.ok_or_else(gone)?.mount_point)
}

/// Removes the staging folder `path` with its mount point. Mounts left in it are detached.
pub(super) fn unstage(path: &Path) -> Result<(), Failure> {
    let table = Table::read().map_err(|e| Failure::new(Step::Mount, e, "read the mounts"))?;
    // Those mounted last are on top, or further inside.
    let mut inside: Vec<_> = table
        .iter()
        .filter(|mount| mount.mount_point.starts_with(path))
        .collect();
    inside
        .sort_by_key(|mount| std::cmp::Reverse((mount.mount_point.components().count(), mount.id)));
    for mount in inside {
        unmount_root(&open_root(mount, &mount.mount_point)?)?;
    }
    let removing = |e| Failure::new(Step::Mount, e, "remove the staging folder");
    let folder = match open_without_links(path, OFlags::RDONLY | OFlags::DIRECTORY) {
        Err(Errno::NOENT) => return Ok(()),
        other => other.map_err(removing)?,
    };
    match rustix::fs::unlinkat(&folder, c"mnt", AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => {}
        // The account may have put something into its folder; the one above is root's, so that
        // it is that folder, and std follows no link in it.
        Err(Errno::NOTEMPTY) => std::fs::remove_dir_all(path.join("mnt"))
            .map_err(|e| Failure::new(Step::Mount, e, "empty the staging folder"))?,
        Err(e) => return Err(removing(e)),
    }
    rustix::fs::rmdir(path).map_err(removing)
}

/// The mount with this ID, `None` if there is none any more.
fn fuse_mount(mount_id: u64) -> Result<Option<Mount>, Failure> {
    let table = Table::read().map_err(|e| Failure::new(Step::Mount, e, "read the mounts"))?;
    match table.by_id(mount_id) {
        Some(mount) if mount.is_fuse() => Ok(Some(mount.clone())),
        Some(other) => Err(Failure::refused(
            Step::MountPointRefused,
            format!("mount {mount_id} is of type {}", other.fs_type),
        )),
        None => Ok(None),
    }
}

/// Opens the root of `mount` at `path`, through no link.
fn open_root(mount: &Mount, path: &Path) -> Result<OwnedFd, Failure> {
    let root = open_without_links(path, OFlags::PATH)
        .map_err(|e| Failure::new(Step::Mount, e, format!("open {}", shown(path))))?;
    let found = mount_id_of(&root)?;
    if found == mount.id && mount.mount_point == path {
        return Ok(root);
    }
    let reason = format!(
        "mount {found} is at {}, not mount {}",
        shown(path),
        mount.id
    );
    Err(Failure::refused(Step::MountPointRefused, reason))
}

fn open_without_links(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(
        CWD,
        path,
        flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )
}

/// The link of an opened descriptor leads to exactly what was opened.
fn unmount_root(root: &OwnedFd) -> Result<(), Failure> {
    let link = format!("/proc/self/fd/{}", root.as_raw_fd());
    rustix::mount::unmount(link, UnmountFlags::DETACH)
        .map_err(|e| Failure::new(Step::Mount, e, "detach the mount"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_at_a_name_is_told_by_its_id() {
        let root = open_without_links(Path::new("/"), OFlags::PATH).unwrap();
        let table = Table::read().unwrap();
        let proc = table.topmost_at(Path::new("/proc")).unwrap().id;
        let found = mount_id_at(&root, OsStr::new("proc")).unwrap();
        assert!(found.is_none_or(|found| found == proc), "{found:?}");
        // A folder that nothing is mounted on is of the mount that it is in.
        let proc = open_without_links(Path::new("/proc"), OFlags::PATH).unwrap();
        let inside = mount_id_at(&proc, OsStr::new("self")).unwrap();
        assert_eq!(inside, found);
        let absent = mount_id_at(&proc, OsStr::new("no such name"));
        assert_eq!(absent, Err(Errno::NOENT));
    }
}
