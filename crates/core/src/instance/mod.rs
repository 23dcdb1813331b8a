//! The life of one instance as a table of phases and events.
//!
//! [`step()`] decides; it holds no handle, no clock and no path. The shell feeds
//! it what happened and carries out the effects it gets back.

mod ending;
mod recovery;
mod step;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

pub use recovery::{CALM, FIRST_DELAY, Failure, LONGEST_DELAY, Pause, RESTARTS, Recovery};
pub use step::step;

use crate::record::Ready;

/// What of a class's record decides how an instance is supervised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is done with a secret.
    pub secret: SecretPolicy,
    /// What "ready" means.
    pub ready: Ready,
    /// When its starter is answered.
    pub answer: AnswerAt,
    /// How long the process may take to answer to its secret.
    pub secret_timeout: Duration,
    /// How long a starter waits for the instance to be ready.
    pub start_timeout: Duration,
    /// How long a process may take to end after it was asked to.
    pub stop_grace: Duration,
    /// Whether it is started again when it ends by itself.
    pub recovery: Recovery,
}

/// When a start is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerAt {
    /// When the instance is ready, or was not in time.
    Ready,
    /// When its process runs and has accepted its secret, whatever ready
    /// means: as WinFsp clients expect.
    Begun,
}

/// What is done with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPolicy {
    /// The class takes none.
    None,
    /// The process answers `OK` or refuses (launcher specification, section 7).
    Answered,
    /// The process gets it and does not answer; being ready, or its end, decides.
    Unanswered,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Where its present process is in its own.
    pub phase: Phase,
    /// How many of its processes ended in a row before this one. Their start
    /// was answered long ago.
    pub row: u32,
}

impl From<Phase> for Life {
    fn from(phase: Phase) -> Life {
        Life { phase, row: 0 }
    }
}

/// Where a process of an instance is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Its process is being made. `stop` holds why it shall end at once.
    Spawning {
        /// Set when it was stopped before there was a process.
        stop: Option<Why>,
    },
    /// It has its secret and has not answered.
    Answering,
    /// It is not ready yet. `late` once its starter was told so.
    Readying {
        /// The start was answered with "still starting".
        answered: bool,
    },
    /// It is ready.
    Running,
    /// It was asked to end and has its grace.
    Stopping(End),
    /// It was killed and is not gone yet.
    Killing(End),
    /// Its process is gone; what it left behind is being cleared away.
    Clearing(End),
    /// It ended by itself and will be started again.
    Waiting(Pause),
    /// Nothing is left of it.
    Ended,
}

/// How an ending instance is to be accounted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Why it ends.
    pub why: Why,
    /// Its starter has had an answer.
    pub answered: bool,
    /// It may be started again afterwards.
    pub again: bool,
}

/// Why an instance ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Somebody with the right to stop it did so.
    Asked,
    /// The launcher ends.
    LauncherStops,
    /// The process refused its secret.
    SecretRefused(String),
    /// The process did not answer to its secret in time.
    SecretTimedOut,
    /// Its mount could not be put where it belongs.
    MountFailed(String),
    /// There was no process, when it was to be started again.
    NotStarted(String),
    /// The process ended by itself.
    Exited(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// With exit code 0, and so many descendants left behind: it went to the
    /// background, where it can't be supervised.
    WentAway(usize),
    /// Not known: it was not this launcher's own child.
    Unknown,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(signal) => write!(f, "ended by signal {signal}"),
            Exit::WentAway(count) => write!(
                f,
                "exit code 0, with {count} of its processes left in the background, which were \
                 ended: the program must stay in the foreground"
            ),
            Exit::Unknown => f.write_str("how is not known, as an earlier launcher started it"),
        }
    }
}

/// Something that happened to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The process runs.
    Spawned,
    /// There will be no process; the start was answered with this cause.
    SpawnFailed(String),
    /// There will be no further process, for this cause.
    SpawnRefused(String),
    /// The process did not come to run its program, was killed and is not gone
    /// yet; the start was answered with the cause.
    SpawnHung,
    /// The process accepted its secret.
    SecretAccepted,
    /// The process refused its secret.
    SecretRefused(String),
    /// The process ended its output without an answer to its secret.
    NoAnswer,
    /// The instance is ready, in the sense of its class.
    Ready,
    /// The mount appeared and could not be put where it belongs.
    MountFailed(String),
    /// The time set by [`Effect::SetTimer`] is over.
    TimeOver(Timer),
    /// Somebody with the right to do so wants it to end.
    StopRequested,
    /// The launcher ends.
    LauncherStops,
    /// The process is gone.
    Exited(Exit),
    /// What the process left behind is cleared away.
    Cleared,
}

/// For the log: without the words of those that have some. They quote paths
/// with arguments in them, or output, which may repeat the secret.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::SpawnFailed(_) => f.write_str("SpawnFailed"),
            Event::SpawnRefused(_) => f.write_str("SpawnRefused"),
            Event::SecretRefused(_) => f.write_str("SecretRefused"),
            Event::MountFailed(_) => f.write_str("MountFailed"),
            Event::Spawned
            | Event::SpawnHung
            | Event::SecretAccepted
            | Event::NoAnswer
            | Event::Ready
            | Event::TimeOver(_)
            | Event::StopRequested
            | Event::LauncherStops
            | Event::Exited(_)
            | Event::Cleared => write!(f, "{self:?}"),
        }
    }
}

/// What a running timer is for. An instance has one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The answer to the secret.
    Secret,
    /// Readiness.
    Start,
    /// The end after a request to end.
    Grace,
    /// The end after a kill.
    Kill,
    /// The time to be started again.
    Again,
    /// A run so long that what was before does not count.
    Calm,
}

/// Something to be done for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Watch standard output for the answer to the secret.
    AwaitAnswer,
    /// Watch for readiness.
    AwaitReady,
    /// Start this timer, in place of any other.
    SetTimer(Timer, Duration),
    /// Stop the timer.
    ClearTimer,
    /// Answer the start: it is ready.
    AnswerReady,
    /// Answer the start: it is on its way, as far as its starter wants to know.
    AnswerBegun,
    /// Answer the start: not ready in time, left alone.
    AnswerStillStarting,
    /// Answer the start: it came to this end.
    AnswerFailed(Why),
    /// Ask the process to end.
    Terminate,
    /// End the process and all its descendants.
    Kill,
    /// Tell those who wait for the end that the process can't be ended.
    AnswerStuck,
    /// End left-over descendants, detach the mount, remove the cgroup or job.
    Clear,
    /// Forget what was of this process: after a delay there is another.
    EndRun(Why),
    /// Make the next process, as the start had it made.
    Spawn,
    /// Keep the failure visible under the instance's name.
    KeepFailure(Failure),
    /// Free the name, and tell those who wait for the end.
    Release,
}

/// How long a killed process may take to be gone before those who wait for
/// its end are told that it is stuck.
pub const KILL_WAIT: Duration = Duration::from_secs(5);
