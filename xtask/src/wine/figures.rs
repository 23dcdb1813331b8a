//! The figures of Windows, measured under Wine.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::MAIN;
use super::prefix::Prefix;
use super::toolchain::Toolchain;
use crate::command::{cargo, quietly, run, target};
use crate::failure::Failure;
use crate::programs;
use crate::system::{machine::exists, packages};

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

/// What is measured on one core as well. Left to itself the scheduler has the
/// launcher on one core and Wine's server on the other, or both on one, by
/// luck, and keeps to it; on two each call into Windows wakes the other core.
const ON_ONE_CORE: [&str; 2] = ["list", "crowd"];

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
    let outcome = measure(&prefix, &program, words).and_then(|()| {
        let chosen = |group: &&str| words.is_empty() || words.iter().any(|word| word == *group);
        let again: Vec<&str> = ON_ONE_CORE.into_iter().filter(chosen).collect();
        match again.is_empty() {
            true => Ok(()),
            false => on_one_core(&prefix, &program, &again),
        }
    });
    for leftover in prefix.end() {
        eprintln!("LEFT BEHIND under Wine: {leftover}");
    }
    outcome
}

/// Measures in a session of its own.
fn measure(prefix: &Prefix, program: &Path, words: &[impl AsRef<OsStr>]) -> Result<(), Failure> {
    prefix.begin()?;
    let mut wine = Command::new("wine");
    prefix.enter(&mut wine);
    run(wine.arg(program).args(words).stdin(Stdio::null()))
}

/// The same where everything, Wine's server too, shares a core.
fn on_one_core(prefix: &Prefix, program: &Path, words: &[&str]) -> Result<(), Failure> {
    let Some(core) = OneCore::enter()? else {
        println!("NOT MEASURED on one core: no taskset");
        return Ok(());
    };
    println!("\nOn one core, where it costs nothing to wake Wine's server:");
    let outcome = measure(prefix, program, words);
    drop(core);
    outcome
}

/// Keeps this process, and what it starts, on one core until dropped.
struct OneCore {
    before: String,
}

impl OneCore {
    /// `None` where nothing is there to do it with.
    fn enter() -> Result<Option<Self>, Failure> {
        let unread = |error| Failure::to("ask for the allowed cores", &error);
        let status = std::fs::read_to_string("/proc/self/status").map_err(unread)?;
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .map(str::trim);
        let (Some(before), true) = (allowed, exists("taskset")) else {
            return Ok(None);
        };
        let first = before.split([',', '-']).next().unwrap_or(before);
        keep_on(first)?;
        let before = before.to_owned();
        Ok(Some(Self { before }))
    }
}

impl Drop for OneCore {
    fn drop(&mut self) {
        // What was allowed before can't be refused now.
        let _ = keep_on(&self.before);
    }
}

fn keep_on(cores: &str) -> Result<(), Failure> {
    let own = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    match quietly(taskset.args(["--cpu-list", "--pid", cores, &own]))? {
        Output { status, .. } if status.success() => Ok(()),
        Output { stderr, .. } => Err(Failure::new(String::from_utf8_lossy(&stderr).trim())),
    }
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
