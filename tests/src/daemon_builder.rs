//! How a launcher of a test is started.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Account, Cgroup, Daemon, Place, Ran, program, run_with_deadline};

/// The programs that a test may start.
const PROGRAMS: [&str; 4] = ["fslaunchd", "launchctl", "memfs", "stand-in"];

/// A launcher that is not started yet.
#[derive(Debug, Clone)]
pub struct DaemonBuilder {
    user: Option<Account>,
    config: Option<String>,
    environment: Vec<(OsString, OsString)>,
    prefix: Vec<OsString>,
    group: Option<PathBuf>,
    default_folders: bool,
    system: bool,
    survivors: bool,
}

impl DaemonBuilder {
    /// The launcher of the system, run by root.
    pub(crate) fn system() -> Self {
        Self {
            user: None,
            config: None,
            environment: Vec::new(),
            prefix: Vec::new(),
            group: None,
            default_folders: false,
            system: false,
            survivors: false,
        }
    }

    /// The launcher of a user. When the tests are not run by root, it is
    /// whoever runs them.
    pub(crate) fn user(user: &Account) -> Self {
        Self {
            user: Some(user.clone()),
            ..Self::system()
        }
    }

    /// The text of `fslaunchd.toml`.
    pub fn config(mut self, text: &str) -> Self {
        self.config = Some(text.to_owned());
        self
    }

    /// A variable of the launcher's own environment.
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// A program that starts the launcher, such as `prlimit` with arguments.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.prefix.extend(words.iter().map(OsString::from));
        self
    }

    /// It runs in the control group of another launcher, if that has one.
    pub fn in_the_group_of(mut self, other: &Daemon) -> Self {
        self.group = other.place().cgroup().map(Cgroup::processes_file);
        self
    }

    /// Instances outlive the launcher in this test, which ends them itself.
    pub fn leaving_survivors(mut self) -> Self {
        self.survivors = true;
        self
    }

    /// It is told of no folder, and finds the user's own.
    pub fn with_default_folders(mut self) -> Self {
        self.default_folders = true;
        self
    }

    /// It is told to be the launcher of the system, whoever runs it.
    pub fn as_system(mut self) -> Self {
        self.system = true;
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it does not; its log is shown.
    pub fn start(self) -> Daemon {
        Daemon::start(self, Place::new())
    }

    /// Runs a launcher that must end by itself, in the folder of another one.
    ///
    /// # Panics
    /// When it does not end.
    pub fn run_beside(&self, other: &Daemon) -> Ran {
        run_with_deadline(&mut self.command(other.place()), b"")
    }

    /// Runs a launcher that must end by itself in a place that the test has
    /// prepared.
    ///
    /// # Panics
    /// When it does not end.
    pub fn run_in(&self, place: &Place) -> Ran {
        self.prepare(place);
        run_with_deadline(&mut self.command(place), b"")
    }

    /// Where it listens, in that folder.
    pub(crate) fn socket(&self, folder: &Path) -> PathBuf {
        if self.default_folders {
            folder.join("runtime/fslaunch/org.fslaunch.Launcher")
        } else {
            folder.join("run/org.fslaunch.Launcher")
        }
    }

    pub(crate) fn leaves_survivors(&self) -> bool {
        self.survivors
    }

    /// Fills the folder: programs, configuration, and a folder that everybody
    /// may write to.
    pub(crate) fn prepare(&self, place: &Place) {
        let programs = place.make_folder("bin", 0o755);
        for name in PROGRAMS {
            put(&program(name), &programs.join(name));
        }
        place.make_folder("config/services.d", 0o755);
        place.make_folder("out", 0o1777);
        if let Some(config) = &self.config {
            let file = place.path().join("config/fslaunchd.toml");
            fs::write(file, config).expect("the configuration can be written");
        }
        if let Some(user) = &self.user {
            let folders = ["home", "runtime", "state"].map(|name| place.make_folder(name, 0o700));
            place.make_folder("run", 0o755);
            let more = ["config", "config/services.d", "run"].map(|name| place.path().join(name));
            for folder in folders.iter().chain(&more).filter(|_| Account::is_root()) {
                chown(folder, Some(user.uid), Some(user.gid)).expect("a folder can be given away");
            }
        }
    }

    /// Starts the process.
    pub(crate) fn spawn(&self, place: &Place) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log(place.path()));
        let log = log.expect("the log can be opened");
        let mut command = self.command(place);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second descriptor"));
        command
            .stderr(log)
            .spawn()
            .expect("fslaunchd can be started")
    }

    fn command(&self, place: &Place) -> Command {
        let folder = place.path();
        let own_group = || place.cgroup().map(Cgroup::processes_file);
        let mut command = match self.group.clone().or_else(own_group) {
            Some(group) => entering(&group),
            None => Command::new("env"),
        };
        match &self.user {
            Some(user) if Account::is_root() => command.args(user.prefix()),
            // The launcher must not outlive a test that crashed.
            Some(_) | None => command.args(["setpriv", "--pdeathsig=TERM", "--"]),
        };
        command.args(&self.prefix).arg(folder.join("bin/fslaunchd"));
        match (self.system, &self.user) {
            (true, _) => command.arg("--system"),
            // What it is by default for somebody else than root.
            (false, Some(_)) if self.default_folders => &mut command,
            (false, Some(_)) => command.arg("--user"),
            (false, None) => &mut command,
        };
        if !self.default_folders {
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

/// A command that enters a control group and then runs its arguments.
fn entering(group: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ >\"$0\" && exec \"$@\""]);
    command.arg(group);
    command
}

/// What a launcher in that folder writes.
pub(crate) fn log(folder: &Path) -> PathBuf {
    folder.join("fslaunchd.log")
}

/// Puts a program into the folder: as a second name of the file, unless it
/// belongs to somebody whom the launcher would not trust.
fn put(from: &Path, to: &Path) {
    let owner = fs::metadata(from)
        .expect("a program can be looked at")
        .uid();
    let trusted = owner == rustix::process::geteuid().as_raw();
    if !(trusted && fs::hard_link(from, to).is_ok()) {
        fs::copy(from, to).expect("a program can be copied");
    }
}
