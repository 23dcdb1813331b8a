//! Listening on a pipe of bytes, within the runtime.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{IntoRawHandle, OwnedHandle},
    path::Path,
    sync::Arc,
};

use fslaunch_access::Sid;
use tokio::{
    net::windows::named_pipe::NamedPipeServer,
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    crowd::Crowd,
    endpoint::EndpointError,
    pipe::{CROWD, Kind, LISTENING, Lock, PATIENCE, PAUSE, Pipe},
};

/// A pipe that clients connect to.
#[derive(Debug)]
pub(super) struct Listener {
    spoken: Mutex<mpsc::Receiver<NamedPipeServer>>,
    pipe: Arc<Pipe>,
    crowd: Arc<Crowd>,
    _listening: JoinSet<()>,
}

impl Listener {
    /// Listens, within a runtime.
    pub(super) fn bind(path: &Path, owner: Option<&Sid>) -> Result<Self, EndpointError> {
        let (pipe, first) = Pipe::first(path, Kind::Bytes, owner)?;
        let failed = |source| EndpointError::Io {
            act: "listen on",
            path: path.into(),
            source,
        };
        let pipe = Arc::new(pipe);
        let crowd = Arc::new(Crowd::new(CROWD));
        let (ready, spoken) = mpsc::channel(LISTENING);
        let mut instances = vec![server(first).map_err(failed)?];
        while instances.len() < LISTENING {
            instances.push(pipe.another().and_then(server).map_err(failed)?);
        }
        let mut listening = JoinSet::new();
        for instance in instances {
            listening.spawn(listen(pipe.clone(), instance, crowd.clone(), ready.clone()));
        }
        Ok(Self {
            spoken: Mutex::new(spoken),
            pipe,
            crowd,
            _listening: listening,
        })
    }

    /// Waits for a client that has said something. What it said is still to be read, and the
    /// client can be impersonated.
    pub(super) async fn accept(&self) -> io::Result<NamedPipeServer> {
        let mut spoken = self.spoken.lock().await;
        spoken
            .recv()
            .await
            .ok_or_else(|| io::Error::other("the pipe listens no more"))
    }

    /// Where connections go that are about to end.
    pub(super) fn crowd(&self) -> &Arc<Crowd> {
        &self.crowd
    }

    /// Listens no more, and keeps the name from others until what comes back is dropped.
    pub(super) fn close(self) -> Option<Lock> {
        // What listens ends afterwards, when the runtime comes to it.
        self.pipe.close(())
    }
}

/// Takes one client after the other. An instance serves one client only: where it is used again
/// for the next, requests were seen to get mixed up.
async fn listen(
    pipe: Arc<Pipe>,
    mut instance: NamedPipeServer,
    crowd: Arc<Crowd>,
    ready: mpsc::Sender<NamedPipeServer>,
) {
    loop {
        let connected = instance.connect().await;
        // The next one is there before this one goes, so that clients always find one.
        let next = another(&pipe).await;
        let instance = std::mem::replace(&mut instance, next);
        match connected {
            Ok(()) => crowd.admit(arrive(instance, ready.clone())),
            Err(error) => tracing::debug!(%error, "a client was gone before it was connected"),
        }
    }
}

/// Makes another instance, however long that takes.
async fn another(pipe: &Pipe) -> NamedPipeServer {
    loop {
        match pipe.another().and_then(server) {
            Ok(server) => return server,
            Err(error) => {
                let path = pipe.path().display();
                tracing::warn!(%error, %path, "failed to make an instance of the pipe");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Hands an instance to the runtime.
fn server(handle: OwnedHandle) -> io::Result<NamedPipeServer> {
    // SAFETY: the handle is the server's end of a pipe, made for overlapped I/O, and is given
    // away here.
    unsafe { NamedPipeServer::from_raw_handle(handle.into_raw_handle()) }
}

/// Waits for the first thing that the client says. The runtime reads it ahead, into memory of
/// its own, which is what impersonation needs.
async fn arrive(instance: NamedPipeServer, ready: mpsc::Sender<NamedPipeServer>) {
    match timeout(PATIENCE, instance.readable()).await {
        Ok(Ok(())) => {
            let _ = ready.send(instance).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a client left without a word"),
        Err(_) => {
            tracing::debug!("a client said nothing");
            let _ = instance.disconnect();
        }
    }
}
