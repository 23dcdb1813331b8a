//! Waiting for a mount whose class does not say that it is ready with it.

use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_client::{Launcher, State};
use fslaunch_os::mounts::Mount;

use super::super::exit::Failure;
use super::super::interrupt::Interrupt;
use super::super::place;
use super::start::Started;
use super::{LOOK, is_one};

/// As long as a class has by default until it is ready.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two questions to the launcher.
const ASK: Duration = Duration::from_millis(250);

/// The mount of an instance that has started, as soon as it is there. What was
/// there before it is not its mount.
pub(super) fn wait(
    launcher: &mut Launcher,
    started: &Started,
    folder: &Path,
    interrupt: &Interrupt,
) -> Result<Mount, Failure> {
    let instance = &started.instance;
    let told = instance.mount_point.as_deref().map(Path::new);
    let at = told.unwrap_or(folder);
    let deadline = Instant::now() + PATIENCE;
    let mut asked = Instant::now();
    loop {
        interrupt.check()?;
        match place::mount_at(at)? {
            Some(mount) if !started.strangers.contains(&mount.id) => return Ok(mount),
            Some(_) | None => {}
        }
        if asked.elapsed() >= ASK {
            asked = Instant::now();
            still_there(launcher, started)?;
        }
        if Instant::now() >= deadline {
            let words = format!(
                "instance '{}' runs, and nothing is mounted on {} after {} s",
                instance.instance,
                at.display(),
                PATIENCE.as_secs()
            );
            return Err(Failure::Mount(words));
        }
        std::thread::sleep(LOOK);
    }
}

fn still_there(launcher: &mut Launcher, started: &Started) -> Result<(), Failure> {
    let listed = launcher.list()?;
    let mut listed = listed.into_iter();
    let ended = match listed.find(|one| is_one(one, &started.instance)) {
        Some(found) if found.state == State::Failed => found.failure,
        Some(_) => return Ok(()),
        None => None,
    };
    let cause = ended.map_or(String::new(), |failure| format!(": {failure}"));
    let words = format!(
        "instance '{}' ended before anything was mounted",
        started.instance.instance
    );
    Err(Failure::Mount(words + &cause))
}
