//! The ways out of an instance's process: asked to end, killed, cleared away.

use super::{
    Effect::{self, *},
    End, Event, KILL_WAIT, Phase, Timer, Why,
};

impl End {
    /// The same when somebody wants it: nothing comes after it.
    pub(super) fn asked(self, why: Why) -> End {
        match self.again {
            true => End {
                why,
                again: false,
                ..self
            },
            false => self,
        }
    }
}

/// It was asked to end.
pub(super) fn stopping(end: End, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Exited(_) => clear(end.why, end.answered, end.again),
        Event::TimeOver(Timer::Grace) => kill(end),
        Event::StopRequested => (Phase::Stopping(end.asked(Why::Asked)), vec![]),
        Event::LauncherStops => (Phase::Stopping(end.asked(Why::LauncherStops)), vec![]),
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
            Timer::Secret | Timer::Start | Timer::Kill | Timer::Again | Timer::Calm,
        )
        | Event::Cleared => (Phase::Stopping(end), vec![]),
    }
}

fn kill(end: End) -> (Phase, Vec<Effect>) {
    let timer = SetTimer(Timer::Kill, KILL_WAIT);
    (Phase::Killing(end), vec![Kill, timer])
}

/// It was killed.
pub(super) fn killing(end: End, event: Event) -> (Phase, Vec<Effect>) {
    match event {
        Event::Exited(_) => clear(end.why, end.answered, end.again),
        // Whoever asks again gets another try, and an answer of their own.
        Event::StopRequested => kill(end.asked(Why::Asked)),
        Event::LauncherStops => kill(end.asked(Why::LauncherStops)),
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
        | Event::SpawnFailed(_)
        | Event::SpawnRefused(_)
        | Event::SpawnHung
        | Event::SecretAccepted
        | Event::SecretRefused(_)
        | Event::NoAnswer
        | Event::Ready
        | Event::MountFailed(_)
        | Event::TimeOver(
            Timer::Secret | Timer::Start | Timer::Grace | Timer::Again | Timer::Calm,
        )
        | Event::Cleared => (Phase::Killing(end), vec![]),
    }
}

/// Its process is gone.
pub(super) fn clear(why: Why, answered: bool, again: bool) -> (Phase, Vec<Effect>) {
    let end = End {
        why,
        answered,
        again,
    };
    (Phase::Clearing(end), vec![ClearTimer, Clear])
}
