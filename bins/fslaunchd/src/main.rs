//! `fslaunchd`, the launcher: starts, watches and stops user-mode file systems
//! as instances of registered service classes, for whoever is allowed to.
#![forbid(unsafe_code)]

mod accept;
mod adopt;
mod again;
mod config;
mod connection;
mod create;
mod daemon;
mod describe;
mod gates;
mod idle;
mod launcher;
mod lines;
mod live;
mod messages;
mod mounting;
mod options;
mod outputs;
mod prepare;
mod settings;
mod signal;
mod start;
mod supervise;
mod tallies;

use std::{alloc::System, error::Error, process::ExitCode};

use fslaunch_os::service;
use options::Command;
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory when it is freed. What holds a secret here wipes itself, but
/// libraries on its way keep buffers of their own, such as those that pipes
/// are read into on Windows.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // A short-lived child of the daemon is this program too.
    fslaunch_os::shim::run_if_asked();
    let usage = options::usage(service::REGISTERED);
    match options::parse(std::env::args_os().skip(1), service::REGISTERED) {
        Ok(Command::Help) => print!("{usage}"),
        Ok(Command::Version) => println!("fslaunchd {}", env!("CARGO_PKG_VERSION")),
        Ok(command) => match carry_out(command) {
            Ok(done) => done.iter().for_each(|line| println!("{line}")),
            Err(words) => {
                eprintln!("fslaunchd: {words}");
                return ExitCode::FAILURE;
            }
        },
        Err(error) => {
            eprintln!("fslaunchd: {error}\n\n{usage}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Returns what was done, or why it was not, in words.
fn carry_out(command: Command) -> Result<Vec<String>, String> {
    let nothing_to_say = |()| vec![];
    match command {
        Command::Help | Command::Version => Ok(vec![]),
        Command::Serve(options) => daemon::run(options, None)
            .map(nothing_to_say)
            .map_err(|failure| with_causes(&failure)),
        Command::Service { name, options } => {
            let own = name.clone();
            let serve =
                move || daemon::run(options, Some(own)).map_err(|failure| with_causes(&failure));
            service::run(&name, serve)
                .map(nothing_to_say)
                .map_err(|error| with_causes(&error))
        }
        Command::Install(wanted) => {
            service::install(&wanted).map_err(|failure| with_causes(&failure))
        }
        Command::Uninstall { name } => {
            service::uninstall(&name).map_err(|failure| with_causes(&failure))
        }
    }
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
