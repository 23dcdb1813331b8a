//! What a machine has that a test may need.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::needs::Need;

pub(crate) use super::cgroup::are_writable as are_there_cgroups;

/// Why nothing can be mounted here, if so.
pub(crate) fn is_fuse_lacking() -> Option<String> {
    let Ok(device) = std::fs::metadata("/dev/fuse") else {
        return Some("no /dev/fuse".to_owned());
    };
    if device.permissions().mode() & 0o006 != 0o006 {
        return Some("/dev/fuse is not open to every user".to_owned());
    }
    // A folder made by debootstrap has none before it is booted.
    if !Path::new("/etc/mtab").exists() {
        return Some("no /etc/mtab, by which fusermount3 unmounts".to_owned());
    }
    Need::Program("fusermount3").lack()
}

/// Whether so many files may be open at once.
pub(crate) fn may_open(count: u64) -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.is_none_or(|current| current >= count)
}

/// Why callers can't be told apart here, if so: on this system they always can.
pub(crate) fn are_callers_lacking() -> Option<String> {
    None
}

/// Why no command lines can be read here, if so: everybody may.
pub(crate) fn are_command_lines_lacking() -> Option<String> {
    None
}

/// Why the tests can't read the arguments of all processes, if so: they can.
pub(crate) fn are_arguments_lacking() -> Option<String> {
    None
}

/// Why the tests can't read the environments of processes, if so: they can.
pub(crate) fn are_environments_lacking() -> Option<String> {
    None
}

/// Why there are no two ordinary users here, if so: every Debian has them.
pub(crate) fn are_users_lacking() -> Option<String> {
    None
}
