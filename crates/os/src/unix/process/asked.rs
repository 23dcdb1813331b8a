//! What comes of asking a process to end.

use std::io;

/// A process was asked to end.
#[derive(Debug)]
pub struct Asked(());

impl Asked {
    /// There is nothing to tell.
    pub(super) fn well() -> Asked {
        Asked(())
    }

    /// Why it was ended instead, as it could not be asked: on this system each can be.
    pub async fn failure(self) -> Option<io::Error> {
        None
    }
}
