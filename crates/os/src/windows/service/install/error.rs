//! Why the service can't be installed or uninstalled.

use std::{io, path::PathBuf};

use fslaunch_protocol::escape::line;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_DEPENDENT_SERVICES_RUNNING, ERROR_SERVICE_MARKED_FOR_DELETE,
};

use crate::windows::{places::FolderError, trust::TrustError};

/// Why the service can't be installed or uninstalled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum InstallError {
    /// Only administrators may.
    #[error("only an administrator may do this: run it from an elevated prompt")]
    NotAdministrator,
    /// No service can be called so.
    #[error(
        "{name:?} can't be the name of a service: at most 200 characters, no '/' or '\\', no blank at either end"
    )]
    Name { name: String },
    /// The program's path can't be part of a command line.
    #[error("this program can't be a service from {path}", path = program.display())]
    Program { program: PathBuf },
    /// Others could change what runs as LocalSystem.
    #[error("this program can't be a service where it is: put it below %ProgramFiles%")]
    Untrusted(#[from] TrustError),
    /// The folders of the service can't be made or trusted.
    #[error("the service's folders can't be made")]
    Folders(#[from] FolderError),
    /// There is a service of that name, and it is another program's.
    #[error(
        "service '{name}' is another program's ({}): --replace takes its place until 'uninstall'",
        line(command)
    )]
    Foreign { name: String, command: String },
    /// It runs as an account that could not be put back.
    #[error(
        "service '{name}' runs as {}, whose password could not be put back: change the account first",
        line(account)
    )]
    Account { name: String, account: String },
    /// There is none.
    #[error("there is no service '{name}'")]
    NotInstalled { name: String },
    /// It is not ours.
    #[error(
        "service '{name}' is another program's ({}): it is left alone",
        line(command)
    )]
    NotOurs { name: String, command: String },
    /// Others need it.
    #[error("service '{name}' can't be stopped: other services that run need it")]
    Dependents { name: String },
    /// It was deleted, and somebody has it open.
    #[error(
        "service '{name}' is marked for deletion: close what has it open, such as the list of services"
    )]
    Marked { name: String },
    /// It ended instead of serving.
    #[error(
        "service '{name}' ended as soon as it was started, with error {code} ({specific}): the log says why"
    )]
    Ended {
        name: String,
        code: u32,
        specific: u32,
    },
    /// The system's answer to something else.
    #[error("failed to {action} {object}")]
    Os {
        action: &'static str,
        object: String,
        source: io::Error,
    },
}

/// The error of what was done with a service, or with something else.
pub(crate) fn os(action: &'static str, object: &str) -> impl Fn(io::Error) -> InstallError {
    let object = object.to_owned();
    move |source| {
        let name = object.clone();
        match source.raw_os_error().map(|code| code as u32) {
            Some(ERROR_ACCESS_DENIED) => InstallError::NotAdministrator,
            Some(ERROR_DEPENDENT_SERVICES_RUNNING) => InstallError::Dependents { name },
            Some(ERROR_SERVICE_MARKED_FOR_DELETE) => InstallError::Marked { name },
            Some(_) | None => InstallError::Os {
                action,
                object: name,
                source,
            },
        }
    }
}
