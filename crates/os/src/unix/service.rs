//! The service manager that may have started the daemon.

use std::io;

use super::{endpoint::Endpoint, peer::Identities};

/// Whether the daemon is registered with a service manager that starts it in
/// a way of its own, with verbs on its command line.
pub const REGISTERED: bool = false;

/// Takes over the socket that the service manager listens on for us, if it
/// has handed one over.
///
/// # Errors
/// There is one, and it can't be used.
pub fn endpoint(identities: &Identities) -> io::Result<Option<Endpoint>> {
    let mut inherited = listenfd::ListenFd::from_env();
    let listener = inherited.take_unix_listener(0)?;
    listener
        .map(|listener| Endpoint::inherited(listener, identities.clone()))
        .transpose()
}

/// Tells the service manager that callers are served.
pub fn ready() {
    tell(sd_notify::NotifyState::Ready);
}

/// Tells the service manager that the daemon is about to end.
pub fn stopping() {
    tell(sd_notify::NotifyState::Stopping);
}

fn tell(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "failed to tell the service manager");
    }
}
