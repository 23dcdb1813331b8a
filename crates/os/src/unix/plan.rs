//! What a process is to become: everything the exec shim needs to know.

use std::fmt;
use std::path::{Path, PathBuf};

use fslaunch_core::command_line::CommandLine;
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::job::Job;
use super::limits::Limit;
use super::peer::Peer;

/// How to run one instance's process.
///
/// A plan never holds the start's secret; that goes through the standard input. Arguments may
/// still hold what their owner regards as secret, so `Debug` leaves them out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Absolute path of the executable.
    pub executable: PathBuf,
    /// The program's name and its arguments.
    pub arguments: Arguments,
    /// The whole environment; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// Where the process starts.
    pub work_directory: PathBuf,
    /// Who it runs as; `None` keeps the launcher's own identity.
    pub account: Option<Account>,
    /// The cgroup that it enters before anything else.
    pub job: Option<Job>,
    /// A file that standard error is appended to, opened as the account; otherwise the launcher
    /// reads it.
    pub stderr_file: Option<PathBuf>,
    /// Whether standard output and standard error are one stream, as nothing is asked of either;
    /// not if there is a `stderr_file`.
    pub one_output: bool,
    /// Whether the kernel kills the process when the launcher ends. A program whose file is
    /// set-user-ID or has capabilities escapes it; its cgroup does not.
    pub die_with_launcher: bool,
    /// Whether its standard input is a pipe that holds the secret; `/dev/null` otherwise.
    pub stdin: bool,
    /// The folder that it is going to mount on, if it is known.
    pub mount: Option<MountPlan>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("executable", &self.executable)
            .field("account", &self.account)
            .field("job", &self.job)
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}

/// The whole argument vector of a process, the program's name included.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arguments(Vec<String>);

impl Arguments {
    /// The arguments of a program that is called by its path.
    pub fn new(executable: &str, command_line: &CommandLine) -> Arguments {
        let program = std::iter::once(executable.to_owned());
        Arguments(program.chain(command_line.argv()).collect())
    }

    /// One word for each argument, the program's name first.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for Arguments {
    fn from(words: Vec<String>) -> Arguments {
        Arguments(words)
    }
}

/// An identity to run as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// User ID.
    pub uid: u32,
    /// Primary group ID.
    pub gid: u32,
    /// Supplementary group IDs.
    pub groups: Vec<u32>,
    /// Resource limits to set; a resource that is not named keeps the launcher's.
    pub limits: Vec<Limit>,
}

/// What the shim does about the mount point before the process starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountPlan {
    /// The process runs as the one who asked: the folder is opened with that identity, which
    /// may go through symbolic links on its own authority.
    AsAccount {
        /// Absolute path of the mount point.
        path: PathBuf,
    },
    /// The process runs as a fixed account for somebody else: the folder is opened with the
    /// caller's identity, through no link, and judged by the policy.
    ForCaller {
        /// Absolute path of the mount point.
        path: PathBuf,
        /// Who asked.
        caller: Caller,
        /// Which folders they may use.
        policy: FolderPolicy,
    },
}

impl MountPlan {
    /// What is done about the mount point at `path` when `peer` has an instance run as
    /// `identity`. Callers may have another account mount under the folders `under`, or on
    /// folders of their own if there are none (security specification, rule 1).
    ///
    /// # Errors
    /// The path can't be a mount point: why not, in words.
    pub fn new(
        path: &str,
        peer: &Peer,
        identity: &Identity,
        under: &[String],
    ) -> Result<MountPlan, &'static str> {
        check_mount_point(path)?;
        let path = PathBuf::from(path);
        if identity.is(peer) || peer.is_system() {
            return Ok(MountPlan::AsAccount { path });
        }
        let under: Vec<PathBuf> = under.iter().map(PathBuf::from).collect();
        let policy = FolderPolicy {
            owned: under.is_empty(),
            under,
        };
        let caller = Caller {
            uid: peer.uid,
            gid: peer.gid,
            groups: peer.groups.clone(),
        };
        Ok(MountPlan::ForCaller {
            path,
            caller,
            policy,
        })
    }

    /// Where the mount is to be.
    pub fn path(&self) -> &Path {
        match self {
            MountPlan::AsAccount { path } | MountPlan::ForCaller { path, .. } => path,
        }
    }

    /// Whether the mount is made elsewhere and moved to its place (see
    /// [`Staging`](super::staging::Staging)).
    pub fn is_staged(&self) -> bool {
        match self {
            MountPlan::ForCaller { .. } => true,
            MountPlan::AsAccount { .. } => false,
        }
    }

    /// Whether the table of mounts will tell that the mount is there. It tells of all mounts.
    pub fn is_observable(&self) -> bool {
        true
    }
}

fn check_mount_point(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("it is not a full path: it must begin with '/'");
    }
    if path.split('/').any(|component| component == "..") {
        return Err("it has a '..' in it");
    }
    Ok(())
}

/// Whose rights a mount point is looked at with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// User ID.
    pub uid: u32,
    /// Primary group ID.
    pub gid: u32,
    /// Supplementary group IDs.
    pub groups: Vec<u32>,
}

/// Which folders a caller may have a fixed account mount on. One of the two is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderPolicy {
    /// The caller's own folders.
    pub owned: bool,
    /// Folders strictly beneath one of these.
    pub under: Vec<PathBuf>,
}

/// An ID that the kernel takes for "leave as it is" would keep root's.
pub(super) const UNCHANGED: u32 = u32::MAX;

impl Plan {
    /// Says what makes the plan impossible to carry out as meant.
    pub(super) fn problem(&self) -> Option<String> {
        let strings = self.arguments.words().iter().chain(
            self.environment
                .iter()
                .flat_map(|(name, value)| [name, value]),
        );
        if strings.clone().any(|string| string.contains('\0')) {
            return Some("an argument or environment variable contains a NUL character".to_owned());
        }
        if let Some((name, _)) = self
            .environment
            .iter()
            .find(|(name, _)| name.is_empty() || name.contains('='))
        {
            return Some(format!("{name:?} is no name of an environment variable"));
        }
        if self.arguments.words().is_empty() {
            return Some("the argument vector is empty".to_owned());
        }
        if !self.executable.is_absolute() {
            return Some("the executable is not an absolute path".to_owned());
        }
        self.account
            .as_ref()
            .and_then(|account| ids_problem(account.uid, account.gid, &account.groups))
            .or_else(|| match &self.mount {
                Some(MountPlan::ForCaller { caller, .. }) => {
                    ids_problem(caller.uid, caller.gid, &caller.groups)
                }
                Some(MountPlan::AsAccount { .. }) | None => None,
            })
    }
}

fn ids_problem(uid: u32, gid: u32, groups: &[u32]) -> Option<String> {
    (uid == UNCHANGED || gid == UNCHANGED || groups.contains(&UNCHANGED))
        .then(|| format!("{UNCHANGED} is no user or group ID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            executable: "/bin/true".into(),
            arguments: vec!["true".to_owned()].into(),
            environment: Vec::new(),
            work_directory: "/".into(),
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
    fn an_id_that_means_unchanged_to_the_kernel_is_refused() {
        let account = |uid, gid, groups| Account {
            uid,
            gid,
            groups,
            limits: Vec::new(),
        };
        for bad in [
            account(u32::MAX, 1, vec![]),
            account(1, u32::MAX, vec![]),
            account(1, 1, vec![2, u32::MAX]),
        ] {
            assert!(
                Plan {
                    account: Some(bad),
                    ..plan()
                }
                .problem()
                .is_some()
            );
        }
        assert_eq!(
            Plan {
                account: Some(account(1, 1, vec![1])),
                ..plan()
            }
            .problem(),
            None
        );
    }

    #[test]
    fn a_nul_in_an_argument_is_refused() {
        let arguments = vec!["true".to_owned(), "a\0b".to_owned()].into();
        assert!(
            Plan {
                arguments,
                ..plan()
            }
            .problem()
            .is_some()
        );
    }

    #[test]
    fn debug_does_not_show_arguments() {
        let arguments = vec!["true".to_owned(), "--passphrase=hunter2".to_owned()].into();
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
