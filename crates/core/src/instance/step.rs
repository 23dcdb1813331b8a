//! The table of phases and events.

use super::{
    AnswerAt,
    Effect::{self, *},
    End, Event, Exit, Failure, KILL_WAIT, Life, Phase, Recovery, SecretPolicy, Settings, Timer,
    Why,
    ending::{clear, killing, stopping},
    recovery::{CALM, again, goes_on, waiting},
};
use crate::record::Ready;

/// How an output without an answer to the secret is told.
const NO_ANSWER: &str = "it ended its output without an answer";

/// Decides what an event means for an instance in a phase.
///
/// An event that has no meaning in a phase (a timer that was overtaken, a
/// second stop) changes nothing.
pub fn step(settings: &Settings, life: Life, event: Event) -> (Life, Vec<Effect>) {
    let Life { phase, row } = life;
    let run = Run { settings, row };
    let waited = matches!(phase, Phase::Waiting(_));
    let calm = phase == Phase::Running && event == Event::TimeOver(Timer::Calm);
    let (phase, effects) = match phase {
        Phase::Spawning { stop } => run.spawning(stop, event),
        Phase::Answering => run.answering(event),
        Phase::Readying { answered } => run.readying(answered, event),
        Phase::Running => run.running(event),
        Phase::Stopping(end) => stopping(end, event),
        Phase::Killing(end) => killing(end, event),
        Phase::Clearing(end) => run.clearing(end, event),
        Phase::Waiting(pause) => waiting(pause, event),
        Phase::Ended => (Phase::Ended, vec![]),
    };
    let waits = matches!(phase, Phase::Waiting(_));
    let row = match (waits && !waited, calm) {
        (true, _) => row + 1,
        (false, true) => 0,
        (false, false) => row,
    };
    (Life { phase, row }, effects)
}

/// One process of an instance, and how many of it ended in a row before.
#[derive(Clone, Copy)]
struct Run<'a> {
    settings: &'a Settings,
    row: u32,
}

impl Run<'_> {
    /// It is not the first: its start was answered, and an end that nobody
    /// asked for is one more in the row.
    fn is_again(self) -> bool {
        self.row > 0
    }

    fn spawning(self, stop: Option<Why>, event: Event) -> (Phase, Vec<Effect>) {
        match event {
            Event::Spawned => match stop {
                Some(why) => self.ask_to_end(why, self.is_again()),
                None => self.spawned(),
            },
            Event::SpawnFailed(reason) if self.is_again() && stop.is_none() => {
                again(self.settings, self.row, Why::NotStarted(reason))
            }
            Event::SpawnRefused(reason) if self.is_again() && stop.is_none() => {
                let failure = Failure {
                    why: Why::NotStarted(reason),
                    times: self.row + 1,
                    was_to_recover: false,
                };
                (Phase::Ended, vec![KeepFailure(failure)])
            }
            // The shell has answered with the cause, which only it knows.
            Event::SpawnFailed(_) | Event::SpawnRefused(_) => (Phase::Ended, vec![Release]),
            Event::SpawnHung => {
                let hung = || Why::NotStarted("its process did not come to run its program".into());
                let end = End {
                    again: self.is_again() && stop.is_none(),
                    why: stop.unwrap_or_else(hung),
                    answered: true,
                };
                (Phase::Killing(end), vec![SetTimer(Timer::Kill, KILL_WAIT)])
            }
            Event::StopRequested => (
                Phase::Spawning {
                    stop: stop.or(Some(Why::Asked)),
                },
                vec![],
            ),
            Event::LauncherStops => (
                Phase::Spawning {
                    stop: stop.or(Some(Why::LauncherStops)),
                },
                vec![],
            ),
            Event::SecretAccepted
            | Event::SecretRefused(_)
            | Event::NoAnswer
            | Event::Ready
            | Event::MountFailed(_)
            | Event::TimeOver(_)
            | Event::Exited(_)
            | Event::Cleared => (Phase::Spawning { stop }, vec![]),
        }
    }

    fn spawned(self) -> (Phase, Vec<Effect>) {
        match self.settings.secret {
            SecretPolicy::Answered => {
                let timer = SetTimer(Timer::Secret, self.settings.secret_timeout);
                (Phase::Answering, vec![AwaitAnswer, timer])
            }
            SecretPolicy::None | SecretPolicy::Unanswered => self.await_ready(false),
        }
    }

    /// `accepted`: the process has said `OK` to its secret.
    fn await_ready(self, accepted: bool) -> (Phase, Vec<Effect>) {
        match self.settings.ready {
            Ready::Process => self.ready(self.is_again()),
            Ready::Ok if accepted => self.ready(self.is_again()),
            Ready::Ok | Ready::Mount | Ready::Notify => self.await_sign(),
        }
    }

    fn await_sign(self) -> (Phase, Vec<Effect>) {
        if self.is_again() {
            let effects = vec![ClearTimer, AwaitReady];
            return (Phase::Readying { answered: true }, effects);
        }
        match self.settings.answer {
            AnswerAt::Ready => {
                let timer = SetTimer(Timer::Start, self.settings.start_timeout);
                (Phase::Readying { answered: false }, vec![AwaitReady, timer])
            }
            AnswerAt::Begun => (
                Phase::Readying { answered: true },
                vec![ClearTimer, AwaitReady, AnswerBegun],
            ),
        }
    }

    fn ready(self, answered: bool) -> (Phase, Vec<Effect>) {
        let mut effects = match self.is_again() {
            true => vec![SetTimer(Timer::Calm, CALM)],
            false => vec![ClearTimer],
        };
        if !answered {
            effects.push(AnswerReady);
        }
        (Phase::Running, effects)
    }

    fn answering(self, event: Event) -> (Phase, Vec<Effect>) {
        let answered = self.is_again();
        match event {
            Event::SecretAccepted => self.await_ready(true),
            // The next process would refuse it as well.
            Event::SecretRefused(reason) => self.ask_to_end(Why::SecretRefused(reason), answered),
            Event::NoAnswer if self.is_again() => self.fail(Why::SecretRefused(NO_ANSWER.into())),
            Event::NoAnswer => self.ask_to_end(Why::SecretRefused(NO_ANSWER.into()), answered),
            Event::TimeOver(Timer::Secret) if self.is_again() => self.fail(Why::SecretTimedOut),
            Event::TimeOver(Timer::Secret) => self.ask_to_end(Why::SecretTimedOut, answered),
            Event::StopRequested => self.ask_to_end(Why::Asked, answered),
            Event::LauncherStops => self.ask_to_end(Why::LauncherStops, answered),
            Event::Exited(exit) if self.is_again() => self.ended_again(exit),
            // An end without an answer is a refusal (launcher specification, section 7).
            Event::Exited(exit) => clear(
                Why::SecretRefused(format!("it ended without an answer: {exit}")),
                false,
                false,
            ),
            Event::Spawned
            | Event::SpawnFailed(_)
            | Event::SpawnRefused(_)
            | Event::SpawnHung
            | Event::Ready
            | Event::MountFailed(_)
            | Event::TimeOver(
                Timer::Start | Timer::Grace | Timer::Kill | Timer::Again | Timer::Calm,
            )
            | Event::Cleared => (Phase::Answering, vec![]),
        }
    }

    fn readying(self, answered: bool, event: Event) -> (Phase, Vec<Effect>) {
        match event {
            Event::Ready => self.ready(answered),
            // It may still become ready: a start that succeeds late has not failed.
            Event::TimeOver(Timer::Start) if !answered => (
                Phase::Readying { answered: true },
                vec![AnswerStillStarting],
            ),
            Event::MountFailed(reason) if self.is_again() => self.fail(Why::MountFailed(reason)),
            Event::MountFailed(reason) => self.ask_to_end(Why::MountFailed(reason), answered),
            Event::StopRequested => self.ask_to_end(Why::Asked, answered),
            Event::LauncherStops => self.ask_to_end(Why::LauncherStops, answered),
            Event::Exited(exit) if self.is_again() => self.ended_again(exit),
            Event::Exited(exit) => clear(Why::Exited(exit), answered, false),
            Event::Spawned
            | Event::SpawnFailed(_)
            | Event::SpawnRefused(_)
            | Event::SpawnHung
            | Event::SecretAccepted
            | Event::SecretRefused(_)
            | Event::NoAnswer
            | Event::TimeOver(_)
            | Event::Cleared => (Phase::Readying { answered }, vec![]),
        }
    }

    fn running(self, event: Event) -> (Phase, Vec<Effect>) {
        match event {
            Event::StopRequested => self.ask_to_end(Why::Asked, true),
            Event::LauncherStops => self.ask_to_end(Why::LauncherStops, true),
            Event::Exited(exit) => clear(Why::Exited(exit), true, goes_on(self.settings, exit)),
            Event::Spawned
            | Event::SpawnFailed(_)
            | Event::SpawnRefused(_)
            | Event::SpawnHung
            | Event::SecretAccepted
            | Event::SecretRefused(_)
            | Event::NoAnswer
            | Event::Ready
            | Event::MountFailed(_)
            | Event::TimeOver(_)
            | Event::Cleared => (Phase::Running, vec![]),
        }
    }

    /// The starter is answered only now, so that it can start again at once.
    fn clearing(self, end: End, event: Event) -> (Phase, Vec<Effect>) {
        match event {
            Event::Cleared if end.again => again(self.settings, self.row, end.why),
            Event::Cleared => {
                let mut effects = vec![];
                let failure = self.failure(&end);
                if !end.answered {
                    effects.push(AnswerFailed(end.why));
                }
                effects.push(failure.map_or(Release, KeepFailure));
                (Phase::Ended, effects)
            }
            Event::StopRequested => (Phase::Clearing(end.asked(Why::Asked)), vec![]),
            Event::LauncherStops => (Phase::Clearing(end.asked(Why::LauncherStops)), vec![]),
            Event::Spawned
            | Event::SpawnFailed(_)
            | Event::SpawnRefused(_)
            | Event::SpawnHung
            | Event::SecretAccepted
            | Event::SecretRefused(_)
            | Event::NoAnswer
            | Event::Ready
            | Event::MountFailed(_)
            | Event::TimeOver(_)
            | Event::Exited(_) => (Phase::Clearing(end), vec![]),
        }
    }

    /// A failure is an end that nobody asked for: it stays visible. An instance
    /// that was ready may end well by itself, as when its mount is unmounted;
    /// but not where it would have been started again.
    fn failure(self, end: &End) -> Option<Failure> {
        let was_to_recover = self.settings.recovery == Recovery::Unknown;
        let failed = match end.why {
            Why::Exited(Exit::Code(0)) => !end.answered || was_to_recover,
            Why::Exited(_) => true,
            Why::Asked | Why::LauncherStops => false,
            // The starter was told, of the first process.
            Why::SecretRefused(_)
            | Why::SecretTimedOut
            | Why::MountFailed(_)
            | Why::NotStarted(_) => self.is_again(),
        };
        failed.then(|| Failure {
            why: end.why.clone(),
            times: self.row + 1,
            was_to_recover,
        })
    }

    fn ask_to_end(self, why: Why, answered: bool) -> (Phase, Vec<Effect>) {
        self.stop(End {
            why,
            answered,
            again: false,
        })
    }

    /// One that was started again does not get ready: it may be tried again.
    fn fail(self, why: Why) -> (Phase, Vec<Effect>) {
        self.stop(End {
            why,
            answered: true,
            again: true,
        })
    }

    fn stop(self, end: End) -> (Phase, Vec<Effect>) {
        let timer = SetTimer(Timer::Grace, self.settings.stop_grace);
        (Phase::Stopping(end), vec![Terminate, timer])
    }

    /// One that was started again ends before it is ready.
    fn ended_again(self, exit: Exit) -> (Phase, Vec<Effect>) {
        let again = !matches!(exit, Exit::WentAway(_));
        clear(Why::Exited(exit), true, again)
    }
}
