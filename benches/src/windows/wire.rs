//! The way of existing clients: a connection for each message. The same code
//! talks to the launcher and to the plain server.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fslaunch_os::testing::pipes;

use crate::failure::Failure;

/// How long a client tries to connect before it is a failure.
const PATIENCE: Duration = Duration::from_secs(20);
const ANOTHER_TRY: Duration = Duration::from_millis(5);
/// The longest reply.
const LONGEST: usize = 4096;

/// A pipe, and room for a reply.
pub(crate) struct Wire {
    pipe: PathBuf,
    buffer: Vec<u8>,
}

impl Wire {
    /// To the pipe of that name.
    pub(crate) fn to(pipe: PathBuf) -> Self {
        let buffer = vec![0; LONGEST];
        Self { pipe, buffer }
    }

    /// The same, once there is a reply to that message.
    pub(crate) fn when_answered(mut self, message: &[u8]) -> Result<Self, Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.call(message) {
                Ok(_) => return Ok(self),
                Err(failure) if Instant::now() > deadline => return Err(failure),
                Err(_) => std::thread::sleep(ANOTHER_TRY),
            }
        }
    }

    /// Another one to the same pipe.
    pub(crate) fn again(&self) -> Self {
        Self::to(self.pipe.clone())
    }

    /// The reply to a message.
    pub(crate) fn call(&mut self, message: &[u8]) -> Result<&[u8], Failure> {
        self.try_call(message)
            .map_err(Failure::to("ask through a pipe"))
    }

    /// The reply, or what the system said instead.
    pub(crate) fn try_call(&mut self, message: &[u8]) -> io::Result<&[u8]> {
        let length = pipes::call(&self.pipe, message, &mut self.buffer, PATIENCE)?;
        Ok(&self.buffer[..length])
    }

    /// How long it takes from nothing to the end of the connection.
    pub(crate) fn time(&mut self, message: &[u8]) -> Result<Duration, Failure> {
        let begun = Instant::now();
        self.call(message)?;
        Ok(begun.elapsed())
    }
}
