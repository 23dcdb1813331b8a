//! The three descriptors of the process, and no others.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};

use super::super::plan::Plan;
use super::super::raw;
use super::super::wire::{Failure, Step};

/// What becomes standard input, output and error.
pub(super) struct Standard {
    input: OwnedFd,
    output: OwnedFd,
    error: OwnedFd,
}

impl Standard {
    /// Takes the pipes that came with the plan, and opens what it wants instead of a pipe.
    pub(super) fn open(plan: &Plan, descriptors: Vec<OwnedFd>) -> Result<Self, Failure> {
        let mut descriptors = descriptors.into_iter();
        let mut next = || {
            descriptors
                .next()
                .ok_or_else(|| Failure::refused(Step::Plan, "a descriptor is missing"))
        };
        let output = next()?;
        let error = match &plan.stderr_file {
            Some(path) => open_stderr_file(path)?,
            None => next()?,
        };
        let input = if plan.stdin {
            next()?
        } else {
            rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
                .map_err(|e| Failure::new(Step::Standard, e, "open /dev/null"))?
        };
        Ok(Self {
            input,
            output,
            error,
        })
    }

    /// Puts them in place.
    pub(super) fn install(&self) -> Result<(), Failure> {
        rustix::stdio::dup2_stdin(&self.input)
            .and_then(|()| rustix::stdio::dup2_stdout(&self.output))
            .and_then(|()| rustix::stdio::dup2_stderr(&self.error))
            .map_err(|e| Failure::new(Step::Standard, e, "put the standard descriptors in place"))
    }
}

/// Opens the file with the rights of now, which are the account's, through no link, and only
/// if it is a file: a pipe or a device might hang or do something when written to (security
/// rules, "What callers may never make it do", 4).
fn open_stderr_file(path: &Path) -> Result<OwnedFd, Failure> {
    let failed = |e: io::Error| Failure::new(Step::StderrFile, e, "open it");
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = rustix::fs::openat2(
        CWD,
        path,
        flags,
        mode,
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
    .map_err(|e| failed(e.into()))?;
    let stat = rustix::fs::fstat(&file).map_err(|e| failed(e.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Failure::refused(
            Step::StderrFile,
            "it is not a regular file",
        ));
    }
    // Another name in a folder of somebody else's choice leads to a file that is not.
    if stat.st_nlink > 1 {
        return Err(Failure::refused(
            Step::StderrFile,
            "it has more than one name (hard links)",
        ));
    }
    // Non-blocking was for the opening only: it would confuse the program.
    rustix::fs::fcntl_setfl(&file, OFlags::APPEND).map_err(|e| failed(e.into()))?;
    Ok(file)
}

/// Marks all descriptors but the standard three to be closed on exec.
pub(super) fn close_others_on_exec() -> Result<(), Failure> {
    let failed = |e| Failure::new(Step::Standard, e, "close other descriptors");
    match raw::close_on_exec_from_3() {
        // Before Linux 5.11.
        Err(e) if matches!(e.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) => {
            mark_one_by_one().map_err(failed)
        }
        other => other.map_err(failed),
    }
}

fn mark_one_by_one() -> io::Result<()> {
    let number = |name: &OsStr| name.to_str().and_then(|name| name.parse::<RawFd>().ok());
    for entry in std::fs::read_dir("/proc/self/fd")? {
        match number(&entry?.file_name()) {
            Some(descriptor) if descriptor > 2 => raw::set_close_on_exec(descriptor)?,
            _ => {}
        }
    }
    Ok(())
}
