//! Why an instance's process could not be started.

use std::io;
use std::path::PathBuf;

use super::plan::{MountPlan, Plan};
use super::process::{ExitStatus, Process};
use super::shown::shown;
use super::wire::{Failure, Step};

/// Why a process could not be started: the cause, with what it is about.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// There is no such file.
    #[error("the executable {} does not exist", shown(path))]
    ExecutableNotFound {
        /// The executable.
        path: PathBuf,
    },
    /// The account may not run it: no execute permission, a folder above that it can't enter,
    /// a file system mounted `noexec`, or no file at all.
    #[error("the executable {} may not be run by the account", shown(path))]
    ExecutableDenied {
        /// The executable.
        path: PathBuf,
    },
    /// The system does not know the format, or the interpreter it needs is missing.
    #[error("the executable {} can't be run: {reason}", shown(path))]
    ExecutableFormat {
        /// The executable.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It can't be run for another reason, such as arguments that are too long.
    #[error("failed to run {}", shown(path))]
    Exec {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The account has as many processes as it may have.
    #[error("user {uid} has reached the limit of processes")]
    ProcessLimit {
        /// The account's user ID.
        uid: u32,
    },
    /// The identity could not be taken.
    #[error("failed to become user {uid}: {detail}")]
    Account {
        /// The account's user ID.
        uid: u32,
        /// Which part of the identity.
        detail: String,
        /// What the system said.
        source: io::Error,
    },
    /// A resource limit could not be set.
    #[error("failed to set the limit {resource}")]
    Limit {
        /// Which limit.
        resource: String,
        /// What the system said.
        source: io::Error,
    },
    /// The cgroup could not be entered.
    #[error("failed to enter the cgroup {}", shown(path))]
    Job {
        /// The cgroup.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The working directory could not be entered.
    #[error("failed to enter the working directory {}", shown(path))]
    WorkDirectory {
        /// The working directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such folder.
    #[error("the mount point {} does not exist", shown(path))]
    MountPointNotFound {
        /// The mount point.
        path: PathBuf,
    },
    /// It, or something above it, is not a folder.
    #[error("the mount point {} is not a folder", shown(path))]
    MountPointNotAFolder {
        /// The mount point.
        path: PathBuf,
    },
    /// Something is mounted there.
    #[error("the mount point {} is busy: {reason}", shown(path))]
    MountPointBusy {
        /// The mount point.
        path: PathBuf,
        /// What is mounted there.
        reason: String,
    },
    /// The caller may not have the class mount there.
    #[error("the mount point {} is refused: {reason}", shown(path))]
    MountPointRefused {
        /// The mount point.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file for standard error can't be used.
    #[error("failed to open {} for standard error", shown(path))]
    StderrFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The plan contradicts itself or is too long.
    #[error("the process can't be started as asked: {reason}")]
    PlanInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The launcher's own part failed.
    #[error("failed to {action}")]
    Launcher {
        /// What it was doing.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The shim ended before it could run the program: killed, or out of memory.
    #[error("the process ended before its program ran ({status})")]
    ShimDied {
        /// How it ended.
        status: ExitStatus,
    },
    /// The shim did not get through in time: a path that it opened is on a file system that
    /// does not answer, or it was stopped.
    #[error("the process did not run its program within {seconds} s")]
    TimedOut {
        /// How long it was given, in seconds.
        seconds: u64,
    },
}

/// A launch that failed.
#[derive(Debug)]
pub struct LaunchFailed {
    /// Why.
    pub error: SpawnError,
    /// The process, if it was killed and has not ended: it hangs in the kernel. It is somebody's
    /// to wait for, and what it may still do or hold is not over before.
    pub process: Option<Process>,
}

impl SpawnError {
    /// Says what a shim's failure means for `plan`.
    pub(super) fn from_failure(plan: &Plan, failure: Failure) -> Self {
        let source = failure.source();
        match failure.step {
            Step::Plan => Self::PlanInvalid {
                reason: failure.detail,
            },
            Step::Job => {
                let path = plan
                    .job
                    .as_ref()
                    .map(|job| job.path().to_owned())
                    .unwrap_or_default();
                Self::Job { path, source }
            }
            Step::Account => Self::Account {
                uid: uid(plan),
                detail: failure.detail,
                source,
            },
            Step::Limit => Self::Limit {
                resource: failure.detail,
                source,
            },
            Step::MountPoint => mount_point(plan, failure.errno, failure.detail),
            Step::MountPointBusy => Self::MountPointBusy {
                path: place(plan),
                reason: failure.detail,
            },
            Step::MountPointRefused => Self::MountPointRefused {
                path: place(plan),
                reason: failure.detail,
            },
            Step::StderrFile => {
                let path = plan.stderr_file.clone().unwrap_or_default();
                Self::StderrFile { path, source }
            }
            Step::WorkDirectory => Self::WorkDirectory {
                path: plan.work_directory.clone(),
                source,
            },
            Step::Standard => Self::Launcher {
                action: "set up the process",
                source,
            },
            Step::Parent => Self::Launcher {
                action: "bind the process to the launcher's life",
                source,
            },
            Step::Exec => exec(plan, failure.errno, source),
            Step::Interpreter => {
                let reason =
                    "the interpreter or dynamic loader that it names does not exist".to_owned();
                Self::ExecutableFormat {
                    path: plan.executable.clone(),
                    reason,
                }
            }
            Step::Mount => Self::Launcher {
                action: "look at the mounts",
                source,
            },
        }
    }
}

fn exec(plan: &Plan, errno: i32, source: io::Error) -> SpawnError {
    let path = plan.executable.clone();
    match errno {
        libc::ENOENT | libc::ENOTDIR => SpawnError::ExecutableNotFound { path },
        libc::EACCES | libc::EPERM | libc::ELOOP => SpawnError::ExecutableDenied { path },
        libc::ENOEXEC | libc::EINVAL | libc::ELIBBAD => {
            let reason = "the system does not know its format".to_owned();
            SpawnError::ExecutableFormat { path, reason }
        }
        libc::EAGAIN => SpawnError::ProcessLimit { uid: uid(plan) },
        _ => SpawnError::Exec { path, source },
    }
}

fn mount_point(plan: &Plan, errno: i32, detail: String) -> SpawnError {
    let path = place(plan);
    match errno {
        libc::ENOENT => SpawnError::MountPointNotFound { path },
        libc::ENOTDIR => SpawnError::MountPointNotAFolder { path },
        _ => SpawnError::MountPointRefused {
            path,
            reason: detail,
        },
    }
}

fn uid(plan: &Plan) -> u32 {
    match &plan.account {
        Some(account) => account.uid,
        None => rustix::process::geteuid().as_raw(),
    }
}

fn place(plan: &Plan) -> PathBuf {
    match &plan.mount {
        Some(MountPlan::AsAccount { path } | MountPlan::ForCaller { path, .. }) => path.clone(),
        None => PathBuf::new(),
    }
}
