//! The service manager for real: this program is installed as a service, runs as one, and gives
//! way to what was there before.
//!
//! Not libtest's harness: the service manager starts this program with arguments of ours.

#![allow(
    clippy::unwrap_used,
    reason = "the functions are tests, although not libtest's"
)]

#[cfg(not(windows))]
fn main() {}

#[cfg(windows)]
mod installed;

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    installed::main()
}
