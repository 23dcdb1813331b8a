//! Why the file system could not be mounted or served.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
    #[error("mount point {} cannot be used", .0.display())]
    MountPoint(PathBuf, #[source] io::Error),
    #[error("mount point {} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("mount point {} holds a file system whose program is gone; take it away with umount -l", .0.display())]
    Stale(PathBuf),
    #[error("mount point {} is busy: {mounted} is mounted there", .point.display())]
    Busy { point: PathBuf, mounted: String },
    #[error("the value of -u has a NUL in it")]
    Prefix,
    #[error("there is no /dev/fuse; load the kernel's module with: modprobe fuse")]
    NoDevice(#[source] io::Error),
    #[error("this user may not open /dev/fuse; allow it with: chmod 666 /dev/fuse")]
    DeviceDenied(#[source] io::Error),
    #[error("cannot open /dev/fuse")]
    Device(#[source] io::Error),
    #[error("cannot mount on {}", .0.display())]
    Mount(PathBuf, #[source] io::Error),
    #[error(
        "an ordinary user mounts with the help of fusermount3, which cannot be run; install the package fuse3"
    )]
    NoFusermount(#[source] io::Error),
    #[error("cannot mount on {}: {said}", .point.display())]
    Refused { point: PathBuf, said: String },
    #[error("cannot talk to fusermount3")]
    Fusermount(#[source] io::Error),
    #[error("the connection to the kernel broke")]
    Session(#[source] io::Error),
}

impl Error {
    pub(crate) fn device(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::NoDevice(error)
        } else if error.kind() == io::ErrorKind::PermissionDenied {
            Self::DeviceDenied(error)
        } else {
            Self::Device(error)
        }
    }
}
