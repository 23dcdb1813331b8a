//! What a process is to become.

mod problem;

use std::fmt;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fslaunch_core::command_line::CommandLine;

use super::identity::Identity;
use super::job::Job;
use super::mounts::letter_of;
use super::peer::Peer;

/// How to run one instance's process.
///
/// A plan never holds the start's secret; that goes through the standard input. Arguments may
/// still hold what their owner regards as secret, so `Debug` leaves them out.
#[derive(Clone)]
pub struct Plan {
    /// Full path of the executable: it is never searched for.
    pub executable: PathBuf,
    /// The command line, the program included.
    pub arguments: Arguments,
    /// The whole environment; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// Where the process starts.
    pub work_directory: PathBuf,
    /// Who it runs as; `None` keeps the launcher's own identity.
    pub account: Option<Account>,
    /// Must be `None`: each process begins in a job object of its own.
    pub job: Option<Job>,
    /// A file that standard error is appended to, opened as the account; otherwise the launcher
    /// reads it.
    pub stderr_file: Option<PathBuf>,
    /// Whether standard output and standard error are one stream, as nothing is asked of either;
    /// not if there is a `stderr_file`.
    pub one_output: bool,
    /// Whether the process and its descendants die with the launcher.
    pub die_with_launcher: bool,
    /// Whether its standard input is a pipe that holds the secret; `NUL` otherwise.
    pub stdin: bool,
    /// The place that it is going to mount on, if it is known.
    pub mount: Option<MountPlan>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("executable", &self.executable)
            .field("account", &self.account)
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}

/// The command line of a process, as the system passes it: one text.
#[derive(Clone, PartialEq, Eq)]
pub struct Arguments(String);

impl Arguments {
    /// The arguments of a program that is called by its path.
    pub fn new(executable: &str, command_line: &CommandLine) -> Arguments {
        Arguments(command_line.windows_text(executable))
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// An identity to run as: a primary token.
#[derive(Clone)]
pub struct Account {
    token: Arc<OwnedHandle>,
    name: String,
}

impl Account {
    /// The account of a primary token, and what it is called.
    pub(super) fn new(token: OwnedHandle, name: String) -> Account {
        Account {
            token: Arc::new(token),
            name,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl AsHandle for Account {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.token.as_handle()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.name).finish()
    }
}

/// Where an instance is going to mount: a place that the process takes on its own authority.
/// Nothing on this system can hold a process to folders of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPlan {
    path: PathBuf,
    observable: bool,
}

impl MountPlan {
    /// What is done about the mount point at `path` when `peer` has an instance run as
    /// `identity`: it is looked for.
    ///
    /// # Errors
    /// The class lets callers mount under certain folders only: why that can't be, in words.
    pub fn new(
        path: &str,
        _peer: &Peer,
        identity: &Identity,
        under: &[String],
    ) -> Result<MountPlan, &'static str> {
        if !under.is_empty() {
            return Err(
                "its class names folders to mount under (mount-under), and nothing here can hold \
                 a process to them",
            );
        }
        let path = PathBuf::from(path);
        Ok(MountPlan {
            observable: letter_of(&path).is_some() && !identity.has_own_drives(),
            path,
        })
    }

    /// Where the mount is to be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the mount is made elsewhere and moved to its place: never here.
    pub fn is_staged(&self) -> bool {
        false
    }

    /// Whether the table of mounts will tell that the mount is there. It tells of drive letters
    /// only, and only of those that the launcher's own logon session sees.
    pub fn is_observable(&self) -> bool {
        self.observable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan that could be carried out.
    pub(super) fn plan() -> Plan {
        Plan {
            executable: r"C:\x.exe".into(),
            arguments: Arguments(r#""C:\x.exe" a"#.into()),
            environment: vec![("A".into(), "b".into())],
            work_directory: r"C:\".into(),
            account: None,
            job: None,
            stderr_file: None,
            one_output: false,
            die_with_launcher: false,
            stdin: false,
            mount: None,
        }
    }

    #[test]
    fn debug_does_not_show_arguments() {
        let arguments = Arguments("--passphrase=hunter2".into());
        assert!(
            !format!(
                "{:?}",
                Plan {
                    arguments,
                    ..plan()
                }
            )
            .contains("hunter2")
        );
    }
}
