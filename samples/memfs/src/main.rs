//! The entry of MEMFS: reads the command line and hands it to the front of this platform.

#![deny(unsafe_code)]

#[cfg(unix)]
mod fuse;
#[cfg(windows)]
mod winfsp;

use std::io::Write;
use std::process::ExitCode;

#[cfg(unix)]
use fuse as front;
#[cfg(windows)]
use winfsp as front;

use memfs::command_line::{Invocation, Options, USAGE, parse};

/// Exit code for a command line that makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Ok(Invocation::Mount(options)) => serve(&options),
        Ok(Invocation::Help) => show(USAGE),
        Ok(Invocation::Version) => show(concat!("memfs ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(error) => {
            eprintln!("memfs: {error}");
            ExitCode::from(WRONG_USAGE)
        }
    }
}

fn show(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(options: &Options) -> ExitCode {
    let Err(error) = front::serve(options) else {
        return ExitCode::SUCCESS;
    };
    let mut message = format!("memfs: {error}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    eprintln!("{message}");
    ExitCode::FAILURE
}
