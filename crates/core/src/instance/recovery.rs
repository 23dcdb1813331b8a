//! Starting an instance again when its process ends without having been asked
//! to (launcher specification, section 4: `Recovery`).
//!
//! The delay grows and there is a limit (compatibility specification,
//! difference 6): what ends again and again is left alone, with its cause.

use std::{fmt, time::Duration};

use super::{
    Effect::{self, *},
    Event, Exit, Phase, Settings, Timer, Why,
};
use crate::record::Ready;

/// The first delay, unless the launcher is configured with another.
pub const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The delay doubles up to this.
pub const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// After so long a run an end is the first one again.
pub const CALM: Duration = Duration::from_secs(5 * 60);

/// How often in a row an instance is started again.
pub const RESTARTS: u32 = 5;

/// Whether an instance is started again when it ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Its class does not say so.
    Never,
    /// It is, and the first time after this delay.
    After(Duration),
    /// Its class says so, but an earlier launcher started it. That alone knew
    /// its secret, and its account.
    Unknown,
}

/// Why an instance waits to be started again, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why its process is gone.
    pub why: Why,
    /// The whole delay.
    pub delay: Duration,
}

/// Why an instance has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why its last process is gone.
    pub why: Why,
    /// How many of its processes ended in a row.
    pub times: u32,
    /// It would have been started again by the launcher that started it.
    pub was_to_recover: bool,
}

impl From<Exit> for Failure {
    fn from(exit: Exit) -> Failure {
        Failure {
            why: Why::Exited(exit),
            times: 1,
            was_to_recover: false,
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let once = Once(&self.why);
        match (self.delay.subsec_millis(), self.delay.as_secs()) {
            (0, seconds) => write!(f, "{once}; it is started again after {seconds} s"),
            _ => {
                let milliseconds = self.delay.as_millis();
                write!(f, "{once}; it is started again after {milliseconds} ms")
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            0 | 1 => write!(f, "{}", Once(&self.why))?,
            times => write!(
                f,
                "it ended {times} times in a row; the last time {}",
                Last(&self.why)
            )?,
        }
        if self.was_to_recover {
            f.write_str(
                "; it is not started again, as an earlier launcher started it, which alone knew \
                 its account and its secret",
            )?;
        }
        Ok(())
    }
}

/// An end that stands for itself.
struct Once<'a>(&'a Why);

impl fmt::Display for Once<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Why::Exited(exit) => write!(f, "its process ended: {exit}"),
            other @ (Why::SecretRefused(_)
            | Why::SecretTimedOut
            | Why::MountFailed(_)
            | Why::NotStarted(_)
            | Why::Asked
            | Why::LauncherStops) => Last(other).fmt(f),
        }
    }
}

/// The last of several ends. What a process answered to its secret is left
/// out: everybody who may query the instance sees this.
struct Last<'a>(&'a Why);

impl fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Why::Exited(Exit::Code(code)) => write!(f, "with exit code {code}"),
            Why::Exited(exit) => write!(f, "its process ended: {exit}"),
            Why::SecretRefused(_) => f.write_str("its process refused the secret"),
            Why::SecretTimedOut => f.write_str("its process did not answer to the secret in time"),
            Why::MountFailed(reason) => write!(f, "its mount failed: {reason}"),
            Why::NotStarted(reason) => write!(f, "it could not be started: {reason}"),
            Why::Asked | Why::LauncherStops => f.write_str("it was asked to end"),
        }
    }
}

/// Whether an instance that was ready goes on after this end of its process.
pub(super) fn goes_on(settings: &Settings, exit: Exit) -> bool {
    match (settings.recovery, exit) {
        (Recovery::Never | Recovery::Unknown, _) => false,
        // The next one would leave for the background as well.
        (Recovery::After(_), Exit::WentAway(_)) => false,
        // Whoever unmounts it has asked it to end.
        (Recovery::After(_), Exit::Code(0)) => settings.ready != Ready::Mount,
        (Recovery::After(_), Exit::Code(_) | Exit::Signal(_) | Exit::Unknown) => true,
    }
}

/// What follows an end that nobody asked for: another run after a delay, or a
/// failure when there were too many. `row` counts the ends before this one.
pub(super) fn again(settings: &Settings, row: u32, why: Why) -> (Phase, Vec<Effect>) {
    match settings.recovery {
        Recovery::After(first) if row < RESTARTS => {
            let delay = delay(first, row);
            let effects = vec![EndRun(why.clone()), SetTimer(Timer::Again, delay)];
            (Phase::Waiting(Pause { why, delay }), effects)
        }
        Recovery::After(_) | Recovery::Never | Recovery::Unknown => {
            let failure = Failure {
                why,
                times: row + 1,
                was_to_recover: settings.recovery == Recovery::Unknown,
            };
            (Phase::Ended, vec![KeepFailure(failure)])
        }
    }
}

fn delay(first: Duration, row: u32) -> Duration {
    let doubled = 1_u32.checked_shl(row).unwrap_or(u32::MAX);
    first.saturating_mul(doubled).min(LONGEST_DELAY)
}

/// An instance that has no process now and gets one when its delay is over.
pub(super) fn waiting(pause: Pause, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::TimeOver(Timer::Again) => (Phase::Spawning { stop: None }, vec![Spawn]),
        Event::StopRequested | Event::LauncherStops => (Phase::Ended, vec![ClearTimer, Release]),
        Event::Spawned
        | Event::SpawnFailed(_)
        | Event::SpawnRefused(_)
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::NoAnswer
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(
            Timer::Secret | Timer::Start | Timer::Grace | Timer::Kill | Timer::Calm,
        )
        | Event::Exited(_)
        | Event::Cleared => (Phase::Waiting(pause), vec![]),
    }
}

#[cfg(test)]
mod tests;
