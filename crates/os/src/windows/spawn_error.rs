//! Why an instance's process could not be started.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT, ERROR_BAD_NET_NAME, ERROR_BAD_NETPATH,
    ERROR_DIRECTORY, ERROR_ELEVATION_REQUIRED, ERROR_EXE_MACHINE_TYPE_MISMATCH,
    ERROR_FILE_NOT_FOUND, ERROR_INVALID_NAME, ERROR_PATH_NOT_FOUND, ERROR_PRIVILEGE_NOT_HELD,
};

use super::plan::Plan;
use super::process::Process;

/// Why a process could not be started: the cause, with what it is about.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// There is no such file.
    #[error("the executable {} does not exist", .path.display())]
    ExecutableNotFound {
        /// The executable.
        path: PathBuf,
    },
    /// The account may not run it.
    #[error("the executable {} may not be run by the account", .path.display())]
    ExecutableDenied {
        /// The executable.
        path: PathBuf,
    },
    /// The system does not know the format, or it is a program of another machine.
    #[error("the executable {} can't be run: {reason}", .path.display())]
    ExecutableFormat {
        /// The executable.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It can't be run for another reason.
    #[error("failed to run {}", .path.display())]
    Exec {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The identity could not be taken.
    #[error("failed to become {name}")]
    Account {
        /// The account.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The job object could not be made or entered.
    #[error("failed to make a job for the process")]
    Job {
        /// What the system said.
        source: io::Error,
    },
    /// The working directory could not be entered.
    #[error("failed to enter the working directory {}", .path.display())]
    WorkDirectory {
        /// The working directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not made out while the process is made on this system.
    #[error("{never}")]
    MountPointRefused {
        /// There is none.
        path: PathBuf,
        /// There is none.
        reason: String,
        /// Never made.
        never: Infallible,
    },
    /// The file for standard error can't be used.
    #[error("failed to open {} for standard error", .path.display())]
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
    /// The process ended before its program ran: somebody killed it.
    #[error("the process ended before its program ran ({status})")]
    ShimDied {
        /// How it ended.
        status: super::process::ExitStatus,
    },
    /// Not made out while the process is made on this system.
    #[error("{never}")]
    MountPointNotFound {
        /// There is none.
        path: PathBuf,
        /// Never made.
        never: Infallible,
    },
    /// Not made out while the process is made on this system.
    #[error("{never}")]
    MountPointNotAFolder {
        /// There is none.
        path: PathBuf,
        /// Never made.
        never: Infallible,
    },
    /// The drive letter stands for something already.
    #[error("the mount point {} is busy: {reason}", path.display())]
    MountPointBusy {
        /// The letter.
        path: PathBuf,
        /// What it stands for.
        reason: String,
    },
    /// No account has a limit of processes on this system.
    #[error("{never}")]
    ProcessLimit {
        /// Never made.
        never: Infallible,
    },
    /// No limits are taken over on this system.
    #[error("{never}")]
    Limit {
        /// Never made.
        never: Infallible,
    },
    /// The system answers at once.
    #[error("{never}")]
    TimedOut {
        /// Never made.
        never: Infallible,
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
    /// Says what the system's refusal to make a process means for `plan`.
    pub(super) fn from_create(plan: &Plan, source: io::Error) -> Self {
        let path = plan.executable.clone();
        let code = source
            .raw_os_error()
            .and_then(|code| u32::try_from(code).ok());
        match code.unwrap_or_default() {
            ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND | ERROR_INVALID_NAME
            | ERROR_BAD_NETPATH | ERROR_BAD_NET_NAME => Self::ExecutableNotFound { path },
            ERROR_ACCESS_DENIED => Self::ExecutableDenied { path },
            ERROR_BAD_EXE_FORMAT => {
                let reason = "the system does not know its format".to_owned();
                Self::ExecutableFormat { path, reason }
            }
            ERROR_EXE_MACHINE_TYPE_MISMATCH => {
                let reason = "it is a program for another kind of machine".to_owned();
                Self::ExecutableFormat { path, reason }
            }
            ERROR_ELEVATION_REQUIRED => {
                let reason = "it demands to be run as administrator".to_owned();
                Self::ExecutableFormat { path, reason }
            }
            ERROR_DIRECTORY => {
                let path = plan.work_directory.clone();
                Self::WorkDirectory { path, source }
            }
            ERROR_PRIVILEGE_NOT_HELD => {
                let name = plan.account.as_ref().map(|account| account.name());
                let name = name.unwrap_or("another account").to_owned();
                Self::Account { name, source }
            }
            _ => Self::Exec { path, source },
        }
    }
}
