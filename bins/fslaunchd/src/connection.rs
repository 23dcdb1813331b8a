//! One connection: requests in, replies out, in order.

use std::{future::pending, rc::Rc, sync::Arc, time::Duration};

use fslaunch_core::limits::Reached;
use fslaunch_os::{endpoint::Stream, peer::Peer};
use fslaunch_protocol::{
    Error, Reply, Request, limits,
    varlink::{self, Called, Decoded, Frames, Refusal, Rejected},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    launcher::{Launcher, Manner},
    tallies::Tally,
};

/// How long a caller may take over a request, and over reading a reply.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a caller that was served may be silent.
const IDLE: Duration = Duration::from_secs(60);

/// A message or reply longer than this counts against the bytes of its user,
/// and is decoded where it delays nobody.
const LONG: usize = 16 << 10;

/// Serves a caller until it leaves, is silent for too long or sends what
/// can't be read past.
pub(crate) async fn serve(launcher: Rc<Launcher>, stream: Stream, peer: Arc<Peer>, _tally: Tally) {
    let mut connection = Connection {
        launcher,
        peer,
        stream,
        frames: Frames::new(limits::REQUEST_BYTES),
        buffer: Zeroizing::new(vec![0; 4096]),
    };
    let mut patience = PATIENCE;
    while let Some(message) = connection.next(patience).await {
        let busy = connection.launcher.busy();
        let (reply, last) = match message {
            Message::Call { bytes, held: _held } => connection.answer(bytes).await,
            Message::Refused(error) => (Some(varlink::encode_error(&error)), true),
        };
        if let Some(reply) = reply
            && !connection.send(reply).await
        {
            return;
        }
        if last {
            return connection.end().await;
        }
        drop(busy);
        patience = IDLE;
    }
}

struct Connection {
    launcher: Rc<Launcher>,
    peer: Arc<Peer>,
    stream: Stream,
    frames: Frames,
    /// Wiped after each use: what is read may be a secret.
    buffer: Zeroizing<Vec<u8>>,
}

/// What a caller has sent.
enum Message {
    Call {
        bytes: Zeroizing<Vec<u8>>,
        held: Option<Tally>,
    },
    Refused(Error),
}

impl Connection {
    /// The next message; `None` when the caller has left or was silent for too
    /// long. Once there is half of one, the rest must follow soon.
    async fn next(&mut self, patience: Duration) -> Option<Message> {
        let mut deadline = Instant::now() + patience;
        let mut begun = false;
        let mut held = None;
        loop {
            match self.frames.take() {
                Ok(Some(bytes)) => return Some(Message::Call { bytes, held }),
                Ok(None) => {}
                Err(error) => return Some(Message::Refused(error.into())),
            }
            if self.frames.is_partial() && !begun {
                begun = true;
                deadline = deadline.min(Instant::now() + PATIENCE);
            }
            if self.frames.buffered() > LONG && held.is_none() {
                match self.hold(limits::REQUEST_BYTES) {
                    Ok(tally) => held = Some(tally),
                    Err(error) => return Some(Message::Refused(error)),
                }
            }
            match timeout_at(deadline, self.stream.read(&mut self.buffer)).await {
                Ok(Ok(count)) if count > 0 => {
                    self.frames.push(&self.buffer[..count]);
                    self.buffer[..count].zeroize();
                }
                Ok(Ok(_) | Err(_)) | Err(_) => return None,
            }
        }
    }

    /// Counts bytes that are held for the caller.
    fn hold(&self, count: usize) -> Result<Tally, Error> {
        let peer = &self.peer;
        let tally = self
            .launcher
            .bytes
            .admit(peer.sid(), || peer.is_administrator(), count);
        tally.map_err(|reached| reached.error("bytes of long messages"))
    }

    /// The reply to a call, if it wants one, and whether it is the last.
    async fn answer(&mut self, message: Zeroizing<Vec<u8>>) -> (Option<Vec<u8>>, bool) {
        let call = match self.decode(message).await {
            Ok(call) => call,
            Err(rejected) => {
                // After what is no message at all, nothing that follows can be trusted.
                let last = matches!(
                    &rejected.error,
                    Refusal::Launcher(Error::MalformedRequest { .. })
                );
                return ((!rejected.oneway).then(|| rejected.error.encode()), last);
            }
        };
        let reply = match call.request {
            Called::Service(request) => request.answer(),
            Called::Launcher(request) => match self.handle(request).await {
                Ok(reply) => varlink::encode_reply(&reply, false),
                Err(error) => varlink::encode_error(&error),
            },
        };
        ((!call.oneway).then_some(reply), false)
    }

    async fn handle(&mut self, request: Request) -> Result<Reply, Error> {
        let (launcher, peer) = (Rc::clone(&self.launcher), Arc::clone(&self.peer));
        match request {
            Request::Start(start) if start.while_connected => {
                let started = launcher.start_until(&peer, start, Manner::Done, self.left());
                started.await.map(Reply::Started)
            }
            request @ (Request::Start(_)
            | Request::Stop(_)
            | Request::StopIdle(_)
            | Request::Info(_)
            | Request::List
            | Request::Classes) => launcher.handle(&peer, request, Manner::Done).await,
        }
    }

    /// Returns when the caller has left, or at least sends no more. What it
    /// sends meanwhile waits for its turn; behind too much of that, nobody is
    /// seen to leave.
    async fn left(&mut self) {
        while self.frames.buffered() <= LONG {
            match self.stream.read(&mut self.buffer).await {
                Ok(count) if count > 0 => {
                    self.frames.push(&self.buffer[..count]);
                    self.buffer[..count].zeroize();
                }
                Ok(_) | Err(_) => return,
            }
        }
        pending().await
    }

    async fn decode(&self, message: Zeroizing<Vec<u8>>) -> Result<Decoded, Rejected> {
        if message.len() <= LONG {
            return varlink::decode(&message);
        }
        let pass = self.launcher.gates.pass(self.peer.sid()).await;
        let decode = move || {
            let _pass = pass;
            varlink::decode(&message)
        };
        spawn_blocking(decode).await.unwrap_or_else(|error| {
            let reason = error.to_string();
            Err(Rejected {
                error: Error::Internal { reason }.into(),
                oneway: false,
            })
        })
    }

    /// Returns whether the caller has taken the reply.
    async fn send(&mut self, mut reply: Vec<u8>) -> bool {
        let mut _held = None;
        if reply.len() > LONG {
            match self.hold(reply.len()) {
                Ok(tally) => _held = Some(tally),
                Err(error) => reply = varlink::encode_error(&error),
            }
        }
        let sent = timeout(PATIENCE, self.stream.write_all(&reply)).await;
        matches!(sent, Ok(Ok(())))
    }

    /// Reads on for a while: closing at once would take the reply from a
    /// caller that still writes.
    async fn end(mut self) {
        let _ = self.stream.shutdown().await;
        let skip = async { while let Ok(1..) = self.stream.read(&mut self.buffer).await {} };
        let _ = timeout(PATIENCE, skip).await;
    }
}

/// Tells a caller that there is no room for it. Nothing is waited for: those
/// who are turned away must not take up what they were turned away from.
pub(crate) fn turn_away(stream: Stream, reached: &Reached) {
    let reply = varlink::encode_error(&reached.error("connections"));
    let _ = stream.try_write(&reply);
    // Closing with its request unread would take the reply from the caller.
    let mut buffer = Zeroizing::new(vec![0; 8192]);
    for _ in 0..16 {
        if !matches!(stream.try_read(&mut buffer), Ok(1..)) {
            return;
        }
    }
}
