//! The service control manager: what it is told, and being installed with it.

mod change;
mod configuration;
mod control;
mod event_source;
mod install;
mod manager;
mod provider;
mod remembered;
mod uninstall;

use std::io;

use super::{endpoint::Endpoint, peer::Identities};

pub use control::{State, is_service, notify, run, stop_requested};
pub use event_source::event_source;
pub use install::{Install, InstallError, install};
pub use uninstall::uninstall;

/// The name of the service, unless another is chosen: the one that existing
/// clients and scripts know.
pub const NAME: &str = "WinFsp.Launcher";

/// Whether the daemon is registered with a service manager that starts it in
/// a way of its own, with verbs on its command line.
pub const REGISTERED: bool = true;

/// Takes over the endpoint that the service manager listens at for us: the one
/// of Windows never does.
///
/// # Errors
/// None on Windows.
pub fn endpoint(_: &Identities) -> io::Result<Option<Endpoint>> {
    Ok(None)
}
