//! The figures of Windows, measured under Wine.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use super::MAIN;
use super::prefix::Prefix;
use super::toolchain::Toolchain;
use crate::command::{cargo, run, target};
use crate::failure::Failure;
use crate::programs;
use crate::system::packages;

/// What a launcher of the benchmarks has beside it.
const STARTED: [&str; 3] = ["fslaunchd", "launchctl", "memfs"];
/// What measures, and what is measured beside the launcher.
const MEASURING: [&str; 4] = [
    "stand-in",
    "bench-sleeper",
    "bench-plain-server",
    "fslaunch-benches",
];

/// What a drive is connected with and by.
const DRIVES: [&str; 2] = ["mapper", "connect"];

/// Builds for release and measures; the words choose what.
pub(crate) fn figures(words: &[OsString]) -> Result<(), Failure> {
    packages::install(packages::FOR_WINDOWS)?;
    let lacks = match MAIN.lacks()? {
        Some(reason) => Some(reason),
        None => Prefix::lacks(),
    };
    if let Some(reason) = lacks {
        println!("NOT MEASURED: the figures of Windows: {reason}");
        return Ok(());
    }
    build(&MAIN)?;
    let folder = target()?;
    let program = folder
        .join(MAIN.triple)
        .join("release/fslaunch-benches.exe");
    let prefix = Prefix::make(folder.join("wine"), MAIN.compiler)?;
    prefix.begin()?;
    let mut wine = Command::new("wine");
    prefix.enter(&mut wine);
    let outcome = run(wine.arg(program).args(words).stdin(Stdio::null()));
    for leftover in prefix.end() {
        eprintln!("LEFT BEHIND under Wine: {leftover}");
    }
    outcome
}

/// What is started is built on its own: built together with what measures it
/// would get the features of that.
fn build(toolchain: &Toolchain) -> Result<(), Failure> {
    let mut started = cargo(&["build", "--release", "--target", toolchain.triple]);
    for name in STARTED {
        started.args(["-p", name]);
    }
    run(&mut started)?;
    let mut measuring = cargo(&["build", "--release", "--target", toolchain.triple]);
    measuring.args(["-p", "fslaunch-tests", "-p", "fslaunch-benches"]);
    for name in MEASURING {
        measuring.args(["--bin", name]);
    }
    run(&mut measuring)?;
    run(programs::with_seams(Some(toolchain.triple), &DRIVES)?.arg("--release"))
}
