//! A connection to the launcher's socket.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connected Unix stream socket.
#[derive(Debug)]
pub struct Stream(UnixStream);

impl Stream {
    /// Connects; reading and writing then wait that long at most.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(socket: &Path, patience: Duration) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self(stream))
    }

    /// How long writing may wait for the other side to read.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn set_write_timeout(&mut self, limit: Duration) -> io::Result<()> {
        self.0.set_write_timeout(Some(limit))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When the other side is gone or does not read in time.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Reads something; nothing is the end.
    ///
    /// # Errors
    /// When nothing comes in time.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(0),
                other => return other,
            }
        }
    }

    /// Ends this side of it.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn finish(&mut self) -> io::Result<()> {
        self.0.shutdown(std::net::Shutdown::Write)
    }
}
