//! The pipe of existing clients: one request message, one reply message.
//!
//! It is served on the thread of the [event loop](crate::event_loop), and not by the runtime:
//! that asks the system several times as often for each message, and reads ahead into memory
//! that it does not wipe.
#![allow(unsafe_code)]

mod instances;
mod parting;

use std::{
    fmt,
    future::poll_fn,
    io,
    os::windows::io::{AsHandle, AsRawHandle, OwnedHandle},
    path::Path,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use windows_sys::Win32::System::Pipes::GetNamedPipeClientProcessId;
use zeroize::Zeroizing;

use super::{
    endpoint::{EndpointError, Lock},
    event_loop,
    peer::{Identities, Peer},
    pipe::{Kind, Pipe},
    places::Places,
};
use instances::Instances;

/// A listening endpoint: a pipe of messages.
#[derive(Debug)]
pub struct MessageEndpoint {
    instances: Rc<Instances>,
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
    /// Somebody has the pipe already, the system refuses, or this thread runs no event loop.
    pub fn listen(path: &Path, identities: Identities) -> Result<Self, EndpointError> {
        let (pipe, first) = Pipe::first(path, Kind::Messages, identities.owner())?;
        let instances = event_loop::join(|alarm| Rc::new(Instances::new(pipe, first, alarm)));
        let instances = instances.map_err(|source| EndpointError::Io {
            act: "listen on",
            path: path.into(),
            source,
        })?;
        Ok(Self {
            instances,
            identities: Arc::new(identities),
        })
    }

    /// Listens no more, and still keeps other daemons away. Clients who wait for their replies
    /// get them, for as long as the thread goes on.
    pub fn close(self) -> Lock {
        Lock::of(self.instances.close())
    }

    /// Waits for a client that has sent its request: one message of at most 4096 bytes. Who sends
    /// nothing for a few seconds, an empty message or a longer one is disconnected.
    pub async fn accept(&self) -> Conversation {
        let (pipe, request) = poll_fn(|context| self.instances.poll_spoken(context)).await;
        Conversation {
            pipe,
            request,
            instances: Rc::clone(&self.instances),
            identities: Arc::clone(&self.identities),
        }
    }
}

/// A connected client that has sent its request. Dropped before it was answered, it is
/// disconnected.
pub struct Conversation {
    pipe: Rc<OwnedHandle>,
    request: Zeroizing<Vec<u8>>,
    instances: Rc<Instances>,
    identities: Arc<Identities>,
}

impl Conversation {
    /// Takes the request; it is empty when it was taken before.
    pub fn request(&mut self) -> Zeroizing<Vec<u8>> {
        std::mem::take(&mut self.request)
    }

    /// Who has sent the request.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn peer(&self) -> io::Result<Peer> {
        Peer::of(self.pipe.as_handle(), &self.identities)
    }

    /// The process that the client was when it connected, if the system tells. Nothing may be
    /// granted by it.
    pub fn client(&self) -> Option<u32> {
        let mut pid = 0;
        // SAFETY: the handle is open, and the pointer is there to be written.
        let told = unsafe { GetNamedPipeClientProcessId(self.pipe.as_raw_handle(), &mut pid) };
        (told != 0 && pid != 0).then_some(pid)
    }

    /// Sends the reply, one message, and ends the connection once the client has read it; at the
    /// latest after `patience`, and then what it has not read is lost.
    pub async fn reply(self, message: Zeroizing<Vec<u8>>, patience: Duration) {
        if let Some(parted) = self.instances.part(self.pipe, message, patience) {
            // It ends in any case.
            let _ = parted.await;
        }
    }
}

/// Without the request, which may hold a secret.
impl fmt::Debug for Conversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("Conversation");
        text.field("pipe", &self.pipe).finish_non_exhaustive()
    }
}
