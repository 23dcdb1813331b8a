//! A connection to the launcher's pipe.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient};
use tokio::runtime::Runtime;

/// All instances of a pipe are busy.
const PIPE_BUSY: i32 = 231;
const ANOTHER_TRY: Duration = Duration::from_millis(5);

/// A connected pipe of bytes.
#[derive(Debug)]
pub struct Stream {
    pipe: NamedPipeClient,
    patience: Duration,
    write_patience: Duration,
    // Last: the pipe is its.
    runtime: Runtime,
}

impl Stream {
    /// Connects; reading and writing then wait that long at most.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(name: &Path, patience: Duration) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let deadline = Instant::now() + patience;
        let entered = runtime.enter();
        let pipe = loop {
            match ClientOptions::new().open(name) {
                Err(error)
                    if error.raw_os_error() == Some(PIPE_BUSY) && Instant::now() < deadline =>
                {
                    std::thread::sleep(ANOTHER_TRY);
                }
                other => break other?,
            }
        };
        drop(entered);
        Ok(Self {
            pipe,
            patience,
            write_patience: patience,
            runtime,
        })
    }

    /// How long writing may wait for the other side to read.
    ///
    /// # Errors
    /// Never here.
    pub fn set_write_timeout(&mut self, limit: Duration) -> io::Result<()> {
        self.write_patience = limit;
        Ok(())
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When the other side is gone or does not read in time.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (pipe, limit) = (&mut self.pipe, self.write_patience);
        let write = async { tokio::time::timeout(limit, pipe.write_all(bytes)).await };
        self.runtime.block_on(write)?
    }

    /// Reads something; nothing is the end.
    ///
    /// # Errors
    /// When nothing comes in time.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (pipe, limit) = (&mut self.pipe, self.patience);
        let read = async { tokio::time::timeout(limit, pipe.read(buffer)).await };
        match self.runtime.block_on(read)? {
            Err(error) if is_end(&error) => Ok(0),
            other => other,
        }
    }

    /// Ends this side of it: a pipe has no sides.
    ///
    /// # Errors
    /// Always.
    pub fn finish(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Whether the other side has ended the connection.
fn is_end(error: &io::Error) -> bool {
    /// The pipe was disconnected by its server.
    const PIPE_NOT_CONNECTED: i32 = 233;
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(PIPE_NOT_CONNECTED)
}
