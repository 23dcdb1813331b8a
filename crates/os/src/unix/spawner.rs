//! Starts processes: a shim first, which then becomes the process.
//!
//! The launcher never forks with its memory: std's `Command` without any hook uses
//! posix_spawn, and what must happen between fork and exec happens in the shim (see `shim`).

mod keeper;
mod pipes;
mod reserve;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::channel::{self, Inbox};
use super::descriptors;
use super::job::{Job, JobRoot};
use super::plan::Plan;
use super::process::{ExitStatus, Orphans, Process};
use super::raw;
use super::spawn_error::{LaunchFailed, SpawnError};
use super::staging::Folder;
use super::stream::Stream;
use super::wire::{Reply, Request};
pub use keeper::Keeper;
use pipes::Pipes;
pub(super) use reserve::Kind;
use reserve::{Order, Reserve, Spawned};

/// How long a shim may take to become its program.
const LAUNCH_DEADLINE: Duration = Duration::from_secs(10);
/// How long a process that is killed may take to be gone before that is somebody else's to wait
/// for: far more than it takes one that can be killed.
const END_DEADLINE: Duration = Duration::from_secs(1);

/// Starts processes from one thread of its own: the kernel sends the parent-death signal when
/// the *thread* that spawned ends. That thread lives until the last clone is dropped, which
/// must therefore be kept as long as the launcher lives.
#[derive(Debug, Clone)]
pub struct Spawner {
    orders: mpsc::Sender<Order>,
    orphans: Orphans,
}

/// A shim that waits for its plan. It ends when this is dropped, or the launcher ends.
#[derive(Debug)]
pub struct Prepared {
    process: Process,
    socket: UnixStream,
    spawner: Spawner,
}

/// Where the launcher reads what a process writes: a socket, not a pipe.
pub type Output = Stream;

/// A process that runs its program.
#[derive(Debug)]
pub struct Launched {
    /// The process.
    pub process: Process,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error, unless that goes to a file or with its standard output.
    pub stderr: Option<Output>,
    /// The mount point, if the plan names one.
    pub mount_point: Option<MountPoint>,
    /// What lets it go on writing when the launcher dies, if it is to survive that.
    pub keeper: Option<Keeper>,
}

/// A mount point that was found fit for use.
#[derive(Debug)]
pub struct MountPoint {
    /// Its path without any symbolic link.
    pub path: PathBuf,
    /// The folder itself, if it was opened for another caller. Keep it no longer than it is
    /// needed.
    pub folder: Option<Folder>,
}

impl Spawner {
    /// Starts the thread. The shim is the running program itself.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub fn new() -> io::Result<Self> {
        Self::start_thread(None)
    }

    /// As [`Spawner::new`]; each process is in a new cgroup beneath `root` from the beginning.
    ///
    /// That is more than a convenience: to move a process, the kernel waits until no processor
    /// can be in the middle of anything (several milliseconds), so it is done in advance.
    /// Empty cgroups that an earlier launcher had in reserve are removed.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub fn in_jobs(root: JobRoot) -> io::Result<Self> {
        reserve::remove_stale(&root);
        Self::start_thread(Some(root))
    }

    fn start_thread(root: Option<JobRoot>) -> io::Result<Self> {
        raw::keep_exit_statuses()?;
        let (orders, inbox) = mpsc::channel();
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || Reserve::new(root).serve(&inbox))?;
        let orphans = Orphans::default();
        Ok(Self { orders, orphans })
    }

    /// Starts a shim. Its process ID is that of the later process.
    ///
    /// # Platform behaviour
    /// On Unix the shim comes from the reserve, whatever the plan; it learns that when it is
    /// launched.
    ///
    /// # Errors
    /// [`SpawnError::Launcher`] when the system can't start a process.
    pub async fn prepare(&self, _plan: &Plan) -> Result<Prepared, SpawnError> {
        self.start(Kind::Instance).await
    }

    pub(super) async fn start(&self, kind: Kind) -> Result<Prepared, SpawnError> {
        let failed = |source| SpawnError::Launcher {
            action: "start a process",
            source,
        };
        self.orphans.reap();
        let (reply, answer) = oneshot::channel();
        self.tell(Order::Start { kind, reply }).map_err(failed)?;
        let spawned = answer
            .await
            .unwrap_or_else(|_| Err(thread_ended()))
            .map_err(failed)?;
        Prepared::new(spawned, self.clone()).map_err(failed)
    }

    /// Says that a start is over, however it ended: it is time to get ready for the next.
    ///
    /// # Platform behaviour
    /// On Unix another shim is put in reserve, which happens a little later without this, too.
    pub fn rest(&self) {
        // Without its thread there is nothing to get ready.
        let _ = self.tell(Order::Rest);
    }

    /// Ends the shim in reserve and removes its cgroup. To be called when the launcher ends;
    /// otherwise an empty cgroup stays until the next launcher starts.
    pub async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.tell(Order::Close { reply }).is_ok() {
            // An end of the thread is what is wanted.
            let _ = answer.await;
        }
        self.orphans.reap();
    }

    fn tell(&self, job: Order) -> io::Result<()> {
        self.orders.send(job).map_err(|_| thread_ended())
    }

    /// Has a shim do `request` and returns its answer. The shim is killed when `deadline` has
    /// passed, and given up if even that does not help.
    pub(super) async fn ask(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
        deadline: Duration,
    ) -> io::Result<Option<Reply>> {
        let frame = channel::encode(request)?;
        let conversation = async {
            let shim = self.start(Kind::Errand).await.map_err(io::Error::other)?;
            channel::send_async(&shim.socket, &frame, descriptors).await?;
            let answer = channel::receive_async(&shim.socket, &mut Inbox::default()).await?;
            Ok(answer.map(|(reply, _)| reply))
        };
        match tokio::time::timeout(deadline, conversation).await {
            Ok(answer) => answer,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

fn thread_ended() -> io::Error {
    io::Error::other("the spawner's thread has ended")
}

/// What there is when the program runs.
struct Running {
    pipes: Pipes,
    keeper: Option<Keeper>,
    mount_point: Option<MountPoint>,
    job: Option<Job>,
}

impl Prepared {
    fn new(spawned: Spawned, spawner: Spawner) -> io::Result<Self> {
        let Spawned { identity, socket } = spawned;
        let process = Process::child(identity, spawner.orphans.clone())?;
        socket.set_nonblocking(true)?;
        let socket = UnixStream::from_std(socket)?;
        Ok(Self {
            process,
            socket,
            spawner,
        })
    }

    /// The process ID, which stays the same.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// When it was started, in clock ticks since boot.
    pub fn start_time(&self) -> u64 {
        self.process.start_time()
    }

    /// What a process runs may change here, and its cgroup tells as much: `None`.
    pub fn image(&self) -> Option<&str> {
        None
    }

    /// The cgroup that it is in already, if the spawner makes them.
    pub fn job(&self) -> Option<&Job> {
        self.process.job()
    }

    /// Makes it the process that `plan` describes, with `secret` in its standard input if the
    /// plan wants that; returns when its program runs. The process is killed if this fails or is
    /// given up, and a cgroup of the spawner's removed in time; one that the plan brought stays
    /// for the caller to remove.
    ///
    /// # Errors
    /// The step that failed, with its cause, and the process if even killing it did not help.
    pub async fn launch(self, plan: Plan, secret: Option<&[u8]>) -> Result<Launched, LaunchFailed> {
        let carried_out = match plan.problem() {
            Some(reason) => Err(SpawnError::PlanInvalid { reason }),
            None => tokio::time::timeout(LAUNCH_DEADLINE, self.carry_out(plan, secret))
                .await
                .unwrap_or(Err(SpawnError::TimedOut {
                    seconds: LAUNCH_DEADLINE.as_secs(),
                })),
        };
        match carried_out {
            Ok(Running {
                pipes,
                keeper,
                mount_point,
                job,
            }) => Ok(Launched {
                process: self.process.let_live(job),
                stdout: pipes.stdout,
                stderr: pipes.stderr,
                mount_point,
                keeper,
            }),
            Err(error) => Err(self.give_up(error).await),
        }
    }

    async fn carry_out(
        &self,
        mut plan: Plan,
        secret: Option<&[u8]>,
    ) -> Result<Running, SpawnError> {
        let own = self.process.job();
        let entered = plan.job.is_none() || plan.job.as_ref() == own;
        if plan.job.is_none() {
            plan.job = own.cloned();
        }
        let mut pipes = Pipes::open(&plan, secret)?;
        // Before the program runs: the launcher may die at any moment after that.
        let keeper = if plan.die_with_launcher {
            None
        } else {
            Some(Keeper::start(&self.spawner, &pipes).await?)
        };
        let request = Request::Exec {
            plan: Box::new(plan),
            entered,
            files: descriptors::before_raising(),
            parent: std::process::id(),
        };
        let frame = channel::encode(&request).map_err(|e| SpawnError::PlanInvalid {
            reason: e.to_string(),
        })?;
        let Request::Exec { plan, .. } = request else {
            unreachable!("it was made above");
        };
        let far = std::mem::take(&mut pipes.far);
        let descriptors: Vec<_> = far.iter().map(AsFd::as_fd).collect();
        let sent = channel::send_async(&self.socket, &frame, &descriptors).await;
        drop(far);
        if sent.is_err() {
            return Err(self.died().await);
        }
        Ok(Running {
            mount_point: self.follow(&plan).await?,
            pipes,
            keeper,
            job: plan.job,
        })
    }

    /// Kills the process, and waits a little for its end.
    async fn give_up(self, error: SpawnError) -> LaunchFailed {
        // What can't be killed is told by the process being there still.
        let _ = self.process.kill();
        let ended = tokio::time::timeout(END_DEADLINE, self.process.wait()).await;
        LaunchFailed {
            error,
            process: ended.is_err().then_some(self.process),
        }
    }

    /// Listens to the shim until its socket closes on exec.
    async fn follow(&self, plan: &Plan) -> Result<Option<MountPoint>, SpawnError> {
        let mut inbox = Inbox::default();
        let mut mount_point = None;
        let mut executing = false;
        loop {
            let Ok(frame) = channel::receive_async::<Reply>(&self.socket, &mut inbox).await else {
                return Err(self.died().await);
            };
            match frame {
                Some((Reply::MountPoint { path }, mut descriptors)) => {
                    mount_point = Some(MountPoint {
                        path: path.into(),
                        folder: descriptors.pop().map(Folder::new),
                    });
                }
                Some((Reply::Executing, _)) => executing = true,
                Some((Reply::Failed(failure), _)) => {
                    return Err(SpawnError::from_failure(plan, failure));
                }
                None if executing => return Ok(mount_point),
                Some((Reply::Done { .. }, _)) | None => return Err(self.died().await),
            }
        }
    }

    /// Its socket is closed, and so it ends if it has not.
    async fn died(&self) -> SpawnError {
        let status = self.process.wait().await.unwrap_or(ExitStatus::Unknown);
        SpawnError::ShimDied { status }
    }
}
