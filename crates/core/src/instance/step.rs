//! The table of phases and events.

use super::{
    AnswerAt,
    Effect::{self, *},
    End, Event, Exit, KILL_WAIT, Phase, SecretPolicy, Settings, Timer, Why,
};
use crate::record::Ready;

/// Decides what an event means for an instance in a phase.
///
/// An event that has no meaning in a phase (a timer that was overtaken, a
/// second stop) changes nothing.
pub fn step(settings: &Settings, phase: Phase, event: Event) -> (Phase, Vec<Effect>) {
    match phase {
        Phase::Spawning { stop } => spawning(settings, stop, event),
        Phase::Answering => answering(settings, event),
        Phase::Readying { answered } => readying(settings, answered, event),
        Phase::Running => running(settings, event),
        Phase::Stopping(end) => stopping(end, event),
        Phase::Killing(end) => killing(end, event),
        Phase::Clearing(end) => clearing(end, event),
        Phase::Ended => (Phase::Ended, vec![]),
    }
}

fn spawning(settings: &Settings, stop: Option<Why>, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Spawned => match stop {
            Some(why) => ask_to_end(settings, why, false),
            None => spawned(settings),
        },
        // The shell has answered with the cause, which only it knows.
        Event::SpawnFailed => (Phase::Ended, vec![Release]),
        Event::SpawnHung => {
            let why = stop.unwrap_or(Why::Asked);
            let answered = true;
            (
                Phase::Killing(End { why, answered }),
                vec![SetTimer(Timer::Kill, KILL_WAIT)],
            )
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
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(_)
        | Event::Exited(_)
        | Event::Cleared => (Phase::Spawning { stop }, vec![]),
    }
}

fn spawned(settings: &Settings) -> (Phase, Vec<Effect>) {
    match settings.secret {
        SecretPolicy::Answered => {
            let timer = SetTimer(Timer::Secret, settings.secret_timeout);
            (Phase::Answering, vec![AwaitAnswer, timer])
        }
        SecretPolicy::None | SecretPolicy::Unanswered => await_ready(settings, false),
    }
}

/// `accepted`: the process has said `OK` to its secret.
fn await_ready(settings: &Settings, accepted: bool) -> (Phase, Vec<Effect>) {
    match settings.ready {
        Ready::Process => (Phase::Running, vec![ClearTimer, AnswerReady]),
        Ready::Ok if accepted => (Phase::Running, vec![ClearTimer, AnswerReady]),
        Ready::Ok | Ready::Mount | Ready::Notify => await_sign(settings),
    }
}

fn await_sign(settings: &Settings) -> (Phase, Vec<Effect>) {
    match settings.answer {
        AnswerAt::Ready => {
            let timer = SetTimer(Timer::Start, settings.start_timeout);
            (Phase::Readying { answered: false }, vec![AwaitReady, timer])
        }
        AnswerAt::Begun => (
            Phase::Readying { answered: true },
            vec![ClearTimer, AwaitReady, AnswerBegun],
        ),
    }
}

fn answering(settings: &Settings, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::SecretAccepted => await_ready(settings, true),
        Event::SecretRefused(reason) => ask_to_end(settings, Why::SecretRefused(reason), false),
        Event::TimeOver(Timer::Secret) => ask_to_end(settings, Why::SecretTimedOut, false),
        Event::StopRequested => ask_to_end(settings, Why::Asked, false),
        Event::LauncherStops => ask_to_end(settings, Why::LauncherStops, false),
        // An end without an answer is a refusal (launcher specification, section 7).
        Event::Exited(exit) => clear(
            Why::SecretRefused(format!("it ended without an answer: {exit}")),
            false,
        ),
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(Timer::Start | Timer::Grace | Timer::Kill)
        | Event::Cleared => (Phase::Answering, vec![]),
    }
}

fn readying(settings: &Settings, answered: bool, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Ready if answered => (Phase::Running, vec![ClearTimer]),
        Event::Ready => (Phase::Running, vec![ClearTimer, AnswerReady]),
        // It may still become ready: a start that succeeds late has not failed.
        Event::TimeOver(Timer::Start) if !answered => (
            Phase::Readying { answered: true },
            vec![AnswerStillStarting],
        ),
        Event::MountFailed(reason) => ask_to_end(settings, Why::MountFailed(reason), answered),
        Event::StopRequested => ask_to_end(settings, Why::Asked, answered),
        Event::LauncherStops => ask_to_end(settings, Why::LauncherStops, answered),
        Event::Exited(exit) => clear(Why::Exited(exit), answered),
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::TimeOver(_)
        | Event::Cleared => (Phase::Readying { answered }, vec![]),
    }
}

fn running(settings: &Settings, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::StopRequested => ask_to_end(settings, Why::Asked, true),
        Event::LauncherStops => ask_to_end(settings, Why::LauncherStops, true),
        Event::Exited(exit) => clear(Why::Exited(exit), true),
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(_)
        | Event::Cleared => (Phase::Running, vec![]),
    }
}

fn stopping(end: End, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Exited(_) => clear(end.why, end.answered),
        Event::TimeOver(Timer::Grace) => (
            Phase::Killing(end),
            vec![Kill, SetTimer(Timer::Kill, KILL_WAIT)],
        ),
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(Timer::Secret | Timer::Start | Timer::Kill)
        | Event::StopRequested
        | Event::LauncherStops
        | Event::Cleared => (Phase::Stopping(end), vec![]),
    }
}

fn killing(end: End, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Exited(_) => clear(end.why, end.answered),
        // Whoever asks again gets another try, and an answer of their own.
        Event::StopRequested | Event::LauncherStops => (
            Phase::Killing(end),
            vec![Kill, SetTimer(Timer::Kill, KILL_WAIT)],
        ),
        // Its starter is answered as well: a process that can't even be killed
        // may stay for as long as the kernel holds it.
        Event::TimeOver(Timer::Kill) => {
            let mut effects = vec![AnswerStuck];
            if !end.answered {
                effects.push(AnswerFailed(end.why.clone()));
            }
            (
                Phase::Killing(End {
                    answered: true,
                    ..end
                }),
                effects,
            )
        }
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(Timer::Secret | Timer::Start | Timer::Grace)
        | Event::Cleared => (Phase::Killing(end), vec![]),
    }
}

/// The starter is answered only now, so that it can start again at once.
fn clearing(end: End, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Cleared => {
            let mut effects = vec![];
            let failure = failure(&end);
            if !end.answered {
                effects.push(AnswerFailed(end.why));
            }
            effects.push(failure.map_or(Release, KeepFailure));
            (Phase::Ended, effects)
        }
        Event::Spawned
        | Event::SpawnFailed
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(_)
        | Event::StopRequested
        | Event::LauncherStops
        | Event::Exited(_) => (Phase::Clearing(end), vec![]),
    }
}

/// A failure is an end that nobody asked for: it stays visible. An instance
/// that was ready may end well by itself, as when its mount is unmounted.
fn failure(end: &End) -> Option<Exit> {
    match end.why {
        Why::Exited(Exit::Code(0)) if end.answered => None,
        Why::Exited(exit) => Some(exit),
        Why::Asked
        | Why::LauncherStops
        | Why::SecretRefused(_)
        | Why::SecretTimedOut
        | Why::MountFailed(_) => None,
    }
}

fn ask_to_end(settings: &Settings, why: Why, answered: bool) -> (Phase, Vec<Effect>) {
    let timer = SetTimer(Timer::Grace, settings.stop_grace);
    (
        Phase::Stopping(End { why, answered }),
        vec![Terminate, timer],
    )
}

fn clear(why: Why, answered: bool) -> (Phase, Vec<Effect>) {
    (
        Phase::Clearing(End { why, answered }),
        vec![ClearTimer, Clear],
    )
}
