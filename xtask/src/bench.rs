//! `cargo xtask bench`: the figures, side by side in one run.

use std::ffi::OsString;

use crate::command::{cargo, run as run_command};
use crate::failure::Failure;

/// Builds everything for release and runs the benchmarks.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    println!("Building for release, then measuring; a few minutes.");
    // The benchmarks start the daemon and the stand-ins: these must be there.
    run_command(&mut cargo(&["build", "--release", "--workspace", "--bins"]))?;
    let mut command = cargo(&["run", "--release", "-p", "fslaunch-benches", "--"]);
    command.args(arguments);
    run_command(&mut command)
}
