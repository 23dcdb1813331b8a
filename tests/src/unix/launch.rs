//! How a launcher is started on Linux: in a control group of its own, by root
//! or by somebody else, through another program if need be.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Account, Cgroup, Daemon, DaemonBuilder, Place, program};

/// What can be asked of the start of a launcher on Linux only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    prefix: Vec<OsString>,
    group: Option<PathBuf>,
    default_folders: bool,
}

impl Launch {
    /// Where the launcher listens, in that folder.
    pub(crate) fn socket(&self, folder: &Path, elsewhere: bool) -> PathBuf {
        if elsewhere {
            folder.join("run2/org.fslaunch.Launcher")
        } else if self.default_folders {
            folder.join("runtime/fslaunch/org.fslaunch.Launcher")
        } else {
            folder.join("run/org.fslaunch.Launcher")
        }
    }
}

impl DaemonBuilder {
    /// A program that starts the launcher, such as `prlimit` with arguments.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.launch.prefix.extend(words.iter().map(OsString::from));
        self
    }

    /// It runs in the control group of another launcher, if that has one.
    pub fn in_the_group_of(mut self, other: &Daemon) -> Self {
        self.launch.group = other.place().cgroup().map(Cgroup::processes_file);
        self
    }

    /// It is told of no folder, and finds the user's own.
    pub fn with_default_folders(mut self) -> Self {
        self.launch.default_folders = true;
        self
    }

    pub(crate) fn command(&self, place: &Place) -> Command {
        let folder = place.path();
        let own_group = || place.cgroup().map(Cgroup::processes_file);
        let mut command = match self.launch.group.clone().or_else(own_group) {
            Some(group) => entering(&group),
            None => Command::new("env"),
        };
        match &self.user {
            Some(user) if Account::is_root() => command.args(user.prefix()),
            // The launcher must not outlive a test that crashed.
            Some(_) | None => command.args(["setpriv", "--pdeathsig=TERM", "--"]),
        };
        command
            .args(&self.launch.prefix)
            .arg(folder.join("bin/fslaunchd"));
        match (self.system, &self.user) {
            (true, _) => command.arg("--system"),
            // What it is by default for somebody else than root.
            (false, Some(_)) if self.launch.default_folders => &mut command,
            (false, Some(_)) => command.arg("--user"),
            (false, None) => &mut command,
        };
        if !self.launch.default_folders {
            command.arg("--socket").arg(self.socket(folder));
            command.arg("--config-dir").arg(folder.join("config"));
            command.arg("--state-dir").arg(folder.join("state"));
        }
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("FSLAUNCH_LOG", "debug");
        if self.user.is_some() {
            command.env("HOME", folder.join("home"));
            command.env("XDG_RUNTIME_DIR", folder.join("runtime"));
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir("/");
        command
    }
}

/// Whether the launcher of that folder does whatever else it has to: it has
/// one socket.
pub(crate) fn is_up(_place: &Place) -> bool {
    true
}

/// The launcher that knows its callers: here every one does.
pub(crate) fn launcher_that_tells_callers_apart() -> PathBuf {
    program("fslaunchd")
}

/// A command that enters a control group and then runs its arguments.
fn entering(group: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ >\"$0\" && exec \"$@\""]);
    command.arg(group);
    command
}
