//! What is done to a mount that is there by somebody other than the launcher: by mount(8) and
//! umount(8), for the user who called them. The mount point is never asked for anything.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::mount::UnmountFlags;

use super::detach::says_busy;
use super::mounts::Mount;
use super::{accounts, raw};

/// What a mount can forbid, by the names that mount(8) has for it.
const RESTRICTIONS: [(&str, u64); 7] = [
    ("ro", libc::MOUNT_ATTR_RDONLY),
    ("nosuid", libc::MOUNT_ATTR_NOSUID),
    ("nodev", libc::MOUNT_ATTR_NODEV),
    ("noexec", libc::MOUNT_ATTR_NOEXEC),
    ("nosymfollow", libc::MOUNT_ATTR_NOSYMFOLLOW),
    ("noatime", libc::MOUNT_ATTR_NOATIME),
    ("nodiratime", libc::MOUNT_ATTR_NODIRATIME),
];

/// Whether a mount can forbid what this option of mount(8) says.
pub fn is_restriction(option: &str) -> bool {
    attribute(option).is_some()
}

/// Lets a mount forbid what these options of mount(8) say, beside what it forbids already.
///
/// # Errors
/// `PermissionDenied` for anybody but root; the mount is gone or covered; an option is none.
pub fn restrict(mount: &Mount, options: &[&str]) -> io::Result<()> {
    let mut attributes = 0;
    for option in options {
        let words = || format!("'{option}' is nothing that a mount can forbid");
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, words());
        attributes |= attribute(option).ok_or_else(unknown)?;
    }
    raw::forbid(open_root(mount)?.as_fd(), attributes)
}

fn attribute(option: &str) -> Option<u64> {
    let found = RESTRICTIONS.iter().find(|(name, _)| *name == option);
    found.map(|(_, attribute)| *attribute)
}

/// How a mount is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmount {
    /// If nobody uses it.
    IfIdle,
    /// At once, for who comes later; for who uses it, when they are done.
    Lazily,
}

/// Takes a mount away, as the user who runs this.
///
/// # Errors
/// `ResourceBusy` if it is in use; what the system says.
///
/// # Platform behaviour
/// On Unix, `fusermount3` does it for users other than root.
pub fn unmount(mount: &Mount, how: Unmount) -> io::Result<()> {
    // Root may be root of a sandbox, where the kernel decides.
    if rustix::process::geteuid().is_root() {
        let flags = match how {
            Unmount::IfIdle => UnmountFlags::NOFOLLOW,
            Unmount::Lazily => UnmountFlags::NOFOLLOW | UnmountFlags::DETACH,
        };
        return Ok(rustix::mount::unmount(&mount.mount_point, flags)?);
    }
    let mut command = Command::new("/usr/bin/fusermount3");
    command.arg("-u");
    if how == Unmount::Lazily {
        command.arg("-z");
    }
    command.arg("--").arg(&mount.mount_point);
    let said = command.stdin(Stdio::null()).env("LC_ALL", "C").output()?;
    if said.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&said.stderr).trim().to_owned();
    let kind = match says_busy(&words) {
        true => io::ErrorKind::ResourceBusy,
        false => io::ErrorKind::PermissionDenied,
    };
    Err(io::Error::new(kind, words))
}

/// Whether a FUSE mount was made by root, or by the user who runs this.
pub fn is_of_root_or_self(mount: &Mount) -> bool {
    let mut options = mount.super_options.split(',');
    let user = options.find_map(|option| option.strip_prefix("user_id="));
    let user = user.and_then(|user| user.parse::<u32>().ok());
    user.is_some_and(|user| user == 0 || user == rustix::process::getuid().as_raw())
}

/// The name of the user who runs this.
pub fn own_name() -> Option<String> {
    accounts::user_by_uid(rustix::process::getuid().as_raw()).map(|user| user.name)
}

/// Whether this program has got rights that the user who runs it does not have.
pub fn has_rights_of_another() -> bool {
    rustix::process::getuid() != rustix::process::geteuid()
        || rustix::process::getgid() != rustix::process::getegid()
}

/// Opens the root of the mount, for reference only, through no link.
fn open_root(mount: &Mount) -> io::Result<OwnedFd> {
    let root = rustix::fs::openat2(
        CWD,
        &mount.mount_point,
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", root.as_raw_fd()))?;
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    match id.and_then(|id| id.trim().parse::<u64>().ok()) {
        Some(id) if id == mount.id => Ok(root),
        Some(_) | None => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "something else is mounted there by now",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::Table;
    use fslaunch_core::arguments::mount_options;

    #[test]
    fn what_a_mount_can_forbid_is_what_may_be_asked_of_it_beside_to_be_writable() {
        let forbidding = RESTRICTIONS.map(|(name, _)| name);
        assert_eq!(
            ["rw"]
                .iter()
                .chain(&forbidding)
                .copied()
                .collect::<Vec<_>>(),
            mount_options::WORDS
        );
    }

    #[test]
    fn an_option_that_forbids_nothing_is_named() {
        let table = Table::read().unwrap();
        let mount = table.iter().next().unwrap();
        let error = restrict(mount, &["nosuid", "nonsense"]).unwrap_err();
        assert!(error.to_string().contains("'nonsense'"), "{error}");
        assert!(is_restriction("noexec") && !is_restriction("exec"));
    }

    #[test]
    fn a_mount_that_something_else_has_taken_the_place_of_is_left_alone() {
        let table = Table::read().unwrap();
        let mount = table.topmost_at(std::path::Path::new("/proc")).unwrap();
        let mut other = mount.clone();
        other.id += 1_000_000;
        assert!(open_root(mount).is_ok());
        assert!(restrict(&other, &["noexec"]).is_err());
    }
}
