//! The project's command runner, called as `cargo xtask COMMAND`.
//!
//! It is the only tool to learn: what a newcomer, a developer and the
//! continuous integration run is the same. Every command says what it does
//! before it does it, and shows the commands it runs.
#![forbid(unsafe_code)]

mod check;
mod command;
mod failure;
mod interrupt;
mod lints;
mod programs;
#[cfg_attr(unix, path = "on_linux.rs")]
#[cfg_attr(windows, path = "on_windows.rs")]
mod system;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::Failure;
use system::soak::Soak;
use system::{bench, demo, test};

const HELP: &str = "\
cargo xtask COMMAND

  demo              start a real file system, use it, inspect it, stop it
  test [-- ARGS]    install what is missing and run every test; ARGS go to
                    `cargo test`, for instance `-p fslaunch-access` or a name
  soak [--seconds N] [--seed N]
                    random operations on MEMFS, for so long each (600)
  check             format, lints, docs, licences and advisories
  lints             format and lints alone
  bench [-- ARGS]   print the figures
  help              this text
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Demo,
    Test(Vec<OsString>),
    Soak(Soak),
    Check,
    Lints,
    Bench(Vec<OsString>),
    Help,
}

fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    interrupt::watch()?;
    match command {
        Command::Demo => demo::run(),
        Command::Test(arguments) => test::run(&arguments),
        Command::Soak(soak) => soak.run(),
        Command::Check => check::run(),
        Command::Lints => check::lints(),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Help => {
            print!("{HELP}");
            Ok(())
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, String> {
    let words = parser.raw_args().map_err(|error| error.to_string())?;
    let mut words = words.collect::<Vec<_>>().into_iter();
    let Some(verb) = words.next() else {
        return Ok(Command::Help);
    };
    let mut rest: Vec<OsString> = words.collect();
    if rest.first().is_some_and(|word| word == "--") {
        rest.remove(0);
    }
    let takes_none = |command: Command| match rest.first() {
        None => Ok(command),
        Some(word) => Err(format!(
            "`{}` takes no arguments, got `{}`",
            verb.to_string_lossy(),
            word.to_string_lossy()
        )),
    };
    match verb.to_str() {
        Some("demo") => takes_none(Command::Demo),
        Some("check") => takes_none(Command::Check),
        Some("lints") => takes_none(Command::Lints),
        Some("help" | "--help" | "-h") => takes_none(Command::Help),
        Some("test") => Ok(Command::Test(rest)),
        Some("soak") => Soak::parse(&rest).map(Command::Soak),
        Some("bench") => Ok(Command::Bench(rest)),
        Some(_) | None => Err(format!("unknown command `{}`", verb.to_string_lossy())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    fn parsed(words: &[&str]) -> Result<Command, String> {
        parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn no_command_is_help() {
        assert_eq!(parsed(&[]), Ok(Command::Help));
    }

    #[test]
    fn an_unknown_command_is_named() {
        assert_eq!(parsed(&["tset"]), Err("unknown command `tset`".to_owned()));
    }

    #[test]
    fn arguments_of_test_go_to_cargo_with_and_without_the_dashes() {
        let expected = Ok(Command::Test(vec!["-p".into(), "x".into()]));
        assert_eq!(parsed(&["test", "--", "-p", "x"]), expected);
        assert_eq!(parsed(&["test", "-p", "x"]), expected);
    }

    #[test]
    fn demo_takes_no_arguments() {
        assert!(parsed(&["demo", "quick"]).is_err());
    }
}
