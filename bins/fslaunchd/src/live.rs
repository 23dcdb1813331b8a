//! What is held for an instance while it is not gone.

use std::{collections::HashSet, path::PathBuf, rc::Rc, time::Instant};

use fslaunch_os::{
    job::Job,
    mounts,
    notify::NotifySocket,
    process::Process,
    spawner::{Keeper, Output},
    staging::Folder,
    state::Record,
};
use fslaunch_protocol::{Error, Instance};
use tokio::{
    sync::oneshot,
    task::{AbortHandle, JoinHandle},
};

use crate::{again::Next, tallies::Tally};

/// What is held for an instance.
#[derive(Default)]
pub(crate) struct Live {
    /// Its process, once there is one.
    pub process: Option<Rc<Process>>,
    /// When the process was made, by this launcher.
    pub since: Option<Instant>,
    /// The job of the process and its descendants, if it has one of its own.
    pub job: Option<Job>,
    /// What its next process is made of, if its class has recovery. The secret
    /// is wiped when the instance is gone.
    pub next: Option<Next>,
    /// Its place among the starts in flight, once it is its turn again.
    pub turn: Option<Tally>,
    /// What is remembered of it until it is ready, if it is to outlive the daemon.
    pub undecided: Option<Record>,
    /// Remembers that it is ready.
    pub deciding: Option<JoinHandle<()>>,
    /// Who waits for it to be ready.
    pub starter: Option<oneshot::Sender<Result<Instance, Error>>>,
    /// Who waits for it to be gone.
    pub enders: Vec<oneshot::Sender<Result<(), Error>>>,
    /// Its running timer.
    pub timer: Option<Task>,
    /// Its standard output, until somebody reads it.
    pub stdout: Option<Output>,
    /// Where it says `READY=1`, until somebody listens.
    pub notice: Option<NotifySocket>,
    /// The readers of what it writes.
    pub readers: Vec<JoinHandle<()>>,
    /// Its mount.
    pub mount: Option<Mount>,
    /// Moves its mount to its place.
    pub attaching: Option<JoinHandle<()>>,
    /// What keeps its output open if it is to outlive the daemon.
    pub keeper: Option<Keeper>,
    /// Other tasks that end with it.
    pub tasks: Vec<Task>,
}

impl Live {
    /// Lets go of what was of a process that is gone and cleared away; who
    /// waits for the instance's end still does.
    pub(crate) fn end_run(&mut self) {
        let next = self.next.take();
        let enders = std::mem::take(&mut self.enders);
        *self = Live {
            next,
            enders,
            ..Live::default()
        };
    }
}

/// An instance's mount.
pub(crate) struct Mount {
    /// Where its file system makes the mount.
    pub made_at: PathBuf,
    /// Where the mount belongs, if it is moved there.
    pub destination: Option<Destination>,
    /// The mounts that were at `made_at` before.
    pub before: HashSet<u64>,
    /// The key of the account that mounts.
    pub account: String,
    /// The mount as it was when it appeared.
    pub seen: Option<mounts::Mount>,
}

/// Where a mount belongs that is made elsewhere.
pub(crate) struct Destination {
    /// The folder, once it was opened and checked as the caller.
    pub folder: Option<Folder>,
    /// Its path.
    pub path: PathBuf,
}

impl Mount {
    /// Where the mount is, or will be.
    pub(crate) fn place(&self) -> &PathBuf {
        self.destination
            .as_ref()
            .map_or(&self.made_at, |destination| &destination.path)
    }
}

/// A task that ends when this is dropped.
pub(crate) struct Task(AbortHandle);

impl Task {
    /// Ties a task to this.
    pub(crate) fn of<T>(task: &JoinHandle<T>) -> Task {
        Task(task.abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
