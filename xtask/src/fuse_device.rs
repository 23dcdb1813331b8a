//! `/dev/fuse` as the tests need it: open to everybody, as Debian's udev
//! makes it. Machines without udev leave it to root, and then nobody else can
//! mount anything.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::command::quietly;
use crate::failure::Failure;
use crate::system::machine::is_root;

const DEVICE: &str = "/dev/fuse";

/// The device, open to everybody while this value lives.
pub(crate) struct FuseDevice {
    restore: Option<Permissions>,
}

impl FuseDevice {
    /// Opens the device to everybody, if this is root and it is not.
    pub(crate) fn open_to_everybody() -> Result<Self, Failure> {
        if fs::metadata(DEVICE).is_err() && is_root() {
            // A failure shows right below: there is still no device then.
            let _ = quietly(Command::new("modprobe").arg("fuse"));
        }
        let Ok(found) = fs::metadata(DEVICE) else {
            println!("MISSING: {DEVICE}; everything that mounts is skipped.");
            return Ok(Self { restore: None });
        };
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o666 == 0o666 {
            return Ok(Self { restore: None });
        }
        if !is_root() {
            println!("{DEVICE} has mode {mode:04o}: mounting is skipped. To allow it:");
            println!("    sudo chmod 0666 {DEVICE}");
            return Ok(Self { restore: None });
        }
        println!("$ chmod 0666 {DEVICE}      (was {mode:04o}; restored afterwards)");
        fs::set_permissions(DEVICE, Permissions::from_mode(0o666))
            .map_err(|error| Failure::to(&format!("chmod {DEVICE}"), &error))?;
        Ok(Self {
            restore: Some(Permissions::from_mode(mode)),
        })
    }
}

impl Drop for FuseDevice {
    fn drop(&mut self) {
        let Some(permissions) = self.restore.take() else {
            return;
        };
        println!("$ chmod {:04o} {DEVICE}", permissions.mode());
        if let Err(error) = fs::set_permissions(DEVICE, permissions) {
            eprintln!("failed to restore the mode of {DEVICE}: {error}");
        }
    }
}
