//! The command line of the daemon.

use std::{ffi::OsString, path::PathBuf};

use lexopt::{Arg, ValueExt};

/// How the daemon was asked to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// `--user` or `--system`; `None` lets the user who runs it decide.
    pub mode: Option<Mode>,
    /// Where callers connect.
    pub socket: Option<PathBuf>,
    /// Holds `fslaunchd.toml` and `services.d`.
    pub config_dir: Option<PathBuf>,
    /// Holds what must outlive the daemon.
    pub state_dir: Option<PathBuf>,
}

/// Whom the daemon serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everybody on the system; needs root.
    System,
    /// The user who runs it.
    User,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// To serve.
    Serve(Options),
    /// The usage text.
    Help,
    /// The version.
    Version,
}

/// The usage text.
pub(crate) const USAGE: &str = "\
usage: fslaunchd [--system|--user] [--socket PATH] [--config-dir DIR] [--state-dir DIR]

Starts, watches and stops user-mode file systems for whoever is allowed to.

  --system          serve everybody; needs root (default for root)
  --user            serve the user who runs it (default for everybody else)
  --socket PATH     where callers connect
                    [/run/fslaunch/org.fslaunch.Launcher,
                    user: $XDG_RUNTIME_DIR/fslaunch/org.fslaunch.Launcher]
  --config-dir DIR  folder of fslaunchd.toml and services.d
                    [/etc/fslaunch, user: ~/.config/fslaunch]
  --state-dir DIR   folder of what must outlive the daemon
                    [/var/lib/fslaunch, user: ~/.local/state/fslaunch]
  -h, --help        this text
  -V, --version     the version

FSLAUNCH_LOG sets what is logged: error, warn, info (default), debug.
";

/// Reads the arguments, without the program's own name.
///
/// # Errors
/// The option that is unknown, lacks its value or contradicts another.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Command, lexopt::Error> {
    let mut options = Options {
        mode: None,
        socket: None,
        config_dir: None,
        state_dir: None,
    };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("system") => set_mode(&mut options, Mode::System)?,
            Arg::Long("user") => set_mode(&mut options, Mode::User)?,
            Arg::Long("socket") => options.socket = Some(parser.value()?.parse()?),
            Arg::Long("config-dir") => options.config_dir = Some(parser.value()?.parse()?),
            Arg::Long("state-dir") => options.state_dir = Some(parser.value()?.parse()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Short(_) | Arg::Long(_) | Arg::Value(_) => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Serve(options))
}

fn set_mode(options: &mut Options, mode: Mode) -> Result<(), lexopt::Error> {
    if options
        .mode
        .replace(mode)
        .is_some_and(|earlier| earlier != mode)
    {
        return Err("--system and --user exclude each other".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_option_is_read() {
        let all = [
            "--user",
            "--socket",
            "/s",
            "--config-dir=/c",
            "--state-dir",
            "/t",
        ];
        let expected = Options {
            mode: Some(Mode::User),
            socket: Some("/s".into()),
            config_dir: Some("/c".into()),
            state_dir: Some("/t".into()),
        };
        assert_eq!(options(&all), Ok(Command::Serve(expected)));
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(
            options(&["--sokcet", "/s"])
                .unwrap_err()
                .contains("--sokcet")
        );
        assert!(options(&["start"]).unwrap_err().contains("start"));
        assert!(options(&["--socket"]).unwrap_err().contains("--socket"));
    }

    #[test]
    fn the_two_modes_exclude_each_other() {
        assert!(
            options(&["--user", "--system"])
                .unwrap_err()
                .contains("exclude")
        );
    }
}
