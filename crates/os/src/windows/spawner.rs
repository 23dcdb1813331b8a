//! Starts processes: suspended at first, in their job, and let run when all is written down.

mod attributes;
mod create;
mod keeper;
mod output;
mod secret;
mod standard;
mod stderr;
mod steps;

use std::io;
use std::os::windows::io::OwnedHandle;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::job::{Job, JobRoot};
use super::mounts;
use super::plan::Plan;
use super::process::Process;
use super::spawn_error::{LaunchFailed, SpawnError};
use super::staging::Folder;
use create::Made;
pub use keeper::Keeper;
pub(super) use keeper::run_if_asked;
pub use output::Output;
use standard::Standard;

/// How long a process that is killed may take to be gone before that is somebody else's to wait
/// for: far more than it takes one that can be killed.
const END_DEADLINE: Duration = Duration::from_secs(1);

/// Starts processes, each in a job of its own from its first moment.
#[derive(Debug, Clone)]
pub struct Spawner(());

/// A process that has not begun to run. It ends when this is dropped, or the launcher ends.
#[derive(Debug)]
pub struct Prepared {
    process: Process,
    job: Job,
    thread: OwnedHandle,
    stdin: Option<OwnedHandle>,
    stdout: Output,
    stderr: Option<Output>,
    keeper: Option<Keeper>,
}

/// A process that runs its program.
#[derive(Debug)]
pub struct Launched {
    /// The process.
    pub process: Process,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error, unless that goes to a file or with its standard output.
    pub stderr: Option<Output>,
    /// Mount points are not looked at on this system: `None`.
    pub mount_point: Option<MountPoint>,
    /// What keeps its output open if it is to outlive the launcher.
    pub keeper: Option<Keeper>,
}

/// A mount point that was found fit for use.
#[derive(Debug)]
pub struct MountPoint {
    /// Its path.
    pub path: PathBuf,
    /// Nothing is opened on this system.
    pub folder: Option<Folder>,
}

impl Spawner {
    /// Ready to start processes.
    ///
    /// # Errors
    /// None on this system.
    pub fn new() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// As [`Spawner::new`], which makes jobs as well.
    ///
    /// # Errors
    /// None on this system.
    pub fn in_jobs(_root: JobRoot) -> io::Result<Self> {
        Self::new()
    }

    /// Makes the process, suspended. Whenever the launcher dies before
    /// [`launch`](Prepared::launch), the process dies with it.
    ///
    /// # Errors
    /// The step that failed, with its cause.
    pub async fn prepare(&self, plan: &Plan) -> Result<Prepared, SpawnError> {
        if let Some(reason) = plan.problem() {
            return Err(SpawnError::PlanInvalid { reason });
        }
        check_letter(plan)?;
        let Standard { near, far } = Standard::open(plan).await?;
        let kept = if plan.die_with_launcher {
            Vec::new()
        } else {
            let outputs = [Some(&near.stdout), near.stderr.as_ref()];
            let kept = outputs.into_iter().flatten().map(keeper::share);
            kept.collect::<io::Result<_>>().map_err(not_kept)?
        };
        let plan = plan.clone();
        // It reads files, of another account perhaps, and asks other processes.
        let make = move || {
            let made = create::create(&plan, far)?;
            let keeper = match plan.die_with_launcher {
                true => None,
                false => Some(Keeper::start(&kept).map_err(not_kept)?),
            };
            Ok((made, keeper))
        };
        let made: Result<Result<_, SpawnError>, _> = spawn_blocking(make).await;
        let failed = |source| SpawnError::Launcher {
            action: "start a process",
            source,
        };
        let (made, keeper) = made.map_err(|e| failed(io::Error::other(e)))??;
        let Made {
            pid,
            process,
            thread,
            job,
            console,
        } = made;
        Ok(Prepared {
            process: Process::child(pid, process, job.clone(), console).map_err(failed)?,
            job,
            thread,
            stdin: near.stdin,
            stdout: near.stdout,
            stderr: near.stderr,
            keeper,
        })
    }

    /// Says that a start is over: there is nothing to get ready for the next.
    pub fn rest(&self) {}

    /// There is nothing in reserve.
    pub async fn close(&self) {}
}

/// A drive letter that is taken could never appear, and would be waited for in vain.
fn check_letter(plan: &Plan) -> Result<(), SpawnError> {
    let Some(mount) = plan.mount.as_ref().filter(|mount| mount.is_observable()) else {
        return Ok(());
    };
    match mounts::taken(mount.path()) {
        Some(target) => Err(SpawnError::MountPointBusy {
            path: mount.path().to_owned(),
            reason: format!("it is {target}"),
        }),
        None => Ok(()),
    }
}

impl Prepared {
    /// The process ID, which stays the same.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// When it was created, in units of 100 ns since 1601.
    pub fn start_time(&self) -> u64 {
        self.process.start_time()
    }

    /// The program that it is made of, by which it is known again.
    pub fn image(&self) -> Option<&str> {
        self.process.image()
    }

    /// The job that it is in.
    pub fn job(&self) -> Option<&Job> {
        Some(&self.job)
    }

    /// Lets it run, with `secret` in its standard input if the plan wants that. It must be the
    /// plan that it was prepared with. The process is killed if this fails or is given up.
    ///
    /// # Errors
    /// The step that failed, with its cause, and the process if even killing it did not help.
    pub async fn launch(self, plan: Plan, secret: Option<&[u8]>) -> Result<Launched, LaunchFailed> {
        let Self {
            mut process,
            job,
            thread,
            stdin,
            stdout,
            stderr,
            keeper,
        } = self;
        if let Err(error) = run(&process, &job, &thread, stdin, &plan, secret) {
            return Err(give_up(process, error).await);
        }
        process.let_live();
        Ok(Launched {
            process,
            stdout,
            stderr,
            mount_point: None,
            keeper,
        })
    }
}

fn not_kept(source: io::Error) -> SpawnError {
    SpawnError::Launcher {
        action: "start the process that keeps its output",
        source,
    }
}

fn run(
    process: &Process,
    job: &Job,
    thread: &OwnedHandle,
    stdin: Option<OwnedHandle>,
    plan: &Plan,
    secret: Option<&[u8]>,
) -> Result<(), SpawnError> {
    let failed = |action| move |source| SpawnError::Launcher { action, source };
    if let Some(status) = process.status().map_err(failed("look at the process"))? {
        return Err(SpawnError::ShimDied { status });
    }
    if let Some(stdin) = stdin {
        let secret = secret.unwrap_or_default();
        secret::write(stdin, secret).map_err(failed("write the secret"))?;
    }
    create::resume(thread).map_err(failed("let the process run"))?;
    if !plan.die_with_launcher {
        // Only now: what does not run yet must not outlive the launcher.
        job.let_live()
            .map_err(|source| SpawnError::Job { source })?;
    }
    Ok(())
}

/// Kills the process, and waits a little for its end.
async fn give_up(process: Process, error: SpawnError) -> LaunchFailed {
    // What can't be killed is told by the process being there still.
    let _ = process.kill();
    let ended = tokio::time::timeout(END_DEADLINE, process.wait()).await;
    LaunchFailed {
        error,
        process: ended.is_err().then_some(process),
    }
}

#[cfg(test)]
mod tests;
