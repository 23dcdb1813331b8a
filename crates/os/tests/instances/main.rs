//! Instances for real: processes, accounts, cgroups and FUSE mounts.
//!
//! Not libtest's harness: each test has a process of its own, because it plays the launcher
//! (its children, its death), and this program is also the shim, as the launcher's is. A test
//! that hangs is killed after a while; one that can't run here says loudly why.

#![allow(
    clippy::unwrap_used,
    reason = "the functions are tests, although not libtest's"
)]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod detaching;
#[cfg(unix)]
mod exec;
#[cfg(unix)]
mod hanging;
#[cfg(unix)]
mod identity;
#[cfg(unix)]
mod lifetime;
#[cfg(unix)]
mod mount_point;
#[cfg(unix)]
mod runner;
#[cfg(unix)]
mod scene;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod staged;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    fslaunch_os::shim::run_if_asked();
    let suites = [
        ("detaching", detaching::TESTS),
        ("exec", exec::TESTS),
        ("hanging", hanging::TESTS),
        ("identity", identity::TESTS),
        ("lifetime", lifetime::TESTS),
        ("mount_point", mount_point::TESTS),
        ("staged", staged::TESTS),
        (runner::ROLES, lifetime::ROLES),
        (runner::ROLES, detaching::ROLES),
    ];
    runner::main(&suites)
}
