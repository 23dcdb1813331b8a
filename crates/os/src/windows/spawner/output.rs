//! Where the launcher reads what a process writes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::windows::named_pipe::NamedPipeServer;

/// The launcher's end of a pipe that a process writes into. It ends when the last process that
/// has the other end has closed it.
#[derive(Debug)]
pub struct Output(pub(super) NamedPipeServer);

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.0).poll_read(context, buffer)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Poll::Ready(Ok(())),
            other => Poll::Ready(other),
        }
    }
}
