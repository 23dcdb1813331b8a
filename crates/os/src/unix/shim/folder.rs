//! Mount points: opened with the rights of whoever asked, and judged on the descriptor, so that
//! nothing can be exchanged between the look and the use.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::super::mounts::{Mount, Table};
use super::super::plan::{Caller, FolderPolicy};
use super::super::wire::{Failure, Step};

const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Magic numbers of the file systems that hold people's folders (`linux/magic.h`). A folder of
/// `/proc`, say, may belong to the caller without being theirs to mount on: programs of root
/// trust what is there.
const FOLDERS_OF_PEOPLE: &[u32] = &[
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
    0x794C_7630, // overlayfs
    0xF2F5_2010, // F2FS
    0xCA45_1A4E, // bcachefs
    0x2FC1_2FC1, // ZFS
    0x3153_464A, // JFS
    0x5265_4973, // ReiserFS
    0x6969,      // NFS
    0xFF53_4D42, // CIFS
    0xFE53_4D42, // SMB
    0x00C3_6400, // Ceph
    0x0102_1997, // 9P
    0x6573_5546, // FUSE
    0xF15F,      // eCryptfs
    0x4D44,      // FAT
    0x2011_BAB0, // exFAT
    0x7366_746E, // NTFS
    0x0116_1970, // GFS2
    0x7461_636F, // OCFS2
    0x5346_414F, // AFS
    0x6B41_4653, // AFS (kAFS)
    0x786F_4256, // VirtualBox folders
];

/// Opens `path` as the caller, through no link.
pub(super) fn open_for_caller(path: &Path, caller: &Caller) -> Result<OwnedFd, Failure> {
    absolute(path)?;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(CWD, path, FOLDER, Mode::empty(), resolve).map_err(|e| match e {
        Errno::LOOP => Failure::refused(
            Step::MountPointRefused,
            "there is a symbolic link in the path",
        ),
        Errno::ACCESS => busy(path).unwrap_or_else(|| {
            Failure::refused(
                Step::MountPointRefused,
                format!("user {} may not go there", caller.uid),
            )
        }),
        other => opening(path, other),
    })
}

/// Decides whether the caller may have a fixed account mount on the folder; returns where it is.
pub(super) fn judge(
    folder: &OwnedFd,
    caller: &Caller,
    policy: &FolderPolicy,
) -> Result<PathBuf, Failure> {
    let looking =
        |e: Errno| Failure::new(Step::MountPoint, e, format!("it can't be looked at: {e}"));
    let stat = rustix::fs::fstat(folder).map_err(looking)?;
    let file_system = rustix::fs::fstatfs(folder).map_err(looking)?.f_type;
    // The field's width differs between machines; magic numbers have 32 bits.
    if !FOLDERS_OF_PEOPLE.contains(&(file_system as u32)) {
        let reason = format!("its file system (type {file_system:#x}) is not for mounting on");
        return Err(Failure::refused(Step::MountPointRefused, reason));
    }
    let canonical = place_of(folder)?;
    let owned = policy.owned && stat.st_uid == caller.uid;
    let beneath = |allowed: &PathBuf| canonical != *allowed && canonical.starts_with(allowed);
    if !owned && !policy.under.iter().any(beneath) {
        let reason = format!(
            "it is neither a folder of user {} nor beneath a folder that the class allows",
            caller.uid
        );
        return Err(Failure::refused(Step::MountPointRefused, reason));
    }
    not_mounted_on(folder, &canonical)?;
    Ok(canonical)
}

/// Opens `path` as the account that the process runs as, which may follow links on its own
/// authority; returns where it is.
pub(super) fn open_as_account(path: &Path) -> Result<PathBuf, Failure> {
    absolute(path)?;
    let folder =
        rustix::fs::openat(CWD, path, FOLDER, Mode::empty()).map_err(|e| opening(path, e))?;
    let canonical = place_of(&folder)?;
    not_mounted_on(&folder, &canonical)?;
    Ok(canonical)
}

fn absolute(path: &Path) -> Result<(), Failure> {
    if path.is_absolute() {
        return Ok(());
    }
    Err(Failure::refused(
        Step::MountPointRefused,
        "it is not an absolute path",
    ))
}

fn opening(path: &Path, error: Errno) -> Failure {
    if matches!(error, Errno::ACCESS | Errno::NOTCONN)
        && let Some(busy) = busy(path)
    {
        return busy;
    }
    let words = match error {
        Errno::ACCESS => "the account may not go there".to_owned(),
        Errno::LOOP => "there are too many symbolic links in the path".to_owned(),
        Errno::NOTCONN => "it is on a file system whose server has ended".to_owned(),
        other => format!("it can't be opened: {other}"),
    };
    Failure::new(Step::MountPoint, error, words)
}

/// What is mounted at exactly `path`, if that is why it can't be opened: others may not enter a
/// FUSE mount, and nobody one whose server has ended.
fn busy(path: &Path) -> Option<Failure> {
    let table = Table::read().ok()?;
    table.topmost_at(path).map(mounted_there)
}

fn mounted_there(mount: &Mount) -> Failure {
    let reason = format!("{} is mounted there", mount.fs_type.escape_debug());
    Failure::refused(Step::MountPointBusy, reason)
}

/// The path of an opened folder, as the kernel knows it.
pub(super) fn place_of(folder: impl AsFd) -> Result<PathBuf, Failure> {
    let link = format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd());
    let place =
        std::fs::read_link(link).map_err(|e| Failure::new(Step::Mount, e, "read its place"))?;
    // A folder that was removed, or is outside of what this process can reach.
    let reachable = place.is_absolute() && !place.as_os_str().as_bytes().ends_with(b" (deleted)");
    if reachable {
        Ok(place)
    } else {
        Err(Failure::new(
            Step::MountPoint,
            Errno::NOENT,
            "it was removed meanwhile",
        ))
    }
}

/// The ID of the mount that an opened file is in. Unlike statx this asks no file system.
pub(super) fn mount_id_of(file: impl AsFd) -> Result<u64, Failure> {
    let name = format!("/proc/self/fdinfo/{}", file.as_fd().as_raw_fd());
    let failed = |e: io::Error| Failure::new(Step::Mount, e, "read its mount ID");
    let text = std::fs::read_to_string(name).map_err(failed)?;
    text.lines()
        .find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
        .ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))
}

/// Refuses the root of a mount: whoever opens a folder that is mounted on gets that.
fn not_mounted_on(folder: &OwnedFd, canonical: &Path) -> Result<(), Failure> {
    let table = Table::read().map_err(|e| Failure::new(Step::Mount, e, "read the mounts"))?;
    let id = mount_id_of(folder)?;
    match table.by_id(id) {
        Some(mount) if mount.mount_point == canonical => Err(mounted_there(mount)),
        Some(_) | None => Ok(()),
    }
}
