//! Waiting until a file system is there to be used.

use std::time::Duration;

use fslaunch_protocol::State;

use crate::backoff;
use crate::connect::Wanted;
use crate::connections::{self, GLANCE, target};
use crate::failure::Failure;
use crate::name::RemoteName;
use crate::world::{Fate, World};

/// How often is asked whether the instance is still there.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(100);
/// The first time: it may have ended at once.
const FIRST_QUESTION: Duration = Duration::from_millis(30);

/// Waits until the root opens; for the class's time at most, and no longer
/// than the instance lives.
///
/// # Errors
/// It ended, or is not ready yet: then it is left alone.
pub(crate) fn wait(world: &mut impl World, wanted: &Wanted) -> Result<(), Failure> {
    let began = world.now();
    let end = began + wanted.class.start_timeout;
    let mut next_question = began + FIRST_QUESTION;
    for pause in backoff::pauses() {
        if is_ready(world, wanted) {
            return Ok(());
        }
        let now = world.now();
        if now >= end {
            break;
        }
        if now >= next_question {
            let fate = connections::fate(world, &wanted.name);
            if let Some(how) = fate.ended() {
                return Err(ended(&wanted.name, how));
            }
            next_question = world.now() + BETWEEN_QUESTIONS;
        }
        world.sleep(pause.min(end.saturating_sub(now)));
    }
    Err(still_starting(wanted))
}

/// Whether the root opens. Without the driver nobody serves the name of the
/// network: then the launcher's word counts where no drive was asked for.
fn is_ready(world: &mut impl World, wanted: &Wanted) -> bool {
    if let Some(drive) = wanted.drive {
        return world.opens(&drive.root());
    }
    let name = &wanted.name;
    match world.volumes() {
        // Asking for what nobody has would ask the network: that takes long.
        Some(volumes) => connections::is_among(&volumes, name) && world.opens(&format!(r"{name}\")),
        None => match world.info(&target(name), GLANCE) {
            Fate::Known(info) => info.instance.state == State::Running,
            Fate::Untold => true,
            Fate::Gone => false,
        },
    }
}

fn ended(name: &RemoteName, how: Option<&str>) -> Failure {
    const PROCESS_ABORTED: u32 = 1067;
    let words = match how {
        Some(how) => format!("{name}: {how}"),
        None => format!("{name} ended before it was ready: see the launcher's log"),
    };
    Failure::words(PROCESS_ABORTED, &words)
}

fn still_starting(wanted: &Wanted) -> Failure {
    const TIMEOUT: u32 = 1460;
    let seconds = wanted.class.start_timeout.as_secs();
    let where_ = match wanted.drive {
        Some(drive) => format!(" (as {drive})"),
        None => String::new(),
    };
    let words = format!(
        "{}{where_} is still starting: not ready after {seconds} s. It was left running and may become ready later",
        wanted.name
    );
    Failure::words(TIMEOUT, &words)
}

#[cfg(test)]
mod tests;
