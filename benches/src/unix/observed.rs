//! A process of somebody else, seen from outside.

use std::os::fd::OwnedFd;

use fslaunch_tests::PATIENCE;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open, test_kill_process};

use crate::failure::Failure;

/// A process that can't be mistaken for another one.
pub(crate) struct Observed {
    pid: Pid,
    pidfd: OwnedFd,
}

impl Observed {
    /// A process that runs.
    pub(crate) fn new(pid: u32) -> Result<Self, Failure> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::Unfit("a process ID is none".to_owned()))?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(Failure::to("watch a process"))?;
        Ok(Self { pid, pidfd })
    }

    /// Whether it has ended and its parent has taken note.
    pub(crate) fn is_gone(&self) -> bool {
        test_kill_process(self.pid).is_err()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&self) -> Result<(), Failure> {
        let mut polled = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let patience = Timespec {
            tv_sec: PATIENCE.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: 0,
        };
        match poll(&mut polled, Some(&patience)).map_err(Failure::to("wait for a process"))? {
            0 => Err(Failure::Unfit("a stopped process does not end".to_owned())),
            _ => Ok(()),
        }
    }
}
