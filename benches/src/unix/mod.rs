//! What is measured on Linux: the launcher's socket, beside an echo.

mod burst;
pub(crate) mod calls;
mod cores;
mod echo;
mod life;
pub(crate) mod machine;
mod memory;
mod observed;
mod one_life;
mod round_trip;
mod wire;

use std::path::Path;

use fslaunch_tests::{Class, Daemon};

use crate::Group;
use crate::failure::Failure;

pub(crate) use wire::Wire;

/// Runs the sleeper as `nobody`.
pub(crate) const OTHER_USER: &str = "bench-other";

/// What is measured together.
pub(crate) const GROUPS: [Group; 6] = [
    ("list", round_trip::idle),
    ("life", life::measure),
    ("burst", burst::measure),
    ("others", round_trip::beside_others),
    ("full", memory::full),
    ("idle", memory::idle),
];

/// What ends a program besides: a terminal that goes away.
pub(crate) const MORE_SIGNALS: [i32; 1] = [signal_hook::consts::SIGHUP];

/// The configuration of the system's launcher.
pub(crate) const CONFIG: &str = "local-service = \"nobody\"\n";

/// Classes that there are on Linux only.
pub(crate) fn more_classes(sleeper: &Path) -> Vec<Class> {
    vec![Class::new(OTHER_USER, sleeper).set("run-as", "LocalService")]
}

/// A connection to a launcher.
pub(crate) fn connect(daemon: &Daemon) -> Result<Wire, Failure> {
    Wire::connect(&daemon.socket())
}
