//! The pipe of clients of WinFsp, with whatever a test wants to send.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, PipeMode};
use tokio::runtime::Runtime;

use crate::PATIENCE;

const PIPE_BUSY: i32 = 231;
/// What a client reads when the launcher has disconnected it.
const NOT_CONNECTED: i32 = 233;
const ANOTHER_TRY: Duration = Duration::from_millis(5);
/// More than the longest reply, so that one that is too long shows.
const ROOM: usize = 64 << 10;

/// One connection to that pipe.
#[derive(Debug)]
pub struct Messages {
    pipe: NamedPipeClient,
    runtime: Runtime,
}

impl Messages {
    /// Connects, in message mode, as existing clients do: while all instances
    /// of the pipe are busy, it waits.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(name: &Path) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let deadline = Instant::now() + PATIENCE;
        let entered = runtime.enter();
        let pipe = loop {
            match ClientOptions::new().pipe_mode(PipeMode::Message).open(name) {
                Err(error)
                    if error.raw_os_error() == Some(PIPE_BUSY) && Instant::now() < deadline =>
                {
                    std::thread::sleep(ANOTHER_TRY);
                }
                other => break other?,
            }
        };
        drop(entered);
        Ok(Self { pipe, runtime })
    }

    /// Sends one message of these bytes.
    ///
    /// # Errors
    /// When the launcher has closed the connection.
    ///
    /// # Panics
    /// When that takes too long.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let pipe = &mut self.pipe;
        let write = async { tokio::time::timeout(PATIENCE, pipe.write_all(bytes)).await };
        self.runtime.block_on(write).expect("the launcher reads")
    }

    /// Sends one message; `|` stands for NUL.
    ///
    /// # Errors
    /// When the launcher has closed the connection.
    pub fn send(&mut self, message: &str) -> io::Result<()> {
        let units = message.replace('|', "\0");
        let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.send_bytes(&bytes)
    }

    /// Sends a message without a byte on a connection of its own, which a
    /// write of nothing does only if the system is asked for it; gives the
    /// reply, which is empty when there is none.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn call_with_nothing(name: &Path) -> io::Result<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut pipe = loop {
            match File::options().read(true).write(true).open(name) {
                Err(error)
                    if error.raw_os_error() == Some(PIPE_BUSY) && Instant::now() < deadline =>
                {
                    std::thread::sleep(ANOTHER_TRY);
                }
                other => break other?,
            }
        };
        // Not `write_all`, which leaves out what is empty.
        assert_eq!(pipe.write(&[])?, 0);
        let mut reply = vec![];
        match pipe.read_to_end(&mut reply) {
            Err(error) if error.raw_os_error() == Some(NOT_CONNECTED) => Ok(reply),
            other => other.map(|_| reply),
        }
    }

    /// The reply, byte by byte; nothing when the launcher has disconnected
    /// without one.
    ///
    /// # Panics
    /// When it does neither in time.
    pub fn reply_bytes(&mut self) -> Option<Vec<u8>> {
        let pipe = &mut self.pipe;
        let read = async {
            let mut buffer = vec![0; ROOM];
            loop {
                pipe.readable().await?;
                match pipe.try_read(&mut buffer) {
                    Ok(count) => return Ok(buffer[..count].to_vec()),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        };
        let read = async { tokio::time::timeout(PATIENCE, read).await };
        let reply: io::Result<Vec<u8>> = self.runtime.block_on(read).expect("a reply, or the end");
        reply.ok().filter(|bytes| !bytes.is_empty())
    }

    /// The reply as text, with `|` for NUL.
    ///
    /// # Panics
    /// When it is no text, or does not come in time.
    pub fn reply(&mut self) -> Option<String> {
        let bytes = self.reply_bytes()?;
        let (pairs, rest) = bytes.as_chunks::<2>();
        assert!(rest.is_empty(), "an odd number of bytes: {bytes:?}");
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let text = String::from_utf16(&units).expect("a reply in UTF-16");
        Some(text.replace('\0', "|"))
    }

    /// Sends one message on a connection of its own and gives the reply.
    ///
    /// # Panics
    /// When the launcher does not listen or does not answer in time.
    pub fn call(name: &Path, message: &str) -> Option<String> {
        let mut connection = Self::open(name).expect("the launcher listens");
        connection.send(message).expect("the launcher reads");
        connection.reply()
    }
}

/// The parts of a reply that says yes.
///
/// # Panics
/// When it says no, or its last part has no end.
pub fn parts(reply: &str) -> Vec<&str> {
    let data = reply.strip_prefix('$');
    let data = data.unwrap_or_else(|| panic!("no success: {reply}"));
    let mut parts: Vec<&str> = data.split('|').collect();
    assert_eq!(parts.pop(), Some(""), "a part without its end: {reply}");
    parts
}
