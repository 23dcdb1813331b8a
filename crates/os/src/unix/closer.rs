//! Closes descriptors that somebody else has chosen.
//!
//! The last close of a file may take as long as its owner likes: a socket with `SO_LINGER`,
//! a file on a FUSE file system that does not answer. The launcher's thread must not be the
//! one that waits for it, and so such descriptors are closed by a thread of their own.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// How many lots may wait to be closed.
const QUEUE: usize = 256;

static LOTS: OnceLock<SyncSender<Vec<OwnedFd>>> = OnceLock::new();

/// Has `descriptors` closed; never waits. If the thread is held up and too many wait for it
/// already, they stay open for good: what is lost then is a number, not the launcher.
pub(super) fn close(descriptors: Vec<OwnedFd>) {
    if descriptors.is_empty() {
        return;
    }
    match LOTS.get_or_init(start).try_send(descriptors) {
        Ok(()) => {}
        Err(TrySendError::Full(lot) | TrySendError::Disconnected(lot)) => std::mem::forget(lot),
    }
}

fn start() -> SyncSender<Vec<OwnedFd>> {
    let (sender, lots) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new().name("closer".to_owned());
    // Without the thread the queue has no reader, which is the case of `Disconnected`.
    if let Err(error) = thread.stack_size(64 * 1024).spawn(move || serve(&lots)) {
        tracing::error!(%error, "failed to start the thread that closes descriptors");
    }
    sender
}

fn serve(lots: &Receiver<Vec<OwnedFd>>) {
    while let Ok(lot) = lots.recv() {
        drop(lot);
    }
}
