//! Waiting for a mount whose class does not say that it is ready with it.

use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_client::{Instance, Launcher, State};
use fslaunch_os::mounts::Mount;

use super::super::exit::Failure;
use super::super::fill::same;
use super::super::interrupt::Interrupt;
use super::super::place;
use super::LOOK;

/// As long as a class has by default until it is ready.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two questions to the launcher.
const ASK: Duration = Duration::from_millis(250);

/// The mount of an instance that has started, as soon as it is there.
pub(super) fn wait(
    launcher: &mut Launcher,
    started: &Instance,
    folder: &Path,
    interrupt: &Interrupt,
) -> Result<Mount, Failure> {
    let told = started.mount_point.as_deref().map(Path::new);
    let at = told.unwrap_or(folder);
    let deadline = Instant::now() + PATIENCE;
    let mut asked = Instant::now();
    loop {
        interrupt.check()?;
        if let Some(mount) = place::mount_at(at)? {
            return Ok(mount);
        }
        if asked.elapsed() >= ASK {
            asked = Instant::now();
            still_there(launcher, started)?;
        }
        if Instant::now() >= deadline {
            let words = format!(
                "instance '{}' runs, and nothing is mounted on {} after {} s",
                started.instance,
                at.display(),
                PATIENCE.as_secs()
            );
            return Err(Failure::Mount(words));
        }
        std::thread::sleep(LOOK);
    }
}

fn still_there(launcher: &mut Launcher, started: &Instance) -> Result<(), Failure> {
    let listed = launcher.list()?;
    let mut listed = listed.into_iter();
    let is_it =
        |one: &Instance| same(&one.class, &started.class) && same(&one.instance, &started.instance);
    let ended = match listed.find(is_it) {
        Some(found) if found.state == State::Failed => found.failure,
        Some(_) => return Ok(()),
        None => None,
    };
    let cause = ended.map_or(String::new(), |failure| format!(": {failure}"));
    let words = format!(
        "instance '{}' ended before anything was mounted",
        started.instance
    );
    Err(Failure::Mount(words + &cause))
}
