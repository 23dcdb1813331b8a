//! The pipe of the WinFsp clients, which there is none of on Unix.

use std::{convert::Infallible, io, time::Duration};

use zeroize::Zeroizing;

use super::{
    endpoint::{EndpointError, Lock},
    peer::{Identities, Peer},
    places::Places,
};

/// There is none on Unix.
#[derive(Debug)]
pub struct MessageEndpoint(Infallible);

/// There is none on Unix.
#[derive(Debug)]
pub struct Conversation(Infallible);

impl MessageEndpoint {
    /// Listens where the places say, if the system has such clients.
    ///
    /// # Errors
    /// None on Unix.
    pub fn bind(_: &Places, _: Identities) -> Result<Option<MessageEndpoint>, EndpointError> {
        Ok(None)
    }

    /// Listens no more, and still keeps other daemons away.
    pub fn close(self) -> Lock {
        match self.0 {}
    }

    /// Waits for a client that has sent its request.
    pub async fn accept(&self) -> Conversation {
        match self.0 {}
    }
}

impl Conversation {
    /// Takes the request.
    pub fn request(&mut self) -> Zeroizing<Vec<u8>> {
        match self.0 {}
    }

    /// Who has sent the request.
    ///
    /// # Errors
    /// The system's.
    pub fn peer(&self) -> io::Result<Peer> {
        match self.0 {}
    }

    /// The process that the client was when it connected: there is none.
    pub fn client(&self) -> Option<u32> {
        match self.0 {}
    }

    /// Answers, and ends the conversation once the client has the answer.
    pub async fn reply(self, _message: Zeroizing<Vec<u8>>, _patience: Duration) {
        match self.0 {}
    }
}
