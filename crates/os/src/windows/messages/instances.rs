//! The instances of the pipe, by what is waited for.
//!
//! | where | what goes on | ends |
//! | --- | --- | --- |
//! | listening | a client may connect | with a client |
//! | unspoken | its request is read | with the request; after a few seconds; when too many are here |
//! | spoken | nothing | when it is accepted |
//! | parting | its reply is written | when the client has read it, or leaves; after its patience |
//!
//! An instance serves one client only: where one is used again for the next, requests were seen
//! to get mixed up.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt,
    os::windows::io::OwnedHandle,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use fslaunch_protocol::winfsp::MESSAGE_BYTES;
use tokio::sync::oneshot;
use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, ERROR_NO_DATA, ERROR_PIPE_CONNECTED};
use zeroize::Zeroizing;

use super::super::{
    event_loop::{Alarm, Source},
    operation::{Operation, is},
    pipe::{CROWD, LISTENING, Lock, PATIENCE, PAUSE, Pipe, disconnect},
};
use super::parting::{self, Parting};

/// Connections that wait for their clients to read. Those that count for a user are fewer by the
/// limits of users; what is turned away counts for nobody.
const PARTING: usize = 4 * CROWD;

/// A connected client, and what it has sent.
pub(super) type Spoken = (Rc<OwnedHandle>, Zeroizing<Vec<u8>>);

/// All of them.
pub(super) struct Instances {
    pipe: Pipe,
    alarm: Arc<Alarm>,
    stages: RefCell<Stages>,
}

#[derive(Default)]
struct Stages {
    closed: bool,
    /// Until then no instance is made: the system refused one.
    pause: Option<Instant>,
    listening: Vec<Listening>,
    unspoken: VecDeque<Unspoken>,
    spoken: VecDeque<Spoken>,
    parting: Vec<Parting>,
    acceptor: Option<Waker>,
    /// Whether listening was put off in the last turn.
    put_off: bool,
}

struct Listening {
    pipe: Rc<OwnedHandle>,
    /// Who connects before this is begun is found by it then.
    connecting: Option<Operation>,
}

struct Unspoken {
    pipe: Rc<OwnedHandle>,
    reading: Operation,
    deadline: Instant,
}

impl Instances {
    /// The first instance is made already.
    pub(super) fn new(pipe: Pipe, first: OwnedHandle, alarm: Arc<Alarm>) -> Self {
        let mut stages = Stages::default();
        stages.listening.push(Listening::new(first));
        stages.fill(&pipe, Instant::now());
        Self {
            pipe,
            alarm,
            stages: RefCell::new(stages),
        }
    }

    /// Nobody connects any more, and who was not accepted is let go.
    pub(super) fn close(&self) -> Option<Lock> {
        let mut stages = self.stages.borrow_mut();
        let parting = std::mem::take(&mut stages.parting);
        let open = std::mem::take(&mut *stages);
        stages.closed = true;
        stages.parting = parting;
        self.pipe.close(open)
    }

    /// Gives the next client that has sent its request.
    pub(super) fn poll_spoken(&self, context: &Context<'_>) -> Poll<Spoken> {
        let mut stages = self.stages.borrow_mut();
        match stages.spoken.pop_front() {
            Some(spoken) => Poll::Ready(spoken),
            None => {
                stages.acceptor = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Writes the reply and ends the connection, which may take until the patience is over: then
    /// what comes back tells when it has ended.
    pub(super) fn part(
        &self,
        pipe: Rc<OwnedHandle>,
        reply: Zeroizing<Vec<u8>>,
        patience: Duration,
    ) -> Option<oneshot::Receiver<()>> {
        let writing = Operation::write(&pipe, &self.alarm, reply);
        // Most clients wait in the call that has sent the request.
        if writing.is_over() {
            parting::tell_of(writing);
            return None;
        }
        let (parting, parted) = Parting::new(pipe, writing, Instant::now(), patience);
        let mut stages = self.stages.borrow_mut();
        stages.parting.push(parting);
        if stages.parting.len() > PARTING {
            stages.parting.remove(0).end();
        }
        Some(parted)
    }
}

impl Source for Instances {
    fn turn(&self) -> bool {
        let stages = &mut *self.stages.borrow_mut();
        let now = Instant::now();
        let mut begun = stages.welcome(&self.pipe, &self.alarm, now);
        stages.hear(now);
        begun |= stages.part(&self.alarm, now);
        begun | stages.listen(&self.pipe, &self.alarm, now)
    }

    fn deadline(&self) -> Option<Instant> {
        let stages = self.stages.borrow();
        // They came in this order.
        let silent = stages.unspoken.front().map(|client| client.deadline);
        let parting = stages.parting.iter().map(Parting::next);
        // Before that, those who have spoken are served.
        let pause = stages.pause.filter(|_| stages.spoken.is_empty());
        parting.chain(silent).chain(pause).min()
    }
}

/// Without what clients have said.
impl fmt::Debug for Instances {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("Instances");
        text.field("pipe", &self.pipe).finish_non_exhaustive()
    }
}

impl Stages {
    /// Has as many instances listen as there shall be.
    fn fill(&mut self, pipe: &Pipe, now: Instant) {
        if self.closed || self.pause.is_some_and(|pause| now < pause) {
            return;
        }
        self.pause = None;
        while self.listening.len() < LISTENING {
            match pipe.another() {
                Ok(instance) => self.listening.push(Listening::new(instance)),
                Err(error) => {
                    let path = pipe.path().display();
                    tracing::warn!(%error, %path, "failed to make an instance of the pipe");
                    self.pause = Some(now + PAUSE);
                    return;
                }
            }
        }
    }

    /// Begins to read what those say who have connected. So many instances listen that the next
    /// need not be made before that, unless many clients come at once.
    fn welcome(&mut self, pipe: &Pipe, alarm: &Arc<Alarm>, now: Instant) -> bool {
        let connected =
            |one: &mut Listening| one.connecting.as_ref().is_some_and(Operation::is_over);
        let arrived: Vec<Listening> = self.listening.extract_if(.., connected).collect();
        if self.listening.len() < LISTENING / 2 {
            self.fill(pipe, now);
        }
        let mut begun = false;
        for Listening { pipe, connecting } in arrived {
            match connecting.map_or(Ok(Zeroizing::default()), Operation::finish) {
                Err(error) if is(&error, ERROR_NO_DATA) => {
                    tracing::debug!("a client was gone before it was connected");
                    continue;
                }
                Err(error) if !is(&error, ERROR_PIPE_CONNECTED) => {
                    tracing::warn!(%error, "failed to wait for a client");
                    self.pause = Some(now + PAUSE);
                    continue;
                }
                Ok(_) | Err(_) => {}
            }
            begun = true;
            self.unspoken.push_back(Unspoken {
                reading: Operation::read(&pipe, alarm, MESSAGE_BYTES),
                pipe,
                deadline: now + PATIENCE,
            });
        }
        begun
    }

    /// Takes the requests that have come, and lets go whom nothing will come from.
    fn hear(&mut self, now: Instant) {
        let due = |client: &Unspoken| client.reading.is_over() || client.deadline <= now;
        if self.unspoken.iter().any(due) {
            let all = std::mem::take(&mut self.unspoken);
            let (heard, silent): (VecDeque<_>, _) = all.into_iter().partition(due);
            self.unspoken = silent;
            heard.into_iter().for_each(|client| self.take(client));
        }
        // A client that is about to speak does so long before it is the oldest of so many.
        while self.unspoken.len() > CROWD
            && let Some(oldest) = self.unspoken.pop_front()
        {
            disconnect(&oldest.pipe);
        }
    }

    /// Takes the request of one, if it has come.
    fn take(&mut self, client: Unspoken) {
        let Unspoken { pipe, reading, .. } = client;
        if !reading.is_over() {
            tracing::debug!("a client said nothing");
            return disconnect(&pipe);
        }
        match reading.finish() {
            Ok(request) if request.is_empty() => {
                tracing::debug!("a client sent an empty message");
                disconnect(&pipe);
            }
            Ok(request) => {
                self.spoken.push_back((pipe, request));
                if let Some(acceptor) = self.acceptor.take() {
                    acceptor.wake();
                }
            }
            Err(error) if is(&error, ERROR_MORE_DATA) => {
                tracing::debug!("a request is longer than {MESSAGE_BYTES} bytes");
                disconnect(&pipe);
            }
            Err(error) => tracing::debug!(%error, "a client left without a word"),
        }
    }

    /// Ends the connections whose clients have read their reply, have left, or had their time.
    fn part(&mut self, alarm: &Arc<Alarm>, now: Instant) -> bool {
        let due = |client: &mut Parting| client.is_due(now);
        self.parting.extract_if(.., due).for_each(Parting::end);
        let drained = |client: &mut Parting| client.drain(alarm, now);
        self.parting
            .iter_mut()
            .map(drained)
            .fold(false, |any, begun| any | begun)
    }

    /// Waits for those who will connect. An operation that is over at once sets the event for
    /// nothing, and the next that is begun clears it: so this comes last, when all who have
    /// spoken are served; at the latest in the second turn.
    fn listen(&mut self, pipe: &Pipe, alarm: &Arc<Alarm>, now: Instant) -> bool {
        if !self.spoken.is_empty() && !self.put_off {
            self.put_off = true;
            return false;
        }
        self.put_off = false;
        self.fill(pipe, now);
        let mut begun = false;
        for Listening { pipe, connecting } in &mut self.listening {
            if connecting.is_none() {
                *connecting = Some(Operation::connect(pipe, alarm));
                begun = true;
            }
        }
        begun
    }
}

impl Listening {
    fn new(instance: OwnedHandle) -> Self {
        Self {
            pipe: Rc::new(instance),
            connecting: None,
        }
    }
}
