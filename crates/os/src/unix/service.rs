//! The service manager that may have started the daemon.

use std::io;

use super::{endpoint::Endpoint, peer::Identities};

/// Whether the daemon is registered with a service manager that starts it in
/// a way of its own, with verbs on its command line: not on Unix.
pub const REGISTERED: bool = false;

/// The name of the service, unless another is chosen.
pub const NAME: &str = "fslaunchd";

/// What the service manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Callers are served.
    Ready,
    /// All instances are being ended.
    Stopping,
}

/// What `install` is asked for, where there is such a verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The name of the service.
    pub name: String,
    /// Whether a service of somebody else may be replaced.
    pub replace: bool,
    /// Whether it starts a little after the system has.
    pub delayed: bool,
    /// Whether it is started at once.
    pub start: bool,
}

/// There is no such service on Unix: a unit file is a matter of packaging.
#[derive(Debug, thiserror::Error)]
#[error("this system's service manager starts the launcher by a unit file")]
pub struct InstallError(());

/// Would make this program a service.
///
/// # Errors
/// Always on Unix.
pub fn install(_: &Install) -> Result<Vec<String>, InstallError> {
    Err(InstallError(()))
}

/// Would take the service away.
///
/// # Errors
/// Always on Unix.
pub fn uninstall(_name: &str) -> Result<Vec<String>, InstallError> {
    Err(InstallError(()))
}

/// Would run this process as a service in a way of the service manager's own.
///
/// # Errors
/// Always on Unix, where it is a process like any other.
pub fn run(
    _name: &str,
    _serve: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> io::Result<()> {
    Err(io::Error::other(InstallError(())))
}

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

/// Tells the service manager, if it listens.
///
/// # Errors
/// The system's.
pub fn notify(state: State) -> io::Result<()> {
    let state = match state {
        State::Ready => sd_notify::NotifyState::Ready,
        State::Stopping => sd_notify::NotifyState::Stopping,
    };
    sd_notify::notify(&[state])
}
