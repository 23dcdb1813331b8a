//! The usage text.

/// The usage text; `registered` as for [`super::parse`].
pub(crate) fn usage(registered: bool) -> &'static str {
    match registered {
        true => REGISTERED,
        false => PLAIN,
    }
}

const PLAIN: &str = "\
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

const REGISTERED: &str = r"usage: fslaunchd install [--replace] [--delayed] [--start] [--service-name NAME]
       fslaunchd uninstall [--service-name NAME]
       fslaunchd --console [--system|--user] [OPTION...]

Starts, watches and stops user-mode file systems for whoever is allowed to.

install             make it the service that file systems and their clients expect
  --replace         in place of another program that is this service
  --delayed         start a little after the system has
  --start           start it at once
uninstall           take the service away, and put back what it replaced
  --service-name NAME  the name of the service [WinFsp.Launcher]

--console           serve from this terminal
  --system          serve everybody; needs an administrator (default for one)
  --user            serve the user who runs it (default for everybody else)
  --socket PIPE     where callers connect
                    [\\.\pipe\org.fslaunch.Launcher, user: the same and .SID]
  --pipe PIPE       where WinFsp clients connect
                    [\\.\pipe\WinFsp.{14E7137D-22B4-437A-B0C1-D21D1BDF3767}, user: none]
  --classes KEY     registry key of the classes, in the 32-bit view
                    [HKLM\Software\WinFsp\Services, user: HKCU\Software\fslaunch\Services]
  --config-dir DIR  folder of fslaunchd.toml [%ProgramData%\fslaunch, user: %LOCALAPPDATA%\fslaunch]
  --state-dir DIR   folder of what must outlive the daemon [state, in the same folder]
  --log FILE        its log [log\fslaunchd.log, in the same folder]
--service           what the service manager says; takes the same options
-h, --help          this text
-V, --version       the version

FSLAUNCH_LOG sets what is logged: error, warn, info (default), debug.
";
