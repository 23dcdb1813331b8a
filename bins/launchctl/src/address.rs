//! Which launcher is meant: the command line first, then the environment,
//! then who asks.

use crate::options::{Options, Scope};
use fslaunch_os::dial;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Where the launcher is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// fslaunch's own.
    Socket(PathBuf),
    /// The pipe for the messages of WinFsp's clients.
    Pipe(PathBuf),
    /// That pipe if fslaunch's own is not there: WinFsp's launcher may be.
    Either { socket: PathBuf, pipe: PathBuf },
}

/// What the environment says, empty or not.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `FSLAUNCH_SOCKET`.
    pub(crate) socket: Option<OsString>,
    /// `FSLAUNCH_PIPE`.
    pub(crate) pipe: Option<OsString>,
}

/// The addresses of the launcher that is meant.
pub(crate) fn addresses(options: &Options, environment: Environment) -> io::Result<Addresses> {
    let Options { socket, pipe, .. } = options;
    if let Some(chosen) = chosen(socket.clone(), pipe.clone()) {
        return Ok(chosen);
    }
    if let Some(scope) = options.scope {
        return by_default(scope);
    }
    let set = |value: Option<OsString>| value.filter(|value| !value.is_empty()).map(PathBuf::from);
    match chosen(set(environment.socket), set(environment.pipe)) {
        Some(chosen) => Ok(chosen),
        None if dial::is_system_default() => by_default(Scope::System),
        None => by_default(Scope::User),
    }
}

fn chosen(socket: Option<PathBuf>, pipe: Option<PathBuf>) -> Option<Addresses> {
    match (socket, pipe) {
        (Some(socket), Some(pipe)) => Some(Addresses::Either { socket, pipe }),
        (Some(socket), None) => Some(Addresses::Socket(socket)),
        (None, Some(pipe)) => Some(Addresses::Pipe(pipe)),
        (None, None) => None,
    }
}

fn by_default(scope: Scope) -> io::Result<Addresses> {
    let socket = dial::default_address(scope == Scope::User)?;
    Ok(match (scope, dial::messages_address()) {
        (Scope::System, Some(pipe)) => Addresses::Either { socket, pipe },
        (Scope::System, None) | (Scope::User, _) => Addresses::Socket(socket),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(options: &Options, socket: &str, pipe: &str) -> Addresses {
        let environment = Environment {
            socket: Some(socket.into()),
            pipe: Some(pipe.into()),
        };
        addresses(options, environment).unwrap()
    }

    fn either(socket: &str, pipe: &str) -> Addresses {
        let (socket, pipe) = (socket.into(), pipe.into());
        Addresses::Either { socket, pipe }
    }

    #[test]
    fn the_command_line_counts_before_the_environment() {
        let mut options = Options {
            scope: Some(Scope::System),
            ..Options::default()
        };
        let system = by_default(Scope::System).unwrap();
        assert_eq!(of(&options, "/e", "/f"), system);
        options.socket = Some("/s".into());
        assert_eq!(of(&options, "/e", "/f"), Addresses::Socket("/s".into()));
        options.pipe = Some("/p".into());
        assert_eq!(of(&options, "/e", "/f"), either("/s", "/p"));
        options.socket = None;
        assert_eq!(of(&options, "/e", "/f"), Addresses::Pipe("/p".into()));
    }

    #[test]
    fn the_environment_counts_before_who_asks() {
        let of = |socket, pipe| of(&Options::default(), socket, pipe);
        assert_eq!(of("/e", ""), Addresses::Socket("/e".into()));
        assert_eq!(of("", "/f"), Addresses::Pipe("/f".into()));
        assert_eq!(of("/e", "/f"), either("/e", "/f"));
    }

    #[test]
    fn winfsps_launcher_is_one_of_the_system_only() {
        let pipe = match by_default(Scope::System).unwrap() {
            Addresses::Either { pipe, .. } | Addresses::Pipe(pipe) => Some(pipe),
            Addresses::Socket(_) => None,
        };
        assert_eq!(pipe, dial::messages_address());
        let own = by_default(Scope::User);
        assert!(own.map_or(true, |own| matches!(own, Addresses::Socket(_))));
    }
}
