//! What comes of asking a process to end.

use std::io;

use tokio::sync::oneshot;

/// A process was asked to end, or is about to be.
#[derive(Debug)]
pub struct Asked(Option<oneshot::Receiver<io::Error>>);

impl Asked {
    /// There is nothing to tell.
    pub(in crate::windows) fn well() -> Asked {
        Asked(None)
    }

    /// It could not be asked, and was ended.
    pub(in crate::windows) fn in_vain(error: io::Error) -> Asked {
        let (asked, told) = Asked::later();
        // Its receiver is there.
        let _ = told.send(error);
        asked
    }

    /// Whoever asks it says so if it was in vain.
    pub(in crate::windows) fn later() -> (Asked, oneshot::Sender<io::Error>) {
        let (sender, receiver) = oneshot::channel();
        (Asked(Some(receiver)), sender)
    }

    /// Why it was ended instead, as it could not be asked: known after a moment. `None` if it was
    /// asked.
    pub async fn failure(self) -> Option<io::Error> {
        self.0?.await.ok()
    }
}
