//! Instances for real: processes, jobs, consoles and pipes of Windows.
//!
//! Not libtest's harness: each test has a process of its own, because it plays the launcher (its
//! handles, its death), and this program is also the instances. A test that hangs is ended after a
//! while; one that can't run here says loudly why.

#![allow(
    clippy::unwrap_used,
    reason = "the functions are tests, although not libtest's"
)]

#[cfg(not(windows))]
fn main() {}

#[cfg(windows)]
mod adoption;
#[cfg(windows)]
mod ending;
#[cfg(windows)]
mod events;
#[cfg(windows)]
mod instance;
#[cfg(windows)]
mod lifetime;
#[cfg(windows)]
mod many;
#[cfg(windows)]
mod quoting;
#[cfg(windows)]
mod runner;
#[cfg(windows)]
mod stage;
#[cfg(windows)]
mod start;
#[cfg(windows)]
mod stderr;

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    fslaunch_os::shim::run_if_asked();
    instance::run_if_asked();
    let suites = [
        ("adoption", adoption::TESTS),
        ("ending", ending::TESTS),
        ("events", events::TESTS),
        ("lifetime", lifetime::TESTS),
        ("many", many::TESTS),
        ("quoting", quoting::TESTS),
        ("start", start::TESTS),
        ("stderr", stderr::TESTS),
        (runner::ROLES, lifetime::ROLES),
        (runner::ROLES, events::ROLES),
    ];
    runner::main(&suites)
}
