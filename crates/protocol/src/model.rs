//! Requests, replies and what they are about. The field names are those of
//! the interface file; a test compares them.

use crate::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What a client asks of the launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Start an instance and answer when it is ready or has failed.
    Start(Start),
    /// Stop an instance and answer when its process and mount are gone.
    Stop(Target),
    /// The same, unless somebody uses its mount.
    StopIdle(Target),
    /// All that is known of one instance.
    Info(Target),
    /// The instances that the caller may query.
    List,
    /// The registered classes on which the caller has any right.
    Classes,
}

impl Request {
    /// The class and instance that the request is about, if it is about one.
    pub fn target(&self) -> Option<(&str, &str)> {
        match self {
            Self::Start(start) => Some((&start.class, &start.instance)),
            Self::Stop(target) | Self::StopIdle(target) | Self::Info(target) => {
                Some((&target.class, &target.instance))
            }
            Self::List | Self::Classes => None,
        }
    }
}

/// What to start. `Debug` leaves out the arguments: they may hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// Name of the service class.
    pub class: String,
    /// Name of the instance, unique within its class.
    pub instance: String,
    /// Positional arguments, at most nine.
    pub arguments: Vec<String>,
    /// Arguments by the names that the class gives them.
    pub named: BTreeMap<String, String>,
    /// Goes to the standard input of the process.
    pub secret: Option<Secret>,
    /// Whether it is cancelled if the caller leaves before the reply.
    pub while_connected: bool,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("class", &self.class)
            .field("instance", &self.instance)
            .field("arguments", &self.arguments.len())
            .field("named", &self.named.keys())
            .field("secret", &self.secret)
            .field("while_connected", &self.while_connected)
            .finish()
    }
}

/// An instance by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name of the service class.
    pub class: String,
    /// Name of the instance.
    pub instance: String,
}

impl Target {
    /// The instance of that class.
    pub fn new(class: impl Into<String>, instance: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            instance: instance.into(),
        }
    }
}

/// The answer to a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`Request::Start`].
    Started(Instance),
    /// To [`Request::Stop`] and [`Request::StopIdle`].
    Stopped,
    /// To [`Request::Info`].
    Info(Box<Info>),
    /// To [`Request::List`].
    Instances(Vec<Instance>),
    /// To [`Request::Classes`].
    Classes(Vec<Class>),
}

/// What an instance is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The process runs, or is about to, and is not ready yet.
    Starting,
    /// Ready.
    Running,
    /// Asked to end, and not gone yet.
    Stopping,
    /// Ended by itself; listed with its cause until it is started again.
    Failed,
}

impl State {
    /// The name on the wire: `starting`, `running`, `stopping` or `failed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }

    /// Whether there is, or may be, a process: in every state but failed.
    pub fn is_live(self) -> bool {
        self != Self::Failed
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One instance of a service class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Name of the service class.
    pub class: String,
    /// Name of the instance, as the one who started it wrote it.
    pub instance: String,
    /// What it is doing.
    pub state: State,
    /// Process ID of the file system, while there is one.
    pub pid: Option<u32>,
    /// Account name of who started it.
    pub starter: String,
    /// Account name that it runs as.
    pub run_as: String,
    /// Start time in UTC, RFC 3339.
    pub since: String,
    /// Where it is mounted, once that is known.
    pub mount_point: Option<String>,
    /// Why it failed, or ended and waits to be started again, in words.
    pub failure: Option<String>,
}

/// All that is known of one instance. `Debug` leaves out what may hold
/// secrets: command line, arguments and output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The instance as in a list.
    pub instance: Instance,
    /// Its command line, quoted for a shell.
    pub command_line: String,
    /// The arguments that it was started with.
    pub arguments: Vec<String>,
    /// The end of what the process wrote, for who may see it.
    pub output: Option<String>,
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// A registered service class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Name of the service class.
    pub class: String,
    /// Why the class can't be used, in words; none if it can.
    pub problem: Option<String>,
    /// How many instances are starting, running or stopping.
    pub instances: u32,
    /// The names of its arguments, in order; empty if it names none.
    pub arguments: Vec<String>,
    /// 0 none, 1 password, 3 user name and password.
    pub credentials: u32,
    /// Seconds that an instance has to be ready; none if the class can't be
    /// used.
    pub start_timeout: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_start_shows_no_argument() {
        let start = Start {
            class: "memfs64".into(),
            instance: "share".into(),
            arguments: vec!["--passphrase=hunter2".into()],
            named: BTreeMap::from([("key".into(), "hunter2".into())]),
            secret: Some(Secret::new("hunter2".into())),
            while_connected: false,
        };
        let shown = format!("{start:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("memfs64"), "{shown}");
    }

    #[test]
    fn only_a_failed_instance_is_not_live() {
        let live = [State::Starting, State::Running, State::Stopping];
        assert!(live.into_iter().all(State::is_live));
        assert!(!State::Failed.is_live());
    }
}
