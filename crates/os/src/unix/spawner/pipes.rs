//! The pipes between the launcher and a process.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::net::unix::pipe;

use super::super::plan::Plan;
use super::{Input, Output};

/// Both ends of each.
pub(super) struct Pipes {
    pub(super) near: NearEnds,
    /// In the order in which the request has them.
    pub(super) far: Vec<OwnedFd>,
}

pub(super) struct NearEnds {
    pub(super) stdin: Option<Input>,
    pub(super) stdout: Output,
    pub(super) stderr: Option<Output>,
}

impl Pipes {
    pub(super) fn open(plan: &Plan) -> io::Result<Self> {
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
