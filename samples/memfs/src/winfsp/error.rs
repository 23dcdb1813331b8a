//! Why the file system could not be mounted.

use std::io;
use std::path::PathBuf;

use memfs::windows::Status;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("WinFsp is not installed; install it from https://winfsp.dev, version 2023 or later")]
    NotInstalled,
    #[error("cannot load {}, a part of WinFsp", .0.display())]
    Load(PathBuf, #[source] io::Error),
    #[error("the installed WinFsp has no function {0}; install version 2023 or later")]
    Missing(&'static str),
    #[error("cannot wait for Ctrl-C")]
    Signals(#[source] io::Error),
    #[error("cannot make a security descriptor for the root")]
    Descriptor(#[source] io::Error),
    #[error("the value of -u has more than 191 characters, or not one \\ at its start")]
    Prefix,
    #[error("the value of -F has more than 15 characters")]
    Type,
    #[error("a mount can't be told to forbid anything here (-o {0})")]
    Restricted(&'static str),
    #[error("WinFsp refuses the file system with status {:#010x}{}", .0.0, hint(*.0))]
    Create(Status),
    #[error("cannot mount on {point}: status {:#010x}{}", .status.0, hint(*.status))]
    Mount { point: String, status: Status },
    #[error("a file system is served already")]
    Twice,
}

fn hint(status: Status) -> &'static str {
    match status {
        Status::OBJECT_NAME_NOT_FOUND => "; is the driver of WinFsp running?",
        Status::OBJECT_NAME_COLLISION => "; something is there already",
        Status::ACCESS_DENIED => "; this user may not",
        _ => "",
    }
}
