//! A process under supervision: how it ends, and how it is made to.

mod asked;
mod orphans;

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::job::Job;
use super::raw;
pub use asked::Asked;
pub(super) use orphans::{Identity, Orphans, try_reap};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It ended by itself with this code.
    Exited(i32),
    /// This signal ended it.
    Signaled(i32),
    /// It is gone, and its parent was another process: only that one was told how.
    Unknown,
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signaled(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("exit status unknown"),
        }
    }
}

/// A process of an instance, ours or re-adopted. Its process ID stays its own while this
/// lives: a child is reaped on drop only. Dropping it does not end the process.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    start_time: u64,
    /// `None` only while it is dropped.
    pidfd: Option<AsyncFd<OwnedFd>>,
    job: Option<Job>,
    /// Where to leave a child that is dropped alive; `None` if it is not our child.
    orphans: Option<Orphans>,
    kill_on_drop: bool,
}

impl Process {
    /// Takes over a child of this process. It is killed on drop until it is let live.
    pub(super) fn child(identity: Identity, orphans: Orphans) -> io::Result<Self> {
        let Identity {
            pid,
            start_time,
            pidfd,
            job,
        } = identity;
        Ok(Self {
            pid,
            start_time,
            pidfd: Some(raw::watch(pidfd, Interest::READABLE)?),
            job,
            orphans: Some(orphans),
            kill_on_drop: true,
        })
    }

    /// From now on the process survives this value, and is killed with the cgroup that it is in.
    pub(super) fn let_live(mut self, job: Option<Job>) -> Self {
        self.kill_on_drop = false;
        if let Some(left) = self.job.take().filter(|left| Some(left) != job.as_ref()) {
            left.remove_if_empty();
        }
        self.job = job;
        self
    }

    /// Finds the process that an earlier launcher started: the same ID, start time and cgroup
    /// (security rules, 9; the boot ID is the caller's to compare, see [`boot_id`]). `None` if
    /// it is gone, even if another now has its ID. Images are not remembered on this system. Must
    /// be called within a tokio runtime.
    ///
    /// # Errors
    /// When it can't be told whether it is the same.
    pub fn adopt(
        pid: u32,
        start_time: u64,
        _image: Option<&str>,
        job: Option<Job>,
    ) -> io::Result<Option<Self>> {
        let Some(known) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        let pidfd = match rustix::process::pidfd_open(known, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(None),
            other => other?,
        };
        // Only now that the descriptor holds on to one process does it help to look who it is.
        if self::start_time(pid)? != Some(start_time) {
            return Ok(None);
        }
        if let Some(job) = &job {
            match job.processes() {
                Ok(members) if members.contains(&pid) => {}
                Ok(_) => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        // Had it ended, another might have taken its ID before it was looked at.
        if has_ended(&pidfd)? {
            return Ok(None);
        }
        let pidfd = Some(raw::watch(pidfd, Interest::READABLE)?);
        Ok(Some(Self {
            pid,
            start_time,
            pidfd,
            job,
            orphans: None,
            kill_on_drop: false,
        }))
    }

    /// Its process ID.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// When it was started, in clock ticks since boot: with the process ID and the boot ID
    /// this names it for ever.
    pub fn start_time(&self) -> u64 {
        self.start_time
    }

    /// Its cgroup, if it has its own.
    pub fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// Waits until it has ended. May be called again and again.
    ///
    /// # Errors
    /// When the runtime shuts down.
    pub async fn wait(&self) -> io::Result<ExitStatus> {
        loop {
            let Some(pidfd) = &self.pidfd else {
                return Ok(ExitStatus::Unknown);
            };
            let mut ready = pidfd.readable().await?;
            match self.status()? {
                Some(status) => return Ok(status),
                None => ready.clear_ready(),
            }
        }
    }

    /// How it ended, `None` while it runs.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn status(&self) -> io::Result<Option<ExitStatus>> {
        let Some(pidfd) = &self.pidfd else {
            return Ok(Some(ExitStatus::Unknown));
        };
        // NOWAIT leaves it a zombie, so that its ID can't become another's while we have it.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match rustix::process::waitid(WaitId::PidFd(pidfd.get_ref().as_fd()), options) {
            Ok(status) => {
                Ok(status.map(
                    |status| match (status.exit_status(), status.terminating_signal()) {
                        (Some(code), _) => ExitStatus::Exited(code),
                        (None, Some(signal)) => ExitStatus::Signaled(signal),
                        (None, None) => ExitStatus::Unknown,
                    },
                ))
            }
            Err(Errno::CHILD) => {
                has_ended(pidfd.get_ref()).map(|ended| ended.then_some(ExitStatus::Unknown))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Asks it to end: SIGTERM to the process itself, and to nothing if it has ended.
    ///
    /// # Errors
    /// When the launcher may not signal it.
    pub fn terminate(&self) -> io::Result<Asked> {
        self.signal(Signal::TERM).map(|()| Asked::well())
    }

    /// Ends it and all that it started: its cgroup, or its process group where there is none.
    ///
    /// # Errors
    /// When the launcher may not signal it.
    pub fn kill(&self) -> io::Result<()> {
        // What one of them can't do another may: none is left out for an error before.
        let job = self.job.as_ref().map_or(Ok(()), Job::kill);
        let group = self.kill_group();
        let process = self.signal(Signal::KILL);
        job.and(group).and(process)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(pidfd) = &self.pidfd else {
            return Ok(());
        };
        match rustix::process::pidfd_send_signal(pidfd.get_ref(), signal) {
            Err(Errno::SRCH) => Ok(()),
            other => Ok(other?),
        }
    }

    fn kill_group(&self) -> io::Result<()> {
        let Some(pidfd) = &self.pidfd else {
            return Ok(());
        };
        let error = match raw::pidfd_signal_group(pidfd.get_ref().as_fd(), Signal::KILL) {
            Err(e) => e,
            Ok(()) => return Ok(()),
        };
        match error.raw_os_error() {
            Some(libc::ESRCH) => Ok(()),
            // Before Linux 6.9. A child that was not reaped keeps its ID from being another
            // group's; one that is not our child does so only while it lives.
            Some(libc::EINVAL) if self.orphans.is_some() || !has_ended(pidfd.get_ref())? => {
                let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
                match pid.map(|pid| rustix::process::kill_process_group(pid, Signal::KILL)) {
                    None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
                    Some(Err(e)) => Err(e.into()),
                }
            }
            Some(libc::EINVAL) => Ok(()),
            _ => Err(error),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill_on_drop {
            // Nobody is left to tell; what can't be killed is in the kernel's hands.
            let _ = self.signal(Signal::KILL);
        }
        if let (Some(pidfd), Some(orphans)) = (self.pidfd.take(), &self.orphans) {
            let job = self.job.take().filter(|_| self.kill_on_drop);
            orphans.leave(pidfd.into_inner(), job);
        }
    }
}

/// A pidfd becomes readable when its process has ended.
fn has_ended(pidfd: &OwnedFd) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::new(pidfd, PollFlags::IN)];
    Ok(poll(
        &mut polled,
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    )? > 0)
}

/// When the process `pid` was started, in clock ticks since boot; `None` if there is none.
///
/// # Errors
/// When `/proc` can't be read or understood.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    let stat = match std::fs::read(format!("/proc/{pid}/stat")) {
        Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH) => {
            return Ok(None);
        }
        other => other?,
    };
    parse_start_time(&stat).map(Some).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("/proc/{pid}/stat is not understood"),
        )
    })
}

/// Whether the process with this ID and start time is gone, or waits for nothing but to be
/// reaped.
pub(super) fn is_gone(pid: u32, start_time: u64) -> bool {
    match std::fs::read(format!("/proc/{pid}/stat")) {
        Err(e) => e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH),
        Ok(stat) => {
            let zombie = stat.rsplit(|&byte| byte == b')').next();
            let zombie = zombie.is_some_and(|rest| rest.starts_with(b" Z"));
            zombie || parse_start_time(&stat).is_some_and(|now| now != start_time)
        }
    }
}

/// The name of the program, second and in parentheses, may hold blanks and parentheses.
fn parse_start_time(stat: &[u8]) -> Option<u64> {
    const FIELDS_AFTER_NAME: usize = 22 - 3;
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    rest.split_ascii_whitespace()
        .nth(FIELDS_AFTER_NAME)?
        .parse()
        .ok()
}

/// An ID of this boot of the machine; process IDs and start times mean something within one.
///
/// # Errors
/// When `/proc` is not mounted.
pub fn boot_id() -> io::Result<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_blanks_and_parentheses_does_not_move_the_start_time() {
        let stat = b"7 (a) b ) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(parse_start_time(stat), Some(4711));
        assert_eq!(parse_start_time(b"7 (a"), None);
    }

    #[test]
    fn the_start_time_of_this_process_is_read_and_of_no_process_is_none() {
        assert!(start_time(std::process::id()).unwrap().is_some());
        assert_eq!(start_time(u32::MAX).unwrap(), None);
    }

    #[test]
    fn the_boot_id_is_one_word() {
        assert_eq!(boot_id().unwrap().len(), 36);
    }
}
