//! How a launcher of a test is started.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::system::{self, Launch};
use crate::{Account, Daemon, PLATFORM, Place, Ran, program, run_with_deadline};

/// A launcher that is not started yet.
#[derive(Debug, Clone, Default)]
pub struct DaemonBuilder {
    pub(crate) user: Option<Account>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) system: bool,
    pub(crate) tells_callers_apart: bool,
    pub(crate) elsewhere: bool,
    /// What only one system has.
    pub(crate) launch: Launch,
    config: Option<String>,
    survivors: bool,
}

impl DaemonBuilder {
    /// The launcher of the system, run by root.
    pub(crate) fn system() -> Self {
        Self::default()
    }

    /// The launcher of a user. When the tests are not run by root, it is
    /// whoever runs them.
    pub(crate) fn user(user: &Account) -> Self {
        Self {
            user: Some(user.clone()),
            ..Self::default()
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

    /// Other accounts call it in this test. The test must have asked for
    /// [`Need::Callers`](crate::Need::Callers): Wine shows the callers of a
    /// pipe to none but a launcher that is built for that.
    pub fn telling_callers_apart(mut self) -> Self {
        self.tells_callers_apart = true;
        self
    }

    /// It listens at another address than others in the same folder.
    pub fn at_another_address(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// Instances outlive the launcher in this test, which ends them itself.
    pub fn leaving_survivors(mut self) -> Self {
        self.survivors = true;
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
        self.launch.socket(folder, self.elsewhere)
    }

    pub(crate) fn leaves_survivors(&self) -> bool {
        self.survivors
    }

    /// Fills the folder: programs, configuration, and a folder that everybody
    /// may write to.
    pub(crate) fn prepare(&self, place: &Place) {
        let programs = place.make_folder("bin", 0o755);
        for name in PLATFORM.programs {
            let to = programs.join(format!("{name}{}", PLATFORM.executable_suffix));
            system::put(&self.built(name), &to);
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
            for folder in folders.iter().chain(&more) {
                system::give_to(user, folder);
            }
        }
    }

    fn built(&self, name: &str) -> PathBuf {
        if name == "fslaunchd" && self.tells_callers_apart {
            system::launcher_that_tells_callers_apart()
        } else {
            program(name)
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
}

/// What a launcher in that folder writes.
pub(crate) fn log(folder: &Path) -> PathBuf {
    folder.join("fslaunchd.log")
}
