//! Which cores the two ends of a conversation run on.
//!
//! Left to itself the scheduler puts them on one core or on two by luck, and
//! keeps to it for a while. On two, waking the other end costs several times
//! what the rest of the round trip does. So a round trip is measured in both
//! places, and in neither by luck.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::Failure;

/// Where both ends run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// On the same core.
    OneCore,
    /// On a core each.
    TwoCores,
}

impl Placement {
    /// Those that this machine can do.
    pub(crate) fn all() -> Result<Vec<Self>, Failure> {
        let cores = allowed()?.count();
        let all = [Self::OneCore, Self::TwoCores];
        Ok(all[..all.len().min(cores as usize)].to_vec())
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::OneCore => "on one core",
            Self::TwoCores => "on two cores",
        }
    }
}

/// Keeps this thread on its core until dropped.
pub(crate) struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// Pins this thread, and the first threads of the processes that it talks
    /// to; those stay pinned.
    pub(crate) fn new(placement: Placement, servers: &[u32]) -> Result<Self, Failure> {
        let before = allowed()?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| before.is_set(*core));
        let here = cores.next().unwrap_or_default();
        let there = match placement {
            Placement::OneCore => here,
            Placement::TwoCores => cores.next().unwrap_or(here),
        };
        let pinned = Self { before };
        pin(None, here)?;
        for server in servers {
            pin(i32::try_from(*server).ok().and_then(Pid::from_raw), there)?;
        }
        Ok(pinned)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // What was allowed before can't be refused now.
        let _ = sched_setaffinity(None, &self.before);
    }
}

fn allowed() -> Result<CpuSet, Failure> {
    sched_getaffinity(None).map_err(Failure::to("ask for the allowed cores"))
}

fn pin(process: Option<Pid>, core: usize) -> Result<(), Failure> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(process, &only).map_err(Failure::to("keep a process on a core"))
}
