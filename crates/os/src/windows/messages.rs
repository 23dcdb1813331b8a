//! The pipe of existing clients: one request message, one reply message.
#![allow(unsafe_code)]

use std::{io, os::windows::io::AsRawHandle, path::Path, ptr, sync::Arc, time::Duration};

use fslaunch_protocol::winfsp::MESSAGE_BYTES;
use tokio::{
    net::windows::named_pipe::NamedPipeServer,
    time::{Instant, timeout_at},
};
use windows_sys::Win32::System::Pipes::{GetNamedPipeClientProcessId, PeekNamedPipe};
use zeroize::Zeroizing;

use super::{
    crowd::Crowd,
    endpoint::{EndpointError, Lock},
    parting,
    peer::{Identities, Peer},
    pipe::{Kind, Listener},
    places::Places,
};

/// Fewer bytes than a request may have: one that fills these may have all of them or more, which
/// is looked at then, and not for every request.
const NEARLY: usize = MESSAGE_BYTES - 1;

/// A listening endpoint: a pipe of messages.
#[derive(Debug)]
pub struct MessageEndpoint {
    listener: Listener,
    identities: Arc<Identities>,
}

impl MessageEndpoint {
    /// Listens where the places say, if existing clients are to be served.
    ///
    /// # Errors
    /// As [`Self::listen`].
    pub fn bind(places: &Places, identities: Identities) -> Result<Option<Self>, EndpointError> {
        let path = places.messages.as_deref();
        path.map(|path| Self::listen(path, identities)).transpose()
    }

    /// Listens on a pipe of this name, which everybody may connect to; in user mode the user.
    ///
    /// # Errors
    /// Somebody has the pipe already, or the system refuses.
    pub fn listen(path: &Path, identities: Identities) -> Result<Self, EndpointError> {
        Ok(Self {
            listener: Listener::bind(path, Kind::Messages, identities.owner())?,
            identities: Arc::new(identities),
        })
    }

    /// Listens no more, and still keeps other daemons away.
    pub fn close(self) -> Lock {
        Lock::of(self.listener)
    }

    /// Waits for a client that has sent its request; one that sends nothing for a few seconds
    /// is dropped.
    ///
    /// # Errors
    /// The system's; none of them is a reason to stop listening.
    pub async fn accept(&self) -> io::Result<Conversation> {
        Ok(Conversation {
            server: self.listener.accept().await?,
            identities: self.identities.clone(),
            crowd: self.listener.crowd().clone(),
        })
    }
}

/// A connected client. Dropped before it was answered, it is disconnected.
#[derive(Debug)]
pub struct Conversation {
    server: NamedPipeServer,
    identities: Arc<Identities>,
    crowd: Arc<Crowd>,
}

impl Conversation {
    /// The request: one message of at most 4096 bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if it is longer, [`io::ErrorKind::UnexpectedEof`] if the
    /// client has left, [`io::ErrorKind::TimedOut`] if it does not come in time.
    pub async fn receive(&mut self, patience: Duration) -> io::Result<Zeroizing<Vec<u8>>> {
        let deadline = Instant::now() + patience;
        let mut message = Zeroizing::new(vec![0; MESSAGE_BYTES]);
        loop {
            timeout_at(deadline, self.server.readable()).await??;
            match self.server.try_read(&mut message[..NEARLY]) {
                Ok(NEARLY) => {
                    let length = NEARLY + self.rest(&mut message[NEARLY..])?;
                    message.truncate(length);
                    return Ok(message);
                }
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    message.truncate(length);
                    return Ok(message);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What is left of a request that has [`NEARLY`] as many bytes as it may have, or more.
    ///
    /// The runtime reads 4096 bytes ahead, and no more until all of these are taken. So what is
    /// still in the pipe now is more than that.
    fn rest(&self, last: &mut [u8]) -> io::Result<usize> {
        if self.waiting() {
            let words = format!("the request is longer than {MESSAGE_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        match self.server.try_read(last) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    /// Who has sent the request; to be asked once it was received.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn peer(&self) -> io::Result<Peer> {
        Peer::of(parting::borrowed(&self.server), &self.identities)
    }

    /// The process that the client was when it connected, if the system tells. Nothing may be
    /// granted by it.
    pub fn client(&self) -> Option<u32> {
        let mut pid = 0;
        // SAFETY: the handle is open, and the pointer is there to be written.
        let told = unsafe { GetNamedPipeClientProcessId(self.server.as_raw_handle(), &mut pid) };
        (told != 0 && pid != 0).then_some(pid)
    }

    /// Sends the reply, one message, and disconnects the client once it has read it; at the
    /// latest after `patience`.
    pub async fn reply(self, message: &[u8], patience: Duration) {
        let deadline = Instant::now() + patience;
        if let Err(error) = self.send(message, deadline).await {
            tracing::debug!(%error, "failed to send a reply");
            return;
        }
        let Self { server, crowd, .. } = self;
        let left = deadline.saturating_duration_since(Instant::now());
        parting::part(server, crowd.flushes().clone(), left).await;
    }

    async fn send(&self, message: &[u8], deadline: Instant) -> io::Result<()> {
        loop {
            timeout_at(deadline, self.server.writable()).await??;
            match self.server.try_write(message) {
                // A message goes as a whole or not at all.
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether there is something to read that was not read ahead.
    fn waiting(&self) -> bool {
        let mut bytes = 0;
        // SAFETY: the handle is open, and the pointer is there to be written.
        let known = unsafe {
            PeekNamedPipe(
                self.server.as_raw_handle(),
                ptr::null_mut(),
                0,
                ptr::null_mut(),
                &mut bytes,
                ptr::null_mut(),
            )
        };
        known != 0 && bytes > 0
    }
}
