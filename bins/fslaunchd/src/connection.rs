//! One connection: requests in, replies out, in order.

use std::{rc::Rc, sync::Arc, time::Duration};

use fslaunch_core::limits::Reached;
use fslaunch_os::{endpoint::Stream, peer::Peer};
use fslaunch_protocol::{
    Error, limits,
    varlink::{self, Called, Frames, Refusal},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout, timeout_at},
};
use zeroize::Zeroizing;

use crate::{launcher::Launcher, tallies::Tally};

/// How long a caller may take over a request, and over reading a reply.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a caller that was served may be silent.
const IDLE: Duration = Duration::from_secs(60);

/// Serves a caller until it leaves, is silent for too long or sends what
/// can't be read past.
pub(crate) async fn serve(
    launcher: Rc<Launcher>,
    mut stream: Stream,
    peer: Arc<Peer>,
    _tally: Tally,
) {
    let mut frames = Frames::new(limits::REQUEST_BYTES);
    let mut patience = PATIENCE;
    while let Some(message) = next(&mut stream, &mut frames, patience).await {
        let busy = launcher.busy();
        let (reply, last) = match message {
            Message::Call(message) => answer(&launcher, &peer, &message).await,
            Message::TooLarge(error) => (Some(varlink::encode_error(&error)), true),
        };
        if let Some(reply) = reply {
            let sent = timeout(PATIENCE, stream.write_all(&reply)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
        if last {
            // Closing at once would take the reply from a caller that still writes.
            let _ = stream.shutdown().await;
            return drop(timeout(PATIENCE, skip(&mut stream)).await);
        }
        drop(busy);
        patience = IDLE;
    }
}

/// What a caller has sent.
enum Message {
    Call(Zeroizing<Vec<u8>>),
    TooLarge(Error),
}

/// The next message; `None` when the caller has left or was silent for too
/// long. Once there is half of one, the rest must follow soon.
async fn next(stream: &mut Stream, frames: &mut Frames, patience: Duration) -> Option<Message> {
    let mut deadline = Instant::now() + patience;
    let mut begun = frames.is_partial();
    let mut buffer = Zeroizing::new(vec![0; 8192]);
    loop {
        match frames.take() {
            Ok(Some(message)) => return Some(Message::Call(message)),
            Ok(None) => {}
            Err(error) => {
                let limit = error.limit as u64;
                return Some(Message::TooLarge(Error::RequestTooLarge { limit }));
            }
        }
        if frames.is_partial() && !begun {
            begun = true;
            deadline = deadline.min(Instant::now() + PATIENCE);
        }
        match timeout_at(deadline, stream.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => frames.push(&buffer[..count]),
            Ok(Ok(_) | Err(_)) | Err(_) => return None,
        }
    }
}

/// The reply to a call, if it wants one, and whether it is the last.
async fn answer(
    launcher: &Rc<Launcher>,
    peer: &Arc<Peer>,
    message: &[u8],
) -> (Option<Vec<u8>>, bool) {
    let call = match varlink::decode(message) {
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
        Called::Launcher(request) => match launcher.handle(peer, request).await {
            Ok(reply) => varlink::encode_reply(&reply, false),
            Err(error) => varlink::encode_error(&error),
        },
    };
    ((!call.oneway).then_some(reply), false)
}

async fn skip(stream: &mut Stream) {
    let mut buffer = Zeroizing::new(vec![0; 8192]);
    while let Ok(1..) = stream.read(&mut buffer).await {}
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
