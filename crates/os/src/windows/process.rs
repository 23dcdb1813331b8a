//! A process under supervision: how it ends, and how it is made to.

mod asked;
mod boot;
mod end;
mod image;
mod list;
mod opened;

use std::fmt;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};

use super::console::{self, Console};
use super::job::Job;
pub use asked::Asked;
pub use boot::boot_id;
use end::End;
pub(super) use image::shown as shown_image;
pub use opened::start_time;
pub(super) use opened::{KILLED, end, open_with};
use opened::{created, exit_code, open};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It ended with this code, by itself or because it was killed.
    Exited(i32),
    /// There are no signals on this system.
    Signaled(i32),
    /// It is gone, and can't be asked any more.
    Unknown,
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The system's own codes are known in this form only.
            Self::Exited(code) if *code < 0 => write!(f, "exit code {code:#010x}"),
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signaled(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("exit status unknown"),
        }
    }
}

/// A process of an instance, ours or re-adopted. Its process ID stays its own while this
/// lives, as its handle is open. Dropping it does not end the process.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    start_time: u64,
    image: String,
    /// Before the handle that it waits for.
    end: End,
    handle: OwnedHandle,
    job: Option<Job>,
    console: Console,
    kill_on_drop: bool,
}

impl Process {
    /// Takes over a process that was just made. It is killed on drop until it is let live.
    pub(super) fn child(
        pid: u32,
        handle: OwnedHandle,
        job: Job,
        console: Console,
    ) -> io::Result<Self> {
        Ok(Self {
            pid,
            start_time: created(handle.as_handle())?,
            image: image::native(handle.as_handle())?,
            end: End::watch(handle.as_handle())?,
            handle,
            job: Some(job),
            console,
            kill_on_drop: true,
        })
    }

    /// From now on the process survives this value.
    pub(super) fn let_live(&mut self) {
        self.kill_on_drop = false;
    }

    /// Finds the process that an earlier launcher started: the same ID, time of creation and
    /// `image`, if that is known (security rules, 9; the boot ID is the caller's to compare, see
    /// [`boot_id`]). `None` if it is gone, even if another now has its ID. It enters `job`, and
    /// what it starts from now on is in there as well.
    ///
    /// # Errors
    /// When it can't be told whether it is the same.
    pub fn adopt(
        pid: u32,
        start_time: u64,
        image: Option<&str>,
        job: Option<Job>,
    ) -> io::Result<Option<Self>> {
        // With the least rights first: what has the ID now may be nobody's to end.
        if self::start_time(pid)? != Some(start_time) {
            return Ok(None);
        }
        let Some(handle) = open(pid)? else {
            return Ok(None);
        };
        // Only now that the handle holds on to one process does it help to look who it is.
        if created(handle.as_handle())? != start_time {
            return Ok(None);
        }
        let end = End::watch(handle.as_handle())?;
        if exit_code(handle.as_handle())?.is_some() {
            return Ok(None);
        }
        let found = image::native(handle.as_handle())?;
        if image.is_some_and(|image| image != found) {
            tracing::warn!(
                pid,
                found,
                "a process runs another program than was remembered"
            );
            return Ok(None);
        }
        if let Some(job) = &job
            && let Err(error) = job.enter(handle.as_handle())
        {
            // It is ours to look after all the same; it may just be ending.
            tracing::warn!(pid, %error, "failed to put an adopted process into a job");
        }
        Ok(Some(Self {
            pid,
            start_time,
            image: found,
            end,
            handle,
            job,
            console: Console::Own,
            kill_on_drop: false,
        }))
    }

    /// Its process ID.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// When it was created, in units of 100 ns since 1601: with the process ID this names it
    /// for ever.
    pub fn start_time(&self) -> u64 {
        self.start_time
    }

    /// The program that it was made of, in the system's own form of a path.
    pub fn image(&self) -> Option<&str> {
        Some(&self.image)
    }

    /// Its job, if it has its own.
    pub fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// Waits until it has ended. May be called again and again.
    ///
    /// # Errors
    /// When the system can't tell how it ended.
    pub async fn wait(&self) -> io::Result<ExitStatus> {
        self.end.come().await;
        Ok(self.status()?.unwrap_or(ExitStatus::Unknown))
    }

    /// How it ended, `None` while it runs.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn status(&self) -> io::Result<Option<ExitStatus>> {
        let code = exit_code(self.handle.as_handle())?;
        Ok(code.map(|code| ExitStatus::Exited(code.cast_signed())))
    }

    /// Asks it to end: CTRL-BREAK. One that can't be asked is ended; nothing happens if it has
    /// ended. An event for another console than the launcher's is on its way when this returns.
    ///
    /// # Errors
    /// When the launcher may neither ask nor end it.
    pub fn terminate(&self) -> io::Result<Asked> {
        if self.status()?.is_some() {
            return Ok(Asked::well());
        }
        console::send_break(self.handle.as_handle(), self.pid, self.console).or_else(|error| {
            self.kill()?;
            Ok(Asked::in_vain(error))
        })
    }

    /// Ends it and all that it started and that is in its job.
    ///
    /// # Errors
    /// When the launcher may not end it.
    pub fn kill(&self) -> io::Result<()> {
        // What one of them can't do the other may.
        let job = self.job.as_ref().map_or(Ok(()), Job::kill);
        job.and(end(self.handle.as_handle()))
    }
}

impl AsHandle for Process {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill_on_drop {
            // Nobody is left to tell; what can't be killed is in the kernel's hands.
            let _ = self.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_system_are_shown_as_it_writes_them() {
        assert_eq!(ExitStatus::Exited(3).to_string(), "exit code 3");
        let broken = ExitStatus::Exited(0xc000_013a_u32.cast_signed());
        assert_eq!(broken.to_string(), "exit code 0xc000013a");
    }
}
