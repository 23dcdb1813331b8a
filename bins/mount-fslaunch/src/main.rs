//! `mount.fslaunch` and `umount.fslaunch`: what mount(8) and umount(8) run for
//! the type `fslaunch`. One program, installed under both names.
//!
//! It runs as whoever called mount(8), and asks the launcher for no more than
//! `launchctl` would. A secret is never an argument of it.
#![forbid(unsafe_code)]

#[cfg(unix)]
mod helper;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    helper::main()
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    eprintln!("mount.fslaunch: this system has no mount(8); use launchctl");
    std::process::ExitCode::FAILURE
}
