//! Waiting for a mount whose class does not say that it is ready with it.

use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_client::{Class, Launcher, State};
use fslaunch_os::mounts::Mount;

use super::super::exit::Failure;
use super::super::interrupt::Interrupt;
use super::super::place;
use super::start::Started;
use super::{LOOK, is_one};

/// As long as a class has by default until it is ready, in seconds.
const DEFAULT: u64 = 15;
/// Between two questions to the launcher.
const ASK: Duration = Duration::from_millis(250);

/// How long a mount may take to appear: as long as its class has to be ready.
pub(super) fn patience(class: &Class) -> Duration {
    Duration::from_secs(class.start_timeout.unwrap_or(DEFAULT))
}

/// The mount of an instance that has started, as soon as it is there. What was
/// there before it is not its mount.
pub(super) fn wait(
    launcher: &mut Launcher,
    started: &Started,
    folder: &Path,
    patience: Duration,
    interrupt: &Interrupt,
) -> Result<Mount, Failure> {
    let instance = &started.instance;
    let told = instance.mount_point.as_deref().map(Path::new);
    let at = told.unwrap_or(folder);
    let deadline = Instant::now() + patience;
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
                patience.as_secs()
            );
            let hint = "start-timeout in the class says how long it may take";
            let failure = Box::new(Failure::Mount(words));
            return Err(Failure::Hinted(failure, hint.to_owned()));
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
