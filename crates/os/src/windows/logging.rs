//! Where the daemon's own log goes: a file, and the event log or standard error.

use std::path::PathBuf;

/// Where the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// A file, which is kept from growing without end.
    pub file: Option<PathBuf>,
    /// The name of the service that this process is: warnings and errors go to
    /// the event log then, else everything goes to standard error as well.
    pub service: Option<String>,
}

/// Starts logging. `FSLAUNCH_LOG` says how much.
pub fn start(_destination: &Destination) {}
