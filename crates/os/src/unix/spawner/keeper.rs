//! Keeps the output of a process open beyond the launcher's life.

use std::os::fd::{AsFd, BorrowedFd};

use tokio::net::UnixStream;

use super::super::channel;
use super::super::process::Process;
use super::super::spawn_error::SpawnError;
use super::super::wire::Request;
use super::pipes::Pipes;
use super::{Kind, Spawner};

/// A child that holds the launcher's ends of a process's output, so that a process which
/// outlives the launcher can go on writing: what it writes then is read and thrown away. The
/// same begins when this is dropped, so drop it only when its output was read to its end.
#[derive(Debug)]
pub struct Keeper {
    /// The child ends when the process's output does; it is reaped later.
    _process: Process,
    /// Its end is what the child waits for.
    _socket: UnixStream,
}

impl Keeper {
    pub(super) async fn start(spawner: &Spawner, pipes: &Pipes) -> Result<Self, SpawnError> {
        let failed = |source| SpawnError::Launcher {
            action: "start the process that keeps its output",
            source,
        };
        let shim = spawner.start(Kind::Errand).await?;
        let frame = channel::encode(&Request::Keep).map_err(failed)?;
        let held: Vec<BorrowedFd<'_>> = [Some(&pipes.stdout), pipes.stderr.as_ref()]
            .into_iter()
            .flatten()
            .map(AsFd::as_fd)
            .collect();
        channel::send_async(&shim.socket, &frame, &held)
            .await
            .map_err(failed)?;
        Ok(Self {
            _process: shim.process.let_live(None),
            _socket: shim.socket,
        })
    }
}
