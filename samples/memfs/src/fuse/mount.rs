//! Mounting, and taking the mount away again wherever it is by then.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memfs::command_line::Options;
use memfs::mount_options::Restriction;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};

use super::device::Device;
use super::error::Error;
use super::fusermount;
use super::mountinfo::{self, Mounted};

/// What mountinfo shows as type after `fuse.`, unless `-F` says otherwise.
const SUBTYPE: &str = "memfs";

/// What to mount, and where.
#[derive(Debug)]
pub(super) struct Request {
    /// Without symbolic links.
    pub(super) point: PathBuf,
    pub(super) source: OsString,
    pub(super) subtype: String,
    pub(super) restrictions: Vec<Restriction>,
    allow_other: bool,
}

impl Request {
    /// Checks the mount point. It is the last time that anything touches it: from the mount on, that could wait for
    /// this very process.
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let source = options.prefix.clone().unwrap_or_else(|| SUBTYPE.into());
        if source.as_bytes().contains(&0) {
            return Err(Error::Prefix);
        }
        Ok(Self {
            point: check(Path::new(&options.mount_point))?,
            source,
            // Types of file systems are written in small letters here.
            subtype: options
                .reported_type
                .as_deref()
                .unwrap_or(SUBTYPE)
                .to_ascii_lowercase(),
            restrictions: options.restrictions.clone(),
            allow_other: may_allow_other(),
        })
    }

    /// The type, as mountinfo shows it.
    fn kind(&self) -> String {
        format!("fuse.{}", self.subtype)
    }

    /// Options that the kernel and fusermount3 have in common.
    pub(super) fn permissions(&self) -> &'static str {
        if self.allow_other {
            "default_permissions,allow_other"
        } else {
            "default_permissions"
        }
    }
}

fn check(point: &Path) -> Result<PathBuf, Error> {
    let unusable = |error| Error::MountPoint(point.to_owned(), error);
    if !std::fs::metadata(point).map_err(unusable)?.is_dir() {
        return Err(Error::NotAFolder(point.to_owned()));
    }
    let point = point.canonicalize().map_err(unusable)?;
    // Of two user-mode file systems on one folder the second would hide the first. Others may be covered: a folder
    // may well be a mount of its own.
    match mounted_on(&point).map_err(unusable)? {
        // Only this asks its program, and so tells whether there is one.
        Some(there)
            if there.is_fuse() && rustix::fs::statvfs(&point).err() == Some(Errno::NOTCONN) =>
        {
            Err(Error::Stale(point))
        }
        Some(there) if there.is_fuse() => Err(Error::Busy {
            point,
            mounted: there.to_string(),
        }),
        Some(_) | None => Ok(point),
    }
}

fn mounted_on(point: &Path) -> io::Result<Option<Mounted>> {
    Ok(mountinfo::read()?
        .into_iter()
        .rev()
        .find(|mounted| mounted.point == point))
}

/// Whether other users may be let in: root decides for itself, others are allowed to by `/etc/fuse.conf`.
fn may_allow_other() -> bool {
    let conf = || std::fs::read_to_string("/etc/fuse.conf").unwrap_or_default();
    rustix::process::geteuid().is_root()
        || conf().lines().any(|line| line.trim() == "user_allow_other")
}

/// Mounts, and hands out the device to serve it by.
pub(super) fn mount(request: &Request) -> Result<(OwnedFd, Mount), Error> {
    let device = Device::open().map_err(Error::device)?;
    let device = match mount_directly(request, &device) {
        Ok(()) => OwnedFd::from(device),
        Err(Errno::PERM) => fusermount::mount(request)?,
        Err(error) => return Err(Error::Mount(request.point.clone(), error.into())),
    };
    let number = number(&device).or_else(|| {
        let mounts = mountinfo::read().ok()?;
        ours(&mounts, request).map(|mounted| mounted.device.clone())
    });
    Ok((
        device,
        Mount {
            point: request.point.clone(),
            device: number,
        },
    ))
}

/// The number of the file system that this device serves, as mountinfo has it. Older kernels do not tell.
fn number(device: &OwnedFd) -> Option<String> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", device.as_raw_fd())).ok()?;
    let number = info
        .lines()
        .find_map(|line| line.strip_prefix("fuse_connection:"))?;
    // It has a device without a driver, as all file systems that are on none.
    Some(format!("0:{}", number.trim()))
}

/// What was just mounted. Whoever waits for it may have mounted something else over it by now.
fn ours<'a>(mounts: &'a [Mounted], request: &Request) -> Option<&'a Mounted> {
    let kind = request.kind();
    mounts.iter().rev().find(|mounted| {
        mounted.point == request.point && mounted.kind == kind && mounted.source == request.source
    })
}

fn mount_directly(request: &Request, device: &File) -> Result<(), Errno> {
    let data = format!(
        "fd={},rootmode=40000,user_id={},group_id={},{}",
        device.as_raw_fd(),
        rustix::process::getuid(),
        rustix::process::getgid(),
        request.permissions(),
    );
    let data = CString::new(data).map_err(|_| Errno::INVAL)?;
    let mut flags = MountFlags::NOSUID | MountFlags::NODEV;
    flags.extend(request.restrictions.iter().map(|one| flag(*one)));
    rustix::mount::mount(
        request.source.as_os_str(),
        &request.point,
        request.kind(),
        flags,
        data.as_c_str(),
    )
}

fn flag(restriction: Restriction) -> MountFlags {
    match restriction {
        Restriction::ReadOnly => MountFlags::RDONLY,
        Restriction::NoExec => MountFlags::NOEXEC,
        Restriction::NoSymFollow => MountFlags::NOSYMFOLLOW,
        Restriction::NoAtime => MountFlags::NOATIME,
        Restriction::NoDirAtime => MountFlags::NODIRATIME,
    }
}

/// A mount to be taken away.
#[derive(Debug)]
pub(super) struct Mount {
    point: PathBuf,
    /// As mountinfo names it; the same wherever the mount was moved or bound to. `None` where it could not be found
    /// out, or the mount was moved before it was.
    device: Option<String>,
}

impl Mount {
    /// Takes all mounts of the file system away, also busy ones. It is no error if there are none any more.
    pub(super) fn unmount(&self) -> io::Result<()> {
        let Some(device) = &self.device else {
            return match mounted_on(&self.point)? {
                // It may be that of somebody else by now: no force.
                Some(there) if there.is_fuse() => unmount(&self.point, UnmountFlags::empty()),
                Some(_) | None => Ok(()),
            };
        };
        let mounts = mountinfo::read()?;
        // Those on top of others first.
        for mounted in mounts
            .iter()
            .rev()
            .filter(|mounted| mounted.device == *device)
        {
            let covers =
                |other: &&Mounted| other.parent == mounted.id && other.point == mounted.point;
            match mounts
                .iter()
                .find(|other| covers(other) && other.device != *device)
            {
                // By its path only what covers it could be reached.
                Some(cover) => {
                    return Err(io::Error::other(format!(
                        "{} is covered by {cover}",
                        mounted.point.display()
                    )));
                }
                None => unmount(&mounted.point, UnmountFlags::FORCE)?,
            }
        }
        Ok(())
    }
}

/// Takes the topmost mount at a path away, also if it is busy. Force cuts the connection first: without it, the kernel
/// would still give back each node by itself to a process that is about to end.
fn unmount(point: &Path, force: UnmountFlags) -> io::Result<()> {
    match rustix::mount::unmount(point, force | UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
        Ok(()) | Err(Errno::INVAL | Errno::NOENT) => Ok(()),
        Err(Errno::PERM) => fusermount::unmount(point),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(id: u32, point: &str, kind: &str, source: &str) -> Mounted {
        Mounted {
            id,
            parent: id - 1,
            device: format!("0:{id}"),
            point: point.into(),
            kind: kind.to_owned(),
            source: source.into(),
        }
    }

    #[test]
    fn what_was_just_mounted_is_found_under_what_covers_it_already() {
        let request = Request {
            point: "/mnt".into(),
            source: r"\memfs64\share".into(),
            subtype: "ntfs".to_owned(),
            restrictions: Vec::new(),
            allow_other: true,
        };
        let own = mounted(9, "/mnt", "fuse.ntfs", r"\memfs64\share");
        let mut mounts = vec![
            mounted(6, "/mnt", "fuse.ntfs", r"\memfs64\share"),
            mounted(7, "/mnt", "tmpfs", "over one that is dead"),
            mounted(8, "/elsewhere", "fuse.ntfs", r"\memfs64\share"),
        ];
        assert_eq!(ours(&mounts, &request).map(|found| found.id), Some(6));
        mounts.push(own);
        mounts.push(mounted(10, "/mnt", "tmpfs", "cover"));
        mounts.push(mounted(11, "/mnt", "fuse.bindfs", r"\memfs64\share"));
        mounts.push(mounted(12, "/mnt", "fuse.ntfs", r"\memfs64\other"));
        assert_eq!(ours(&mounts, &request).map(|found| found.id), Some(9));
        assert_eq!(ours(&mounts[1..3], &request), None);
    }
}
