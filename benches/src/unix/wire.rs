//! One connection, with as little between the measurement and the kernel as
//! possible. The same code talks to the launcher and to the echo.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long a reply may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection over which one message at a time is under way. Messages end
/// with a NUL and have none inside.
pub(crate) struct Wire {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects to the launcher.
    pub(crate) fn connect(socket: &Path) -> Result<Self, Failure> {
        Self::over(UnixStream::connect(socket).map_err(Failure::to("connect"))?)
    }

    /// Talks over a stream that is connected.
    pub(crate) fn over(stream: UnixStream) -> Result<Self, Failure> {
        let limited = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        limited.map_err(Failure::to("limit the time of a reply"))?;
        // Room for the longest reply from the start: growing is not measured.
        let buffer = vec![0; 1 << 20];
        Ok(Self { stream, buffer })
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.stream
            .write_all(message)
            .map_err(Failure::to("send a message"))
    }

    /// The reply to what was sent, with its NUL.
    pub(crate) fn receive(&mut self) -> Result<&[u8], Failure> {
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                return Err(Failure::Unfit("a reply is longer than 1 MiB".to_owned()));
            }
            match self.stream.read(&mut self.buffer[length..]) {
                Ok(0) => return Err(Failure::Closed),
                Ok(count) => length += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::to("receive a reply")(error)),
            }
            if self.buffer[length - 1] == 0 {
                return Ok(&self.buffer[..length]);
            }
        }
    }

    /// The reply to a message.
    pub(crate) fn call(&mut self, message: &[u8]) -> Result<&[u8], Failure> {
        self.send(message)?;
        self.receive()
    }

    /// How long the reply to a message takes, and how many bytes it has.
    pub(crate) fn time(&mut self, message: &[u8]) -> Result<(Duration, usize), Failure> {
        let begun = Instant::now();
        let size = self.call(message)?.len();
        Ok((begun.elapsed(), size))
    }
}
