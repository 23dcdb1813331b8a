//! The standard descriptors of a process, and the launcher's ends of them.
//!
//! Output goes through sockets, not pipes: who writes into a pipe holds its lock meanwhile, and
//! a writer whose memory comes from a file system that does not answer holds it for ever, with
//! the reader waiting where no signal reaches it. What is written into a socket is copied
//! before.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with};

use super::super::plan::Plan;
use super::super::spawn_error::SpawnError;
use super::Output;

/// Both ends of each.
pub(super) struct Pipes {
    pub(super) stdout: Output,
    pub(super) stderr: Option<Output>,
    /// The process's ends, in the order in which the request has them.
    pub(super) far: Vec<OwnedFd>,
}

impl Pipes {
    pub(super) fn open(plan: &Plan, secret: Option<&[u8]>) -> Result<Self, SpawnError> {
        let failed = |source| SpawnError::Launcher {
            action: "open the standard descriptors",
            source,
        };
        let (stdout, write) = Output::one_way().map_err(failed)?;
        let mut far = vec![write];
        let mut stderr = None;
        if plan.one_output && plan.stderr_file.is_none() {
            far.push(far[0].try_clone().map_err(failed)?);
        } else if plan.stderr_file.is_none() {
            let (read, write) = Output::one_way().map_err(failed)?;
            far.push(write);
            stderr = Some(read);
        }
        if plan.stdin {
            far.push(filled(secret.unwrap_or_default())?);
        }
        Ok(Self {
            stdout,
            stderr,
            far,
        })
    }
}

/// A pipe that holds `bytes` and then ends. Nobody can be made to wait for its reader: the end
/// that is written to is closed before anybody has the other.
fn filled(bytes: &[u8]) -> Result<OwnedFd, SpawnError> {
    let (read, write) =
        pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(not_handed_over)?;
    if fcntl_getpipe_size(&write).map_err(not_handed_over)? < bytes.len() {
        // If it can't be had, the next step says so.
        let _ = fcntl_setpipe_size(&write, bytes.len());
    }
    let written = match bytes {
        [] => 0,
        bytes => rustix::io::write(&write, bytes).map_err(not_handed_over)?,
    };
    if written < bytes.len() {
        let reason = format!(
            "its secret of {} bytes is too long: {written} fit into a pipe",
            bytes.len()
        );
        return Err(SpawnError::PlanInvalid { reason });
    }
    // Non-blocking was for the launcher only: it would confuse the program.
    rustix::io::ioctl_fionbio(&read, false).map_err(not_handed_over)?;
    Ok(read)
}

fn not_handed_over(error: Errno) -> SpawnError {
    SpawnError::Launcher {
        action: "hand over the secret",
        source: io::Error::from(error),
    }
}
