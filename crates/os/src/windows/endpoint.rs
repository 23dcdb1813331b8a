//! The Varlink interface's pipe.

use std::{
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::windows::named_pipe::NamedPipeServer,
};

use super::{
    crowd::Crowd,
    listener::Listener,
    parting,
    peer::{Identities, Peer},
    pipe,
};

/// How long a client may take to read what was written last.
const LINGER: Duration = Duration::from_secs(5);

/// A listening endpoint: a pipe of bytes.
#[derive(Debug)]
pub struct Endpoint {
    listener: Listener,
    identities: Arc<Identities>,
}

/// Keeps other daemons from the endpoint, until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for what its drop does")] Option<pipe::Lock>);

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Another launcher listens there.
    #[error("{path} is in use by {holder}", path = path.display())]
    InUse {
        /// The pipe.
        path: PathBuf,
        /// Who has it, in words.
        holder: String,
    },
    /// Its name is not one of a local pipe.
    #[error(r"{path} is not the name of a pipe, which is \\.\pipe\ and a word", path = path.display())]
    NotAPipe {
        /// What was given.
        path: PathBuf,
    },
    /// The system refused.
    #[error("failed to {act} {path}", path = path.display())]
    Io {
        /// What was being done.
        act: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Lock {
    pub(super) fn of(lock: Option<pipe::Lock>) -> Self {
        Self(lock)
    }
}

impl Endpoint {
    /// Listens on a pipe of this name, which everybody may connect to; in user mode the user.
    ///
    /// # Errors
    /// Somebody has the pipe already, or the system refuses.
    pub fn bind(path: &Path, identities: Identities) -> Result<Endpoint, EndpointError> {
        Ok(Endpoint {
            listener: Listener::bind(path, identities.owner())?,
            identities: Arc::new(identities),
        })
    }

    /// Listens no more, and still keeps other daemons away.
    pub fn close(self) -> Lock {
        Lock::of(self.listener.close())
    }

    /// Waits for a connection whose client has said something; one that says nothing for a few
    /// seconds is dropped.
    ///
    /// # Errors
    /// The system's; none of them is a reason to stop listening.
    pub async fn accept(&self) -> io::Result<Stream> {
        Ok(Stream {
            server: Some(self.listener.accept().await?),
            crowd: self.listener.crowd().clone(),
        })
    }

    /// Who has connected.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn peer(&self, stream: &Stream) -> io::Result<Peer> {
        Peer::of(parting::borrowed(stream.server()), &self.identities)
    }
}

/// A connected pipe of bytes. Its client has a few seconds, after it is dropped, to read what
/// was written last.
#[derive(Debug)]
pub struct Stream {
    /// `None` only while it is dropped.
    server: Option<NamedPipeServer>,
    crowd: Arc<Crowd>,
}

impl Stream {
    fn server(&self) -> &NamedPipeServer {
        let server = self.server.as_ref();
        server.expect("it is there until it is dropped")
    }

    fn pinned(&mut self) -> Pin<&mut NamedPipeServer> {
        let server = self.server.as_mut();
        Pin::new(server.expect("it is there until it is dropped"))
    }

    /// Reads what is there; `WouldBlock` if there is nothing yet.
    ///
    /// # Errors
    /// The system's.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.server().try_read(buffer)
    }

    /// Writes as much as there is room for; `WouldBlock` if there is none.
    ///
    /// # Errors
    /// The system's.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.server().try_write(bytes)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pinned().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            let flushes = self.crowd.flushes().clone();
            self.crowd.admit(parting::part(server, flushes, LINGER));
        }
    }
}
