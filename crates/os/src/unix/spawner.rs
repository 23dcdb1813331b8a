//! Starts processes: a shim first, which then becomes the process.
//!
//! The launcher never forks with its memory: std's `Command` without any hook uses
//! posix_spawn, and what must happen between fork and exec happens in the shim (see `shim`).

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::channel::{self, Inbox};
use super::descriptors;
use super::plan::Plan;
use super::process::{self, ExitStatus, Orphans, Process, StdinPipe, StdoutPipe};
use super::raw;
use super::shim::EXEC_SHIM;
use super::spawn_error::SpawnError;
use super::wire::{Reply, Request};

/// How long a shim may take to become its program.
const LAUNCH_DEADLINE: Duration = Duration::from_secs(10);
/// After so long without a start another shim is put in reserve.
const QUIET: Duration = Duration::from_millis(20);
/// When one is in reserve there is nothing to do but wait.
const LONG: Duration = Duration::from_secs(3600);

/// Starts processes from one thread of its own: the kernel sends the parent-death signal when
/// the *thread* that spawned ends. That thread lives until the last clone is dropped, which
/// must therefore be kept as long as the launcher lives.
#[derive(Debug, Clone)]
pub struct Spawner {
    jobs: mpsc::Sender<Job>,
    orphans: Orphans,
}

#[derive(Debug)]
struct Job {
    reply: oneshot::Sender<io::Result<Spawned>>,
}

#[derive(Debug)]
struct Spawned {
    pid: u32,
    start_time: u64,
    pidfd: OwnedFd,
    socket: StdUnixStream,
}

/// A shim that waits for its plan. It ends when this is dropped, or the launcher ends.
#[derive(Debug)]
pub struct Prepared {
    process: Process,
    socket: UnixStream,
}

/// Where the launcher reads what a process writes.
pub type Output = pipe::Receiver;
/// Where the launcher writes what a process reads.
pub type Input = pipe::Sender;

/// A process that runs its program.
#[derive(Debug)]
pub struct Launched {
    /// The process.
    pub process: Process,
    /// Its standard input, if the plan wanted one.
    pub stdin: Option<StdinPipe>,
    /// Its standard output.
    pub stdout: StdoutPipe,
    /// Its standard error, unless that goes to a file.
    pub stderr: Option<StdoutPipe>,
    /// The mount point, if the plan names one.
    pub mount_point: Option<MountPoint>,
}

/// A mount point that was found fit for use.
#[derive(Debug)]
pub struct MountPoint {
    /// Its path without any symbolic link.
    pub path: PathBuf,
    /// The folder itself, opened for reference only, if it was opened for another caller: what
    /// [`Staging::attach`](super::staging::Staging::attach) needs. Keep it no longer than that.
    pub descriptor: Option<OwnedFd>,
}

impl Spawner {
    /// Starts the thread. The shim is the running program itself.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub fn new() -> io::Result<Self> {
        Self::with_shim("/proc/self/exe")
    }

    /// As [`Spawner::new`], with another program as the shim: one whose `main` begins with
    /// [`run_if_asked`](super::shim::run_if_asked).
    ///
    /// # Errors
    /// When the thread can't be started.
    pub fn with_shim(program: impl Into<PathBuf>) -> io::Result<Self> {
        raw::keep_exit_statuses()?;
        let (jobs, inbox) = mpsc::channel::<Job>();
        let program = program.into();
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || serve(&inbox, &program))?;
        Ok(Self {
            jobs,
            orphans: Orphans::default(),
        })
    }

    /// Starts a shim. Its process ID is that of the later process.
    ///
    /// # Errors
    /// [`SpawnError::Launcher`] when the system can't start a process.
    pub async fn prepare(&self) -> Result<Prepared, SpawnError> {
        self.start().await.map_err(|source| SpawnError::Launcher {
            action: "start a process",
            source,
        })
    }

    async fn start(&self) -> io::Result<Prepared> {
        self.orphans.reap();
        let (reply, answer) = oneshot::channel();
        let ended = || io::Error::other("the spawner's thread has ended");
        self.jobs.send(Job { reply }).map_err(|_| ended())?;
        let spawned = answer.await.map_err(|_| ended())??;
        let process = Process::child(
            spawned.pid,
            spawned.start_time,
            spawned.pidfd,
            self.orphans.clone(),
        )?;
        spawned.socket.set_nonblocking(true)?;
        Ok(Prepared {
            process,
            socket: UnixStream::from_std(spawned.socket)?,
        })
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
            let shim = self.start().await?;
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

/// The thread: hands a shim to whoever asks, and keeps one ready in reserve, which makes a start
/// about as fast as a bare posix_spawn.
fn serve(jobs: &mpsc::Receiver<Job>, program: &Path) {
    let mut spare: Option<Spawned> = None;
    loop {
        // Not at once after a start, with which it would compete for the processor.
        let patience = if spare.is_some() { LONG } else { QUIET };
        match jobs.recv_timeout(patience) {
            Ok(job) => {
                let ready = spare.take().and_then(Spawned::if_alive);
                let shim = ready.map_or_else(|| spawn(program), Ok);
                // Whoever asked may have gone.
                if let Err(Ok(unwanted)) = job.reply.send(shim) {
                    spare = Some(unwanted);
                }
            }
            // Without one in reserve the next start tries again, and tells what is wrong.
            Err(RecvTimeoutError::Timeout) => spare = spare.or_else(|| spawn(program).ok()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Spawned {
    /// One in reserve may have been killed meanwhile.
    fn if_alive(self) -> Option<Self> {
        (!process::try_reap(&self.pidfd)).then_some(self)
    }
}

fn spawn(program: &Path) -> io::Result<Spawned> {
    let (near, far) = StdUnixStream::pair()?;
    let child = Command::new(program)
        .arg(EXEC_SHIM)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(far)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let pid = child.id();
    let identify = || {
        let known = i32::try_from(pid)
            .ok()
            .and_then(Pid::from_raw)
            .ok_or(io::ErrorKind::InvalidData)?;
        let pidfd = rustix::process::pidfd_open(known, PidfdFlags::empty())?;
        let start_time = process::start_time(pid)?.ok_or(io::ErrorKind::NotFound)?;
        Ok((pidfd, start_time))
    };
    match identify() {
        Ok((pidfd, start_time)) => Ok(Spawned {
            pid,
            start_time,
            pidfd,
            socket: near,
        }),
        Err(e) => {
            // Its socket closes, so that it ends at once; nobody else would reap it.
            let _ = near.shutdown(Shutdown::Both);
            let _ = { child }.wait();
            Err(e)
        }
    }
}

impl Prepared {
    /// The process ID, which stays the same.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// When it was started, in clock ticks since boot.
    pub fn start_time(&self) -> u64 {
        self.process.start_time()
    }

    /// Makes it the process that `plan` describes; returns when its program runs. The process
    /// is killed if this fails or is given up; a cgroup stays for the caller to remove.
    ///
    /// # Errors
    /// The step that failed, with its cause.
    pub async fn launch(self, plan: Plan) -> Result<Launched, SpawnError> {
        if let Some(reason) = plan.problem() {
            return Err(SpawnError::PlanInvalid { reason });
        }
        match tokio::time::timeout(LAUNCH_DEADLINE, self.carry_out(plan)).await {
            Ok(result) => result,
            Err(_) => Err(SpawnError::TimedOut {
                seconds: LAUNCH_DEADLINE.as_secs(),
            }),
        }
    }

    async fn carry_out(self, plan: Plan) -> Result<Launched, SpawnError> {
        let Pipes { near, far } = Pipes::open(&plan).map_err(|source| SpawnError::Launcher {
            action: "open pipes",
            source,
        })?;
        let request = Request::Exec {
            plan: Box::new(plan),
            files: descriptors::before_raising(),
            parent: std::process::id(),
        };
        let frame = channel::encode(&request).map_err(|e| SpawnError::PlanInvalid {
            reason: e.to_string(),
        })?;
        let Request::Exec { plan, .. } = request else {
            unreachable!("it was made above");
        };
        let descriptors: Vec<_> = far.iter().map(AsFd::as_fd).collect();
        let sent = channel::send_async(&self.socket, &frame, &descriptors).await;
        drop(far);
        if sent.is_err() {
            return Err(self.died().await);
        }
        let mount_point = self.follow(&plan).await?;
        let process = self.process.let_live(plan.cgroup);
        Ok(Launched {
            process,
            stdin: near.stdin,
            stdout: near.stdout,
            stderr: near.stderr,
            mount_point,
        })
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
                        descriptor: descriptors.pop(),
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

/// The pipes between the launcher and the process.
struct Pipes {
    near: NearEnds,
    /// In the order in which the request has them.
    far: Vec<OwnedFd>,
}

struct NearEnds {
    stdin: Option<StdinPipe>,
    stdout: StdoutPipe,
    stderr: Option<StdoutPipe>,
}

impl Pipes {
    fn open(plan: &Plan) -> io::Result<Self> {
        let mut far = Vec::with_capacity(3);
        let (stdout, write) = pipe_with(PipeFlags::CLOEXEC)?;
        far.push(write);
        let mut stderr = None;
        if plan.stderr_file.is_none() {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            far.push(write);
            stderr = Some(pipe::Receiver::from_owned_fd(read)?);
        }
        let mut stdin = None;
        if plan.stdin {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            far.push(read);
            stdin = Some(pipe::Sender::from_owned_fd(write)?);
        }
        let near = NearEnds {
            stdin,
            stdout: pipe::Receiver::from_owned_fd(stdout)?,
            stderr,
        };
        Ok(Self { near, far })
    }
}
