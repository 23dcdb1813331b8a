//! Global drive letters, which there are none of on Unix.

use fslaunch_protocol::Error;

use super::peer::Peer;

/// The drive letters that were defined.
#[derive(Debug, Default)]
pub struct Drives(());

impl Drives {
    /// None yet.
    pub fn new() -> Drives {
        Drives(())
    }

    /// Defines a letter.
    ///
    /// # Errors
    /// Always on Unix.
    pub fn define(
        &self,
        _: &Peer,
        _client: Option<u32>,
        _letter: char,
        _target: &str,
    ) -> Result<(), Error> {
        Err(refused())
    }

    /// Removes a letter; with a target, only if that is what it stands for.
    ///
    /// # Errors
    /// Always on Unix.
    pub fn remove(&self, _: &Peer, _letter: char, _target: Option<&str>) -> Result<(), Error> {
        Err(refused())
    }

    /// Nothing is ever left on Unix.
    pub fn clear_after(&self, _pid: u32, _start_time: u64) {}
}

fn refused() -> Error {
    let reason = "this system has no drive letters".into();
    Error::MalformedRequest { reason }
}
