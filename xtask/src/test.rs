//! `cargo xtask test`: every test of the workspace, on a machine made ready
//! for them, and a look at what they left behind.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use crate::command::{cargo, run as run_command, target};
use crate::failure::Failure;
use crate::system::fuse_device::FuseDevice;
use crate::system::leftovers::{self, Leftover};
use crate::system::machine::is_root;
use crate::system::{limits, packages, suites, varlink, wine};

/// Where tests write down what they could not test. The test runner hides
/// what a passing test prints, and a test that was skipped passes.
const SKIP_LOG: &str = "FSLAUNCH_SKIP_LOG";

/// Makes the machine ready, builds, runs the tests and looks for leftovers.
/// With `arguments`, only the tests that these select.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let started = Instant::now();
    println!("== Making this machine ready for the tests");
    if !is_root() {
        println!("Not root: tests with other users' processes are skipped.");
    }
    packages::install(packages::FOR_TESTS)?;
    varlink::install()?;
    limits::raise_open_files();
    let device = FuseDevice::open_to_everybody()?;

    // The suites of others are built beside ours: much of either is waiting
    // for one crate.
    let (suites, windows) = std::thread::scope(|scope| {
        let suites = scope.spawn(suites::install);
        let ours = build().and_then(|()| match arguments {
            [] => wine::Tests::build().map(Some),
            _ => Ok(None),
        });
        let suites = suites.join().expect("the installation does not panic");
        (suites, ours)
    });
    suites?;
    let windows = windows?;
    let skip_log = target()?.join("skipped.txt");
    let tested = test_both(arguments, windows, &skip_log)?;
    drop(device);

    let not_run = tested.under_wine.as_deref().unwrap_or_default();
    report_skips(&skip_log, not_run);
    println!("\nTook {} s.", started.elapsed().as_secs());
    tested.here.and(tested.under_wine.map(drop))
}

/// What came of the tests.
struct Tested {
    here: Result<(), Failure>,
    /// What could not be run at all, and why.
    under_wine: Result<Vec<String>, Failure>,
}

/// Tests here and under Wine at the same time: much of either is waiting.
fn test_both(
    arguments: &[OsString],
    windows: Option<wine::Tests>,
    skip_log: &Path,
) -> Result<Tested, Failure> {
    // No log of an earlier run: what is not there need not be removed.
    let _ = std::fs::remove_file(skip_log);
    let log = target()?.join("wine-tests.txt");
    Ok(std::thread::scope(|scope| {
        let wine = windows.map(|tests| scope.spawn(|| tests.run(skip_log, &log)));
        let here = test_workspace(arguments, skip_log);
        let Some(wine) = wine else {
            let under_wine = Ok(vec![]);
            return Tested { here, under_wine };
        };
        println!("\n== Windows, under Wine");
        let under_wine = wine.join().expect("the thread of Wine does not panic");
        println!("{}", std::fs::read_to_string(&log).unwrap_or_default());
        Tested { here, under_wine }
    }))
}

/// The tests start the workspace's programs: all must be there.
fn build() -> Result<(), Failure> {
    println!("\n== Building");
    run_command(&mut cargo(&["build", "--workspace", "--all-targets"]))
}

/// Runs the tests; whatever comes of them, what they left behind is looked
/// for and taken away.
fn test_workspace(arguments: &[OsString], skip_log: &Path) -> Result<(), Failure> {
    println!("\n== Testing");
    let before = leftovers::now(&target()?);
    for leftover in &before {
        println!("Left by an earlier run: {leftover}");
    }
    let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
    limits::crowd(&mut test);
    let outcome = run_command(test.args(arguments).env(SKIP_LOG, skip_log));
    outcome.and(nothing_left_behind(&before))
}

fn nothing_left_behind(before: &BTreeSet<Leftover>) -> Result<(), Failure> {
    let now = leftovers::now(&target()?);
    let left: BTreeSet<Leftover> = now.difference(before).cloned().collect();
    if left.is_empty() {
        println!("\nNothing was left behind.");
        return Ok(());
    }
    for leftover in &left {
        eprintln!("LEFT BEHIND: {leftover}");
    }
    leftovers::remove(&left);
    Err(Failure::new(format!(
        "the tests left {} things behind",
        left.len()
    )))
}

/// Names every test that was skipped, and why; `more` is what was not run at
/// all.
fn report_skips(skip_log: &Path, more: &[String]) {
    let log = std::fs::read_to_string(skip_log).unwrap_or_default();
    let mut skips: BTreeSet<String> = log.lines().map(str::to_owned).collect();
    skips.extend(more.iter().cloned());
    if skips.is_empty() {
        println!("\nNo test was skipped.");
        return;
    }
    println!("\n{} tests were skipped:", skips.len());
    for skip in skips {
        println!("SKIPPED: {skip}");
    }
}
