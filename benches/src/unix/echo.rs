//! The echo: what a round trip costs when nothing is done in between.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::failure::Failure;
use crate::system::wire::Wire;

/// A process that answers at once. It is ended when this is dropped.
pub(crate) struct Echo {
    wire: Wire,
    child: Child,
    message: Vec<u8>,
    /// For how long a reply the message asks.
    size: usize,
}

impl Echo {
    /// Starts one that gets messages of the same length as `message`.
    pub(crate) fn start(message: &[u8]) -> Result<Self, Failure> {
        let (near, far) = UnixStream::pair().map_err(Failure::to("make a pair of sockets"))?;
        let wire = Wire::over(near)?;
        let child = Command::new(fslaunch_tests::program("bench-echo"))
            .stdin(Stdio::from(OwnedFd::from(far)))
            .spawn()
            .map_err(Failure::to("start the echo"))?;
        Ok(Self {
            wire,
            child,
            message: vec![0; message.len()],
            size: 0,
        })
    }

    /// Its process ID.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How long a reply of that many bytes takes.
    pub(crate) fn time(&mut self, size: usize) -> Result<Duration, Failure> {
        if size != self.size {
            self.size = size;
            let digits = size.to_string().into_bytes();
            let (end, text) = self.message.split_last_mut().ok_or(Failure::Closed)?;
            *end = 0;
            text.fill(b' ');
            text[..digits.len()].copy_from_slice(&digits);
        }
        let (time, got) = self.wire.time(&self.message)?;
        if got != size {
            let words = format!("the echo answered {got} bytes instead of {size}");
            return Err(Failure::Unfit(words));
        }
        Ok(time)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Gone already, at worst.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
