//! `fslaunchd`, the launcher: starts, watches and stops user-mode file systems
//! as instances of registered service classes, for whoever is allowed to.
#![forbid(unsafe_code)]

mod adopt;
mod config;
mod connection;
mod create;
mod daemon;
mod describe;
mod gates;
mod launcher;
mod lines;
mod live;
mod mounting;
mod options;
mod outputs;
mod prepare;
mod settings;
mod start;
mod supervise;
mod tallies;

use std::{error::Error, process::ExitCode};

use options::Command;

fn main() -> ExitCode {
    // A short-lived child of the daemon is this program too.
    fslaunch_os::shim::run_if_asked();
    match options::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => print!("{}", options::USAGE),
        Ok(Command::Version) => println!("fslaunchd {}", env!("CARGO_PKG_VERSION")),
        Ok(Command::Serve(options)) => {
            fslaunch_os::logging::start();
            if let Err(failure) = daemon::run(options) {
                eprintln!("fslaunchd: {}", with_causes(&failure));
                return ExitCode::FAILURE;
            }
        }
        Err(error) => {
            eprintln!("fslaunchd: {error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// An error with what led to it, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(error.to_string().trim_end());
        cause = error.source();
    }
    words
}
