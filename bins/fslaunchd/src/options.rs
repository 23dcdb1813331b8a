//! The command line of the daemon.

use std::{ffi::OsString, path::PathBuf};

use fslaunch_os::{places::Chosen, service};
use lexopt::{Arg, Parser, ValueExt};

mod usage;

pub(crate) use usage::usage;

/// How the daemon was asked to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `--user` or `--system`; `None` lets the user who runs it decide.
    pub mode: Option<Mode>,
    /// Where things are, as far as that was chosen.
    pub chosen: Chosen,
}

/// Whom the daemon serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everybody on the system; needs root, or an administrator.
    System,
    /// The user who runs it.
    User,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// To serve.
    Serve(Options),
    /// To serve as the service of that name: the service manager says this.
    Service {
        /// The name of the service.
        name: String,
        /// The rest.
        options: Options,
    },
    /// To become a service.
    Install(service::Install),
    /// To be a service no more.
    Uninstall {
        /// The name of the service.
        name: String,
    },
    /// The usage text.
    Help,
    /// The version.
    Version,
}

/// Reads the arguments, without the program's own name. `registered`: the
/// system's service manager starts the daemon in a way of its own, and there
/// are verbs to register it.
///
/// # Errors
/// The option that is unknown, lacks its value or contradicts another; or what
/// to say when nothing was.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    registered: bool,
) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut given = Given::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Value(ref verb) if registered && given.verb.is_none() && given.is_first() => {
                given.verb = Some(match verb.to_str() {
                    Some("install") => Verb::Install,
                    Some("uninstall") => Verb::Uninstall,
                    Some(_) | None => return Err(argument.unexpected()),
                });
            }
            Arg::Long(name) => {
                let name = name.to_owned();
                let known = match registered {
                    true => {
                        given.common(&name, &mut parser)? || given.windows(&name, &mut parser)?
                    }
                    false => given.common(&name, &mut parser)?,
                };
                if !known {
                    return Err(Arg::Long(&name).unexpected());
                }
            }
            Arg::Short(_) | Arg::Value(_) => return Err(argument.unexpected()),
        }
        given.count += 1;
    }
    given.command(registered)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Install,
    Uninstall,
}

/// What was given so far.
#[derive(Debug, Default)]
struct Given {
    count: usize,
    options: Options,
    verb: Option<Verb>,
    console: bool,
    service: bool,
    replace: bool,
    delayed: bool,
    start: bool,
    name: Option<String>,
}

impl Given {
    fn is_first(&self) -> bool {
        self.count == 0
    }

    /// Takes an option that every system has; returns whether it is one.
    fn common(&mut self, name: &str, parser: &mut Parser) -> Result<bool, lexopt::Error> {
        let chosen = &mut self.options.chosen;
        match name {
            "system" => self.set_mode(Mode::System)?,
            "user" => self.set_mode(Mode::User)?,
            "socket" => chosen.socket = Some(path(parser)?),
            "config-dir" => chosen.config_dir = Some(path(parser)?),
            "state-dir" => chosen.state_dir = Some(path(parser)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes an option of systems that register the daemon.
    fn windows(&mut self, name: &str, parser: &mut Parser) -> Result<bool, lexopt::Error> {
        let chosen = &mut self.options.chosen;
        match name {
            "pipe" => chosen.messages = Some(path(parser)?),
            "classes" => chosen.classes = Some(path(parser)?),
            "log" => chosen.log_file = Some(path(parser)?),
            "console" => self.console = true,
            "service" => self.service = true,
            "replace" => self.replace = true,
            "delayed" => self.delayed = true,
            "start" => self.start = true,
            "service-name" => self.name = Some(parser.value()?.string()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_mode(&mut self, mode: Mode) -> Result<(), lexopt::Error> {
        let earlier = self.options.mode.replace(mode);
        if earlier.is_some_and(|earlier| earlier != mode) {
            return Err("--system and --user exclude each other".into());
        }
        Ok(())
    }

    fn command(self, registered: bool) -> Result<Command, lexopt::Error> {
        if !registered {
            return Ok(Command::Serve(self.options));
        }
        self.check()?;
        let name = self.name.unwrap_or_else(|| service::NAME.to_owned());
        match self.verb {
            Some(Verb::Install) => Ok(Command::Install(service::Install {
                name,
                replace: self.replace,
                delayed: self.delayed,
                start: self.start,
            })),
            Some(Verb::Uninstall) => Ok(Command::Uninstall { name }),
            None if self.service => Ok(Command::Service {
                name,
                options: self.options,
            }),
            None => Ok(Command::Serve(self.options)),
        }
    }

    /// Whether what was given goes together.
    fn check(&self) -> Result<(), lexopt::Error> {
        let installs = self.replace || self.delayed || self.start;
        let serves = self.console || self.service || self.options != Options::default();
        match self.verb {
            Some(_) if serves => {
                Err("install and uninstall serve nobody: give no such option with them".into())
            }
            Some(Verb::Uninstall) | None if installs => {
                Err("--replace, --delayed and --start go with install".into())
            }
            Some(_) => Ok(()),
            None if self.console && self.service => {
                Err("--console and --service exclude each other".into())
            }
            None if self.console && self.name.is_some() => {
                Err("--service-name goes with --service, install and uninstall".into())
            }
            None if !self.console && !self.service => Err(
                "say how it is to run: 'fslaunchd install' makes it a service, and \
                 'fslaunchd --console' serves from this terminal"
                    .into(),
            ),
            None => Ok(()),
        }
    }
}

fn path(parser: &mut Parser) -> Result<PathBuf, lexopt::Error> {
    parser.value()?.parse()
}

#[cfg(test)]
mod tests;
