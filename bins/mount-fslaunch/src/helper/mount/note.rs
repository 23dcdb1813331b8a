//! What umount(8) is to know of a mount: that it should ask us when somebody
//! other than root calls it. It keeps that in its own file, which only mount(8)
//! writes, under the name that is mounted.

use std::path::Path;
use std::process::{Command, Stdio};

use fslaunch_client::Instance;
use fslaunch_os::mounts::Mount;

use super::super::{noted, tell};

/// The one that the system has: what the environment says does not count.
const MOUNT: &str = "/usr/bin/mount";

/// Notes that umount(8) is to run `umount.fslaunch`, and for that one the instance. That it can't be noted
/// is no failure: root unmounts without it. mount(8) notes it by itself where
/// the file system is called what the source says.
pub(super) fn add(mount: &Mount, folder: &Path, source: &str, instance: &Instance, verbose: bool) {
    if mount.source == source {
        return;
    }
    let mut command = Command::new(MOUNT);
    let options = format!("uhelper=fslaunch,{}", noted::options(instance));
    command.args(["--fake", "--internal-only", "-o", &options]);
    command.arg("-t").arg(&mount.fs_type);
    command.arg("--").arg(&mount.source).arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).env_clear();
    let noted = command.status();
    if !noted.is_ok_and(|status| status.success()) {
        tell(
            verbose,
            "mount.fslaunch: umount(8) will not ask umount.fslaunch",
        );
    }
}
