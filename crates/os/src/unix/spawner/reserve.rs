//! The thread that starts shims, and keeps one in reserve.

use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags};
use tokio::sync::oneshot;

use super::super::job::{Job, JobRoot, PROBE};
use super::super::process::{self, Identity};
use super::super::shim::EXEC_SHIM;

/// So long after a start is over another shim is put in reserve: not at once, when it would
/// compete with whoever waited for the start: to enter a cgroup alone takes some milliseconds.
const QUIET: Duration = Duration::from_millis(2);
/// A start that takes longer than this does not keep the next one from being fast.
const LATEST: Duration = Duration::from_millis(50);
/// When one is in reserve, or none can be made, there is nothing to do but wait.
const LONG: Duration = Duration::from_secs(3600);
/// The running program, even if its file was replaced meanwhile.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// What the thread is asked.
#[derive(Debug)]
pub(super) enum Order {
    Start {
        kind: Kind,
        reply: oneshot::Sender<io::Result<Spawned>>,
    },
    /// A start is over.
    Rest,
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// What a shim is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// To become the process of an instance: from the reserve, in its cgroup.
    Instance,
    /// To do something short for the launcher itself.
    Errand,
}

/// A shim that waits for its request.
#[derive(Debug)]
pub(super) struct Spawned {
    pub(super) identity: Identity,
    pub(super) socket: UnixStream,
}

/// One shim that is ready makes a start about as fast as a bare posix_spawn.
pub(super) struct Reserve {
    root: Option<JobRoot>,
    spare: Option<Spawned>,
    /// None could be made since the last order.
    failed: bool,
    /// No start that is known of is going on.
    resting: bool,
    closed: bool,
}

impl Reserve {
    pub(super) fn new(root: Option<JobRoot>) -> Self {
        Self {
            root,
            spare: None,
            failed: false,
            resting: true,
            closed: false,
        }
    }

    /// Does orders until nobody is left who could ask.
    pub(super) fn serve(mut self, orders: &Receiver<Order>) {
        loop {
            let idle = self.closed || self.failed || self.spare.is_some();
            let patience = match (idle, self.resting) {
                (true, _) => LONG,
                (false, true) => QUIET,
                (false, false) => LATEST,
            };
            let order = orders.recv_timeout(patience);
            self.failed &= order.is_err();
            match order {
                Ok(Order::Start { kind, reply }) => self.start(kind, reply),
                Ok(Order::Rest) => self.resting = true,
                Ok(Order::Close { reply }) => {
                    self.close();
                    // Whoever asked need not have waited.
                    let _ = reply.send(());
                }
                Err(RecvTimeoutError::Timeout) if idle => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.spare = self.instance().ok();
                    // The next start tries again and tells what is wrong.
                    self.failed = self.spare.is_none();
                }
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
        }
    }

    fn start(&mut self, kind: Kind, reply: oneshot::Sender<io::Result<Spawned>>) {
        let shim = match kind {
            Kind::Instance => {
                self.resting = false;
                self.take().map_or_else(|| self.instance(), Ok)
            }
            Kind::Errand => spawn(),
        };
        if let Err(Ok(unwanted)) = reply.send(shim) {
            match kind {
                Kind::Instance if self.spare.is_none() => self.spare = Some(unwanted),
                Kind::Instance | Kind::Errand => unwanted.end(),
            }
        }
    }

    /// Takes the one in reserve, unless it was killed meanwhile.
    fn take(&mut self) -> Option<Spawned> {
        let spare = self.spare.take()?;
        if !process::try_reap(&spare.identity.pidfd) {
            return Some(spare);
        }
        remove(spare.identity.job.as_ref());
        None
    }

    fn instance(&self) -> io::Result<Spawned> {
        let mut shim = spawn()?;
        let Some(root) = &self.root else {
            return Ok(shim);
        };
        let entered = root.create(&name(&shim.identity)).and_then(|job| {
            let job = shim.identity.job.insert(job);
            job.enter(shim.identity.pid)
        });
        match entered {
            Ok(()) => Ok(shim),
            Err(e) => {
                shim.end();
                Err(e)
            }
        }
    }

    fn close(&mut self) {
        self.closed = true;
        if let Some(spare) = self.spare.take() {
            spare.end();
        }
        if let Some(root) = &self.root {
            remove_stale(root);
        }
    }
}

impl Spawned {
    /// Ends the shim, whose socket closes, and waits for it.
    fn end(self) {
        let Identity { pidfd, job, .. } = self.identity;
        // It ends at the end of its input; should it not, there is nobody to tell.
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = rustix::process::waitid(
            rustix::process::WaitId::PidFd(std::os::fd::AsFd::as_fd(&pidfd)),
            rustix::process::WaitIdOptions::EXITED,
        );
        remove(job.as_ref());
    }
}

fn remove(job: Option<&Job>) {
    if let Some(job) = job {
        job.remove_if_empty();
    }
}

/// Both together were never another process's since the machine was booted.
fn name(identity: &Identity) -> String {
    format!("p{}-{}", identity.pid, identity.start_time)
}

/// Removes the cgroups that were made for processes that are gone, if nothing is in them, and
/// those that were made by launchers that died while they looked whether they could.
pub(super) fn remove_stale(root: &JobRoot) {
    for (name, job) in root.instances().unwrap_or_default() {
        let named_after = || {
            let (pid, start_time) = name.strip_prefix('p')?.split_once('-')?;
            Some((pid.parse::<u32>().ok()?, start_time.parse::<u64>().ok()?))
        };
        let is_left = match named_after() {
            Some((pid, start_time)) => process::is_gone(pid, start_time),
            None => name.starts_with(PROBE),
        };
        if is_left {
            job.remove_if_empty();
        }
    }
}

fn spawn() -> io::Result<Spawned> {
    let (near, far) = UnixStream::pair()?;
    let child = Command::new(OWN_PROGRAM)
        .arg(EXEC_SHIM)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(far)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    match identify(child.id()) {
        Ok(identity) => Ok(Spawned {
            identity,
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

fn identify(pid: u32) -> io::Result<Identity> {
    let known = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(Identity {
        pid,
        start_time: process::start_time(pid)?.ok_or(io::ErrorKind::NotFound)?,
        pidfd: rustix::process::pidfd_open(known, PidfdFlags::empty())?,
        job: None,
    })
}
