//! What the launcher asks of its shim, and what the shim answers.

use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::limits::Limit;
use super::plan::Plan;

/// What a shim is to do. Descriptors that go with it are named with each.
#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// Become the process of an instance. Descriptors: standard output, then standard error
    /// and standard input if the plan wants them from the launcher.
    Exec {
        plan: Box<Plan>,
        /// Whether it is in the plan's cgroup already.
        entered: bool,
        /// The launcher's own limit of descriptors before it raised that, to be given back
        /// where the account has none.
        files: Option<Limit>,
        /// The launcher's process ID.
        parent: u32,
    },
    /// Detach the FUSE mount `mount_id` at `path`.
    Detach { mount_id: u64, path: Bytes },
    /// Unmount the FUSE mount `mount_id` at `path`, if nobody uses it.
    Unmount { mount_id: u64, path: Bytes },
    /// Move the FUSE mount `mount_id` at `path` onto the folder whose descriptor goes along.
    Attach { mount_id: u64, path: Bytes },
    /// Hold the descriptors that go along, the launcher's ends of a process's output, and read
    /// them to their ends once the launcher has gone.
    Keep,
    /// Remove the staging folder `path` and what is mounted in it.
    Unstage { path: Bytes },
}

/// What a shim says. The end of the stream after `Executing` means that it is gone into its
/// program.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The mount point is fit for use; its canonical path, and its descriptor if it was opened
    /// for somebody else.
    MountPoint { path: Bytes },
    /// All is prepared; the next step is the program itself.
    Executing,
    /// Done, with the mount's place where that is the question.
    Done { path: Option<Bytes> },
    /// It did not work.
    Failed(Failure),
}

/// The step that failed, and how.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) step: Step,
    /// Error number of the system; 0 if the shim itself refused.
    pub(super) errno: i32,
    /// What the step was about or why it was refused, in words.
    pub(super) detail: String,
}

impl Failure {
    pub(super) fn new(step: Step, source: impl Into<io::Error>, detail: impl Into<String>) -> Self {
        let errno = source.into().raw_os_error().unwrap_or(0);
        Self {
            step,
            errno,
            detail: detail.into(),
        }
    }

    pub(super) fn refused(step: Step, reason: impl Into<String>) -> Self {
        Self {
            step,
            errno: 0,
            detail: reason.into(),
        }
    }

    pub(super) fn source(&self) -> io::Error {
        match self.errno {
            0 => io::Error::other(self.detail.clone()),
            errno => io::Error::from_raw_os_error(errno),
        }
    }
}

/// What a shim does, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    Plan,
    Job,
    Account,
    Limit,
    MountPoint,
    MountPointBusy,
    MountPointRefused,
    StderrFile,
    WorkDirectory,
    Standard,
    Parent,
    Exec,
    Interpreter,
    Mount,
}

/// A path as it is: JSON has no words for one that is not UTF-8.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bytes(Vec<u8>);

impl From<&Path> for Bytes {
    fn from(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }
}

impl From<Bytes> for PathBuf {
    fn from(bytes: Bytes) -> Self {
        std::ffi::OsString::from_vec(bytes.0).into()
    }
}
