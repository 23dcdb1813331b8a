//! The end of a conversation: the reply is written, and is over when the client has read it.

use std::{
    os::windows::io::OwnedHandle,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use windows_sys::Win32::Foundation::ERROR_MORE_DATA;

use super::super::{
    event_loop::Alarm,
    operation::{Operation, is},
    pipe::disconnect,
};

/// Within this most clients have read their reply.
const GRACE: Duration = Duration::from_millis(20);

/// What is read of surplus at one time, in bytes.
const SURPLUS: usize = 512;

/// How often surplus is read for one client. Who sends more waits for nothing but its time.
const READS: u32 = 256;

/// A connection whose reply is written.
pub(super) struct Parting {
    pipe: Rc<OwnedHandle>,
    writing: Operation,
    /// Surplus, which the client may have to get rid of before it reads: it is read and ignored.
    draining: Option<Operation>,
    /// How often that may be begun yet.
    reads: u32,
    /// When it is begun at first, if it was not.
    grace: Option<Instant>,
    deadline: Instant,
    /// Dropped when the connection has ended.
    _parted: oneshot::Sender<()>,
}

impl Parting {
    /// What comes back besides tells when the connection has ended.
    pub(super) fn new(
        pipe: Rc<OwnedHandle>,
        writing: Operation,
        now: Instant,
        patience: Duration,
    ) -> (Self, oneshot::Receiver<()>) {
        let (_parted, parted) = oneshot::channel();
        let parting = Self {
            pipe,
            writing,
            draining: None,
            reads: READS,
            grace: Some(now + GRACE),
            deadline: now + patience,
            _parted,
        };
        (parting, parted)
    }

    /// Whether the client has read its reply, has left, or had its time.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.writing.is_over() || self.deadline <= now
    }

    /// Ends the connection; what the client has not read is lost.
    pub(super) fn end(self) {
        if self.writing.is_over() {
            tell_of(self.writing);
        } else {
            tracing::debug!("a client did not read its reply");
            disconnect(&self.pipe);
        }
    }

    /// Reads on, if it is time to; says whether that was begun.
    pub(super) fn drain(&mut self, alarm: &Arc<Alarm>, now: Instant) -> bool {
        let due = match self.grace {
            Some(grace) => grace <= now,
            None => match self.draining.take_if(|draining| draining.is_over()) {
                Some(drained) => match drained.finish() {
                    Ok(_) => self.reads > 0,
                    // What else there is to be told is told by what was written.
                    Err(error) => is(&error, ERROR_MORE_DATA) && self.reads > 0,
                },
                None => false,
            },
        };
        if due {
            self.grace = None;
            self.reads -= 1;
            self.draining = Some(Operation::read(&self.pipe, alarm, SURPLUS));
        }
        due
    }

    /// When there is something to be done at the latest.
    pub(super) fn next(&self) -> Instant {
        self.grace
            .map_or(self.deadline, |grace| grace.min(self.deadline))
    }
}

/// Tells of a reply that did not reach its client.
pub(super) fn tell_of(writing: Operation) {
    if let Err(error) = writing.finish() {
        tracing::debug!(%error, "a client left before it had its reply");
    }
}
