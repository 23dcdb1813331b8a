//! The lints of everything that builds for Windows, natively or for another
//! system.

use std::process::Command;

use crate::command::cargo;

/// The member of the workspace that has programs for Linux only. All others
/// build on Windows too, every target of theirs.
const PARTLY: &str = "fslaunch-benches";
/// Those of its programs that are for Windows too.
const PROGRAMS: [&str; 3] = ["fslaunch-benches", "bench-plain-server", "bench-sleeper"];

/// The commands, with warnings denied.
pub(crate) fn for_windows(triple: Option<&str>) -> [Command; 2] {
    let mut whole = cargo(&["clippy", "--workspace", "--all-targets"]);
    whole.args(["--exclude", PARTLY]);
    let mut partly = cargo(&["clippy", "-p", PARTLY]);
    for program in PROGRAMS {
        partly.args(["--bin", program]);
    }
    [whole, partly].map(|mut clippy| {
        if let Some(triple) = triple {
            clippy.args(["--target", triple]);
        }
        clippy.args(["--", "-D", "warnings"]);
        clippy
    })
}
