//! What is measured on Windows: the pipe of existing clients, beside a server
//! of the plainest kind, and drives that the network provider connects.

pub(crate) mod calls;
mod crowd;
mod drive;
mod life;
pub(crate) mod machine;
mod memory;
mod plain;
mod round_trip;
mod wire;

use std::path::Path;

use fslaunch_tests::{Class, Daemon};

use crate::Group;
use crate::failure::Failure;

pub(crate) use wire::Wire;

/// What is measured together.
pub(crate) const GROUPS: [Group; 7] = [
    ("list", round_trip::idle),
    ("crowd", crowd::measure),
    ("life", life::measure),
    ("drive", drive::measure),
    ("others", round_trip::beside_others),
    ("full", memory::full),
    ("idle", memory::idle),
];

/// Nothing ends a program besides.
pub(crate) const MORE_SIGNALS: [i32; 0] = [];

/// The configuration of the system's launcher.
pub(crate) const CONFIG: &str = "";

/// Classes that there are on Windows only.
pub(crate) fn more_classes(_sleeper: &Path) -> Vec<Class> {
    vec![]
}

/// The way to a launcher, which may be listening on its other pipe only so far.
pub(crate) fn connect(daemon: &Daemon) -> Result<Wire, Failure> {
    Wire::to(daemon.messages_pipe()).when_answered(&calls::list())
}
