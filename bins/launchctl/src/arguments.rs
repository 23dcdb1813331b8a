//! The command line becomes a command. Nothing is done or asked here, but
//! for what was typed.

mod credentials;
mod export;
mod start;
#[cfg(test)]
mod tests;

use crate::classes::Export;
use crate::credentials::Credentials;
use crate::options::{Options, Word, Words};
use crate::usage::Usage;
use fslaunch_protocol::{Start, Target};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to do, and how to say what came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) options: Options,
    pub(crate) command: Command,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Start {
        start: Start,
        from: SecretFrom,
        /// Keep the secret once it has worked.
        remember: bool,
    },
    Stop(Target),
    Info(Target),
    List {
        all: bool,
    },
    Classes,
    Register {
        file: PathBuf,
        force: bool,
    },
    Unregister {
        class: String,
    },
    Export(Export),
    Credentials(Credentials),
    Doctor,
    Help,
    Version,
}

/// Where the secret of a start comes from, if it was not on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretFrom {
    Nowhere,
    StandardInput,
    Person,
}

/// Reads the arguments of the program, without its name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Usage> {
    let mut words = Words::new(arguments);
    let command = command(&mut words)?;
    let options = words.options;
    Ok(Invocation { options, command })
}

fn command(words: &mut Words) -> Result<Command, Usage> {
    let verb = match words.next()?.ok_or(Usage::NoVerb)? {
        Word::Value(verb) => text(verb, || "the verb".into())?,
        Word::Option(name) => match name.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--version" | "-V" => return Ok(Command::Version),
            _ => return Err(unknown_option(&name)),
        },
    };
    match verb.as_str() {
        "start" => start::start(words),
        "startWithSecret" => start::start_with_secret(words),
        "stop" => target(words, "stop CLASS INSTANCE").map(Command::Stop),
        "info" => target(words, "info CLASS INSTANCE").map(Command::Info),
        "list" => {
            let ([], all) = plain(words, "--all", "list [--all]")?;
            Ok(Command::List { all })
        }
        "classes" => {
            let ([], _) = plain(words, "", "classes")?;
            Ok(Command::Classes)
        }
        "register" => {
            let ([file], force) = plain(words, "--force", "register FILE.toml|FILE.reg [--force]")?;
            let file = file.into();
            Ok(Command::Register { file, force })
        }
        "unregister" => {
            let ([class], _) = plain(words, "", "unregister CLASS")?;
            let class = text(class, || "the class name".into())?;
            Ok(Command::Unregister { class })
        }
        "export" => export::export(words).map(Command::Export),
        "credentials" => credentials::credentials(words).map(Command::Credentials),
        "doctor" => {
            let ([], _) = plain(words, "", "doctor")?;
            Ok(Command::Doctor)
        }
        "help" => Ok(Command::Help),
        _ => Err(Usage::UnknownVerb(verb)),
    }
}

fn target(words: &mut Words, synopsis: &'static str) -> Result<Target, Usage> {
    let ([class, instance], _) = plain(words, "", synopsis)?;
    Ok(Target {
        class: text(class, || "the class name".into())?,
        instance: text(instance, || "the instance name".into())?,
    })
}

/// The words of a verb that takes `N` of them, with options anywhere (`--`
/// ends them), and whether its one flag is among these.
fn plain<const N: usize>(
    words: &mut Words,
    flag: &str,
    synopsis: &'static str,
) -> Result<([OsString; N], bool), Usage> {
    let (mut values, mut flagged) = (vec![], false);
    while let Some(word) = words.next()? {
        match word {
            Word::Value(value) => values.push(value),
            Word::Option(name) if name == flag => flagged = true,
            Word::Option(name) => return Err(unknown_option(&name)),
        }
    }
    let values = values.try_into().map_err(|_| Usage::Synopsis(synopsis))?;
    Ok((values, flagged))
}

fn text(word: OsString, what: impl FnOnce() -> String) -> Result<String, Usage> {
    word.into_string().map_err(|_| Usage::NotUtf8(what()))
}

fn unknown_option(name: &str) -> Usage {
    Usage::Option(format!("there is no option {name} here"))
}
