//! WinFsp clients: one request message, one reply message, then the end
//! (launcher specification, sections 2 and 3).

use std::{rc::Rc, sync::Arc, time::Duration};

use fslaunch_os::{
    messages::{Conversation, MessageEndpoint},
    peer::Peer,
};
use fslaunch_protocol::{
    Error, Reply,
    winfsp::{self, DriveRequest, Message, Rejected},
};
use tokio::task::{spawn_blocking, spawn_local};
use zeroize::Zeroizing;

use crate::{
    launcher::{Launcher, Manner},
    tallies::Tallies,
};

/// How long a client may take over reading the reply.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one who is turned away may take over reading that: it takes up what
/// it was turned away from.
const A_MOMENT: Duration = Duration::from_millis(100);

/// Serves WinFsp clients, where there are any, for as long as there is a launcher.
pub(crate) async fn accept(
    launcher: &Rc<Launcher>,
    endpoint: Option<&MessageEndpoint>,
    tallies: &Rc<Tallies>,
) {
    let Some(endpoint) = endpoint else {
        return std::future::pending().await;
    };
    loop {
        let conversation = endpoint.accept().await;
        let (launcher, tallies) = (Rc::clone(launcher), Rc::clone(tallies));
        spawn_local(serve(launcher, conversation, tallies));
    }
}

/// Serves one client. Whoever says nothing that could be a request is
/// disconnected without a word.
async fn serve(launcher: Rc<Launcher>, mut conversation: Conversation, tallies: Rc<Tallies>) {
    let peer = match conversation.peer() {
        Ok(peer) => Arc::new(peer),
        Err(error) => return tracing::debug!(%error, "failed to tell who sent a message"),
    };
    // Held until the client has the reply: who does not read takes up a place.
    let _tally = match tallies.admit(peer.sid(), || peer.is_administrator(), 1) {
        Ok(tally) => tally,
        Err(reached) => {
            let reply = winfsp::encode_error(&reached.error("connections"));
            return conversation.reply(reply, A_MOMENT).await;
        }
    };
    let busy = launcher.busy();
    if let Some(reply) = answer(&launcher, &peer, &mut conversation).await {
        conversation.reply(reply, PATIENCE).await;
    }
    drop(busy);
}

/// The reply to a message; `None` if it is too short or too long to be a request.
async fn answer(
    launcher: &Rc<Launcher>,
    peer: &Arc<Peer>,
    conversation: &mut Conversation,
) -> Option<Zeroizing<Vec<u8>>> {
    let decoded = winfsp::decode(&conversation.request());
    let outcome = match decoded {
        Ok(Message::Request(request)) => launcher.handle(peer, request, Manner::Begun).await,
        Ok(Message::Drive(request)) => launcher.drive(peer, conversation.client(), request).await,
        Err(Rejected::Malformed(error)) => Err(error),
        Err(Rejected::Length(_)) => return None,
    };
    Some(match outcome {
        Ok(reply) => winfsp::encode_reply(&reply),
        Err(error) => winfsp::encode_error(&error),
    })
}

impl Launcher {
    /// Defines or removes a global drive letter, if the caller may.
    async fn drive(
        &self,
        peer: &Arc<Peer>,
        client: Option<u32>,
        request: DriveRequest,
    ) -> Result<Reply, Error> {
        let (drives, peer) = (Arc::clone(&self.drives), Arc::clone(peer));
        let pass = self.gates.pass(peer.sid()).await;
        let change = move || {
            let _pass = pass;
            match request {
                DriveRequest::Define { letter, target } => {
                    drives.define(&peer, client, letter, &target)
                }
                DriveRequest::Remove { letter, target } => {
                    drives.remove(&peer, letter, target.as_deref())
                }
            }
        };
        let changed = spawn_blocking(change).await;
        let changed = changed.map_err(|error| Error::Internal {
            reason: error.to_string(),
        })?;
        // The reply to it is as short as that to a stop.
        changed.map(|()| Reply::Stopped)
    }
}
