//! Lets callers in.

use std::{io, rc::Rc, sync::Arc, time::Duration};

use fslaunch_os::endpoint::{Endpoint, Stream};
use tokio::task::spawn_local;

use crate::{connection, launcher::Launcher, tallies::Tallies};

/// Lets callers in for as long as there is a launcher.
pub(crate) async fn accept(launcher: &Rc<Launcher>, endpoint: &Endpoint, tallies: &Rc<Tallies>) {
    loop {
        match endpoint.accept().await {
            Ok(stream) => welcome(launcher, endpoint, tallies, stream),
            Err(error) => pause(&error).await,
        }
    }
}

/// Out of descriptors, most likely: some will be closed soon.
pub(crate) async fn pause(error: &io::Error) {
    tracing::warn!(%error, "failed to accept a connection");
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn welcome(launcher: &Rc<Launcher>, endpoint: &Endpoint, tallies: &Rc<Tallies>, stream: Stream) {
    // A caller that has left already needs no answer.
    let Ok(peer) = endpoint.peer(&stream) else {
        return;
    };
    match tallies.admit(peer.sid(), || peer.is_administrator(), 1) {
        Ok(tally) => {
            let launcher = Rc::clone(launcher);
            spawn_local(connection::serve(launcher, stream, Arc::new(peer), tally));
        }
        Err(reached) => connection::turn_away(stream, &reached),
    }
}
