//! The options that every verb takes.

use crate::usage::Usage;
use lexopt::Arg;
use std::ffi::OsString;
use std::path::PathBuf;

/// The options that every verb takes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) pipe: Option<PathBuf>,
    pub(crate) classes: Option<PathBuf>,
    pub(crate) config_dir: Option<PathBuf>,
    pub(crate) scope: Option<Scope>,
}

/// Whose launcher and classes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    System,
    User,
}

/// One word of the command line.
pub(crate) enum Word {
    /// With its dashes and without its value.
    Option(String),
    Value(OsString),
}

/// The words of the command line, the options of every verb taken out.
pub(crate) struct Words {
    parser: lexopt::Parser,
    pub(crate) options: Options,
}

impl Words {
    pub(crate) fn new(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let arguments = arguments.into_iter().collect::<Vec<_>>();
        Self {
            parser: lexopt::Parser::from_args(arguments),
            options: Options::default(),
        }
    }

    /// The next word that is no option of every verb.
    pub(crate) fn next(&mut self) -> Result<Option<Word>, Usage> {
        loop {
            let name = match self.parser.next()? {
                None => return Ok(None),
                Some(Arg::Value(value)) => return Ok(Some(Word::Value(value))),
                Some(Arg::Long(name)) => format!("--{name}"),
                Some(Arg::Short(name)) => format!("-{name}"),
            };
            match name.as_str() {
                "--json" => self.options.json = true,
                "--socket" => self.options.socket = Some(self.value()?.into()),
                "--pipe" => self.options.pipe = Some(self.value()?.into()),
                "--classes" => self.options.classes = Some(self.value()?.into()),
                "--config-dir" => self.options.config_dir = Some(self.value()?.into()),
                "--system" => self.scope(Scope::System)?,
                "--user" => self.scope(Scope::User)?,
                _ => return Ok(Some(Word::Option(name))),
            }
        }
    }

    /// The value of the option that was read last.
    pub(crate) fn value(&mut self) -> Result<OsString, Usage> {
        Ok(self.parser.value()?)
    }

    /// All words that are left, as they are.
    pub(crate) fn rest(&mut self) -> Result<Vec<OsString>, Usage> {
        Ok(self.parser.raw_args()?.collect())
    }

    fn scope(&mut self, scope: Scope) -> Result<(), Usage> {
        match self.options.scope.replace(scope) {
            Some(other) if other != scope => Err(Usage::Conflict("--system", "--user")),
            Some(_) | None => Ok(()),
        }
    }
}
