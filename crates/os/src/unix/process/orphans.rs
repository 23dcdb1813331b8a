//! Children of this process, and those that nobody waits for any more.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{WaitId, WaitIdOptions};

use super::super::job::Job;

/// A child, and what only it has.
#[derive(Debug)]
pub(in super::super) struct Identity {
    pub(in super::super) pid: u32,
    pub(in super::super) start_time: u64,
    pub(in super::super) pidfd: OwnedFd,
    pub(in super::super) job: Option<Job>,
}

/// Children that were let go, kept to be reaped later.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Orphans(Arc<Mutex<Vec<Orphan>>>);

#[derive(Debug)]
struct Orphan {
    pidfd: OwnedFd,
    /// To be removed with it, if it never ran a program.
    job: Option<Job>,
}

impl Orphans {
    /// Reaps those that have ended since.
    pub(in super::super) fn reap(&self) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|orphan| !orphan.reap());
    }

    pub(super) fn leave(&self, pidfd: OwnedFd, job: Option<Job>) {
        let orphan = Orphan { pidfd, job };
        if !orphan.reap() {
            let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            list.push(orphan);
        }
    }
}

impl Orphan {
    /// Returns whether nothing is left of it.
    fn reap(&self) -> bool {
        let reaped = try_reap(&self.pidfd);
        if reaped && let Some(job) = &self.job {
            job.remove_if_empty();
        }
        reaped
    }
}

/// Reaps a child that has ended. Returns whether there is none (any more).
pub(in super::super) fn try_reap(pidfd: &OwnedFd) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let found = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), options);
    !matches!(found, Ok(None))
}
