//! `launchctl`: starts, stops and lists the instances of service classes.
//!
//! The verbs and the first words of what it prints are those of WinFsp's
//! launchctl, so that scripts written for it keep working; what is new comes
//! after them, or behind options that the original does not have.

mod address;
mod arguments;
mod classes;
mod credentials;
mod doctor;
mod exit;
mod options;
mod outcome;
mod present;
mod run;
mod secret;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(invocation) => run::run(invocation),
        Err(wrong) => outcome::Outcome::wrong_usage(&wrong),
    };
    outcome.print()
}
