//! The record of a service class: what an administrator registered.
//!
//! A record is stored as named [`Value`]s of the registry's types, whatever
//! the system ([`Registration`]); [`ClassRecord`] is what they mean (launcher
//! specification, section 4).

mod error;
mod executable;
mod field;
mod platform;
mod read;
mod reg;
mod registration;
mod security;
mod toml;
mod typed;
mod value;

use std::time::Duration;

use fslaunch_access::SecurityDescriptor;

use crate::command_line::{FileTemplate, Rules, Template};

pub use error::RecordError;
pub use executable::is_batch_file;
pub use platform::{CommandText, MissingArgument, PathStyle, Platform};
pub use reg::{Import, RegError, decode as decode_reg_text};
pub use registration::Registration;
pub use security::{DEFAULT_SECURITY, Trustee};
pub use value::{Kind, Value};

/// What the values of a registration mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassRecord {
    /// Full path of the program.
    pub executable: String,
    /// Its arguments.
    pub command_line: Template,
    /// Working directory; `.` and `None` are the launcher's own.
    pub work_directory: Option<String>,
    /// The account that instances run as.
    pub run_as: RunAs,
    /// Who may start, stop and query.
    pub security: SecurityDescriptor,
    /// The file that standard error is appended to.
    pub stderr: Option<FileTemplate>,
    /// Whether instances end with the launcher.
    pub job_control: bool,
    /// What secret a start must come with.
    pub credentials: Credentials,
    /// The authentication package that a credential dialog is for.
    pub auth_package: Option<String>,
    /// The same as a number.
    pub auth_package_id: Option<u32>,
    /// Whether an instance is started again when it ends without having been
    /// asked to.
    pub recovery: bool,
    /// The agents that may use this class; empty for all.
    pub agents: Vec<String>,
    /// When an instance counts as started.
    pub ready: Ready,
    /// How long a start waits for the instance to be ready.
    pub start_timeout: Duration,
    /// How long a process may take to answer to its secret.
    pub secret_timeout: Duration,
    /// How long a process may take to end after it was asked to.
    pub stop_grace: Duration,
    /// Whether the process answers to its secret.
    pub secret_reply: SecretReply,
    /// The names of the arguments, in order; empty if the class names none.
    pub arguments: Vec<ArgumentName>,
    /// Which argument is the mount point.
    pub mount_point: MountPoint,
    /// The folders under which callers may mount; empty if none were named.
    pub mount_under: Vec<String>,
    /// What an argument is that was not given.
    pub missing_argument: MissingArgument,
    /// How arguments go into the command line: from the platform and
    /// `allow-option-arguments`.
    pub rules: Rules,
    /// Values that are the file system's own, by name.
    pub unknown: Vec<(String, Value)>,
}

impl ClassRecord {
    /// What the argument with this number, 1 to 9, is called: by its name if
    /// the class gives it one.
    pub fn argument_label(&self, number: usize) -> String {
        let named = number
            .checked_sub(1)
            .and_then(|place| self.arguments.get(place));
        named.map_or_else(|| number.to_string(), |argument| argument.name.clone())
    }
}

/// The account that instances run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunAs {
    /// Whoever starts it.
    Caller,
    /// LocalSystem, or root.
    LocalSystem,
    /// LocalService, or the account configured for it.
    LocalService,
    /// NetworkService, or the account configured for it.
    NetworkService,
    /// Anything else: a start answers that it is refused.
    Unknown(String),
}

impl RunAs {
    /// Reads the value `RunAs`; account names ignore case.
    pub fn parse(text: &str) -> RunAs {
        let known = [
            RunAs::Caller,
            RunAs::LocalSystem,
            RunAs::LocalService,
            RunAs::NetworkService,
        ];
        let found = known
            .into_iter()
            .find(|account| account.as_str().eq_ignore_ascii_case(text));
        found.unwrap_or_else(|| RunAs::Unknown(text.to_owned()))
    }

    /// The account as the value `RunAs` names it.
    pub fn as_str(&self) -> &str {
        match self {
            RunAs::Caller => ".",
            RunAs::LocalSystem => "LocalSystem",
            RunAs::LocalService => "LocalService",
            RunAs::NetworkService => "NetworkService",
            RunAs::Unknown(text) => text,
        }
    }
}

/// What secret a start must come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// None; 0.
    None,
    /// A password; 1.
    Password,
    /// A user name and a password; 3.
    UserNameAndPassword,
}

impl Credentials {
    /// The number that the value `Credentials` has.
    pub fn number(self) -> u32 {
        match self {
            Credentials::None => 0,
            Credentials::Password => 1,
            Credentials::UserNameAndPassword => 3,
        }
    }
}

/// When an instance counts as started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// When its process runs.
    Process,
    /// When it wrote `OK` to standard output.
    Ok,
    /// When its mount point has appeared.
    Mount,
    /// When it sent `READY=1`.
    Notify,
}

/// Whether the process answers to its secret (launcher specification, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretReply {
    /// It writes `OK`, or refuses.
    Ok,
    /// It does not; being ready, or its end, decides.
    None,
}

/// Which argument is the mount point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountPoint {
    /// The record does not say.
    Unstated,
    /// The record says that there is none.
    None,
    /// The argument with this number, 1 to 9.
    Argument(u8),
}

/// The name of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentName {
    /// What clients fill it by.
    pub name: String,
    /// Whether it may be left out.
    pub optional: bool,
}
