//! The commands on Linux.

pub(crate) mod bench;
pub(crate) mod demo;
mod fuse_device;
mod leftovers;
mod limits;
mod machine;
mod packages;
pub(crate) mod soak;
mod suites;
pub(crate) mod test;
mod varlink;
mod wine;

use crate::command::{cargo, run as run_command};
use crate::failure::Failure;

/// What ends a program besides: a terminal that goes away.
pub(crate) const MORE_SIGNALS: &[i32] = &[signal_hook::consts::SIGHUP];

/// The lints of the whole workspace, and of what is for Windows.
pub(crate) fn lints() -> Result<(), Failure> {
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets"]);
    let here = run_command(clippy.args(["--", "-D", "warnings"]));
    here.and(wine::lints::run())
}
