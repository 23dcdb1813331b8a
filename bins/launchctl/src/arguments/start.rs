//! `start` and `startWithSecret`. Their options come before CLASS; what comes
//! after it belongs to the file system, whatever it looks like.

use super::{Command, SecretFrom, text, unknown_option};
use crate::options::{Word, Words};
use crate::usage::Usage;
use fslaunch_protocol::{Secret, Start, limits};
use std::collections::BTreeMap;
use std::ffi::OsString;

const START: &str =
    "start [-o NAME=VALUE]... [--ask-secret | --secret-stdin] [--remember] CLASS INSTANCE [ARG]...";
const START_WITH_SECRET: &str = "startWithSecret CLASS INSTANCE [ARG]... SECRET";

pub(super) fn start(words: &mut Words) -> Result<Command, Usage> {
    let mut start = Start::default();
    let mut from = SecretFrom::Nowhere;
    let mut remember = false;
    let class = loop {
        match words.next()?.ok_or(Usage::Synopsis(START))? {
            Word::Value(class) => break class,
            Word::Option(name) => match name.as_str() {
                "-o" => name_argument(words.value()?, &mut start.named)?,
                "--ask-secret" => choose(&mut from, SecretFrom::Person)?,
                "--remember" => remember = true,
                "--secret-stdin" => choose(&mut from, SecretFrom::StandardInput)?,
                _ => return Err(unknown_option(&name)),
            },
        }
    };
    let rest = words.rest()?;
    fill(&mut start, class, rest, START)?;
    Ok(Command::Start {
        start,
        from,
        remember,
    })
}

pub(super) fn start_with_secret(words: &mut Words) -> Result<Command, Usage> {
    let class = match words.next()?.ok_or(Usage::Synopsis(START_WITH_SECRET))? {
        Word::Value(class) => class,
        Word::Option(name) => return Err(unknown_option(&name)),
    };
    let mut rest = words.rest()?;
    // The instance and the secret at least.
    if rest.len() < 2 {
        return Err(Usage::Synopsis(START_WITH_SECRET));
    }
    let secret = rest
        .pop()
        .map(|secret| text(secret, || "the secret".into()));
    let mut start = Start {
        secret: secret.transpose()?.map(Secret::new),
        ..Start::default()
    };
    fill(&mut start, class, rest, START_WITH_SECRET)?;
    Ok(Command::Start {
        start,
        from: SecretFrom::Nowhere,
        remember: false,
    })
}

fn fill(
    start: &mut Start,
    class: OsString,
    rest: Vec<OsString>,
    synopsis: &'static str,
) -> Result<(), Usage> {
    let mut rest = rest.into_iter();
    let instance = rest.next().ok_or(Usage::Synopsis(synopsis))?;
    start.class = text(class, || "the class name".into())?;
    start.instance = text(instance, || "the instance name".into())?;
    if rest.len() > limits::ARGUMENTS {
        return Err(Usage::TooManyArguments(rest.len()));
    }
    let numbered = (1..).zip(rest);
    let arguments = numbered.map(|(number, word)| text(word, || format!("argument {number}")));
    start.arguments = arguments.collect::<Result<_, _>>()?;
    Ok(())
}

fn name_argument(word: OsString, named: &mut BTreeMap<String, String>) -> Result<(), Usage> {
    let shown = word.to_string_lossy().into_owned();
    let word = text(word, || format!("-o {shown}"))?;
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            match named.insert(name.to_owned(), value.to_owned()) {
                Some(_) => Err(Usage::Repeated(name.to_owned())),
                None => Ok(()),
            }
        }
        Some(_) | None => Err(Usage::NotNamed(word)),
    }
}

fn choose(from: &mut SecretFrom, other: SecretFrom) -> Result<(), Usage> {
    if *from != SecretFrom::Nowhere && *from != other {
        return Err(Usage::Conflict("--ask-secret", "--secret-stdin"));
    }
    *from = other;
    Ok(())
}
