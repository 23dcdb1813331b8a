//! `READY=1`, which is for systems that have `sd_notify`: not for Windows.

use std::{convert::Infallible, io, path::Path};

use super::identity::Identity;

/// The variable that would tell a process where to write.
pub const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// There is none on Windows.
#[derive(Debug)]
pub struct NotifySocket(Infallible);

impl NotifySocket {
    /// Would listen for messages of the account that an instance runs as.
    ///
    /// # Errors
    /// Always on Windows.
    pub fn bind_for(_: &Path, _: &Identity) -> io::Result<Self> {
        let words = "ready = \"notify\" needs a system with sd_notify, which Windows is not";
        Err(io::Error::new(io::ErrorKind::Unsupported, words))
    }

    /// Would wait for `READY=1`.
    ///
    /// # Errors
    /// None on Windows.
    pub async fn ready(&self) -> io::Result<()> {
        match self.0 {}
    }
}
