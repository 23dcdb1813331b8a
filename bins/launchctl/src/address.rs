//! Which launcher is meant: the command line first, then the environment,
//! then who asks.

use crate::options::{Options, Scope};
use fslaunch_os::dial;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// The address of the launcher that is meant. `environment` is the value of
/// `FSLAUNCH_SOCKET`.
pub(crate) fn address(options: &Options, environment: Option<OsString>) -> io::Result<PathBuf> {
    let environment = environment.filter(|value| !value.is_empty());
    match (&options.socket, options.scope, environment) {
        (Some(socket), _, _) => Ok(socket.clone()),
        (None, Some(scope), _) => dial::default_address(scope == Scope::User),
        (None, None, Some(socket)) => Ok(socket.into()),
        (None, None, None) => dial::default_address(!dial::is_system_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(socket: Option<&str>, scope: Option<Scope>, environment: &str) -> PathBuf {
        let options = Options {
            socket: socket.map(PathBuf::from),
            scope,
            ..Options::default()
        };
        address(&options, Some(environment.into())).unwrap()
    }

    #[test]
    fn the_command_line_counts_before_the_environment() {
        let system = dial::default_address(false).unwrap();
        let scope = Some(Scope::System);
        assert_eq!(chosen(Some("/s"), scope, "/e"), PathBuf::from("/s"));
        assert_eq!(chosen(None, scope, "/e"), system);
        assert_eq!(chosen(None, None, "/e"), PathBuf::from("/e"));
        assert_ne!(chosen(None, None, ""), PathBuf::new());
    }
}
