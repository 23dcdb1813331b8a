//! Global drive letters, which there are none of on Unix.

use fslaunch_protocol::Error;

use super::peer::Peer;

/// Why a letter is not defined or removed.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// There are none.
    #[error("this system has no drive letters")]
    None,
}

impl From<DriveError> for Error {
    fn from(error: DriveError) -> Error {
        let reason = error.to_string();
        Error::MalformedRequest { reason }
    }
}

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
    pub fn define(&self, _: &Peer, _letter: char, _target: &str) -> Result<(), DriveError> {
        Err(DriveError::None)
    }

    /// Removes a letter; with a target, only if that is what it stands for.
    ///
    /// # Errors
    /// Always on Unix.
    pub fn remove(&self, _: &Peer, _letter: char, _target: Option<&str>) -> Result<(), DriveError> {
        Err(DriveError::None)
    }
}
