//! How many files may be open, and how many tests run at once. Some tests connect hundreds of
//! clients.

use std::process::Command;

use crate::command::quietly;
use crate::system::machine::exists;

/// More than any test opens.
const WANTED: u64 = 4096;

/// Raises the limit of this process, which the tests inherit. Where that is
/// not allowed, the tests that need more say so.
pub(crate) fn raise_open_files() {
    let Some((soft, hard)) = open_files() else {
        return;
    };
    if soft >= WANTED || !exists("prlimit") {
        return;
    }
    let new = format!("--nofile={WANTED}:{}", hard.max(WANTED));
    let own = std::process::id().to_string();
    println!("$ prlimit --pid {own} {new}      (was {soft})");
    let raised = quietly(Command::new("prlimit").args(["--pid", &own, &new]));
    if !raised.is_ok_and(|output| output.status.success()) {
        println!("The limit of open files stays at {soft}.");
    }
}

/// The soft and the hard limit of this process.
fn open_files() -> Option<(u64, u64)> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    let mut numbers = line.split_whitespace().skip(3);
    let mut next = || match numbers.next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    };
    Some((next()?, next()?))
}

/// Lets a program of tests run more of them at once than there are processors:
/// most wait for others. Who sets the number decides. Under Wine little
/// is gained: its one server is what they wait for.
pub(crate) fn crowd(tests: &mut Command) {
    const NAME: &str = "RUST_TEST_THREADS";
    if std::env::var_os(NAME).is_none() {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        tests.env(NAME, (2 * processors).to_string());
    }
}
