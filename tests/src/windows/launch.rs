//! How a launcher is started on Windows: in its console mode, with pipes and
//! a registry key of its own.

use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{ClassStore, Messages, is_wine};
use crate::programs::profile_folder;
use crate::{Account, Daemon, DaemonBuilder, Place, Ran, program, run_with_deadline};

/// `CREATE_NEW_PROCESS_GROUP`: CTRL-BREAK is for the launcher alone. Wine
/// knows none for groups.
const GROUP_OF_ITS_OWN: u32 = 0x200;

/// What can be asked of the start of a launcher on Windows only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    /// Options and their values that this launcher gets besides.
    more: Vec<String>,
}

impl Launch {
    /// Where the launcher of that folder listens.
    pub(crate) fn socket(&self, folder: &Path, elsewhere: bool) -> PathBuf {
        pipe(folder, if elsewhere { "Launcher2" } else { "Launcher" })
    }
}

impl DaemonBuilder {
    /// More words on the launcher's own command line.
    pub fn with_options(mut self, words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned());
        self.launch.more.extend(words);
        self
    }

    /// It runs in the control group of another launcher: there are none.
    pub fn in_the_group_of(self, _other: &Daemon) -> Self {
        self
    }

    pub(crate) fn command(&self, place: &Place) -> Command {
        let folder = place.path();
        let classes = ClassStore::of(folder);
        classes.make();
        let mut command = Command::new(folder.join("bin/fslaunchd.exe"));
        command.arg("--console");
        command.arg(if self.user.is_some() && !self.system {
            "--user"
        } else {
            "--system"
        });
        command.arg("--socket").arg(self.socket(folder));
        let messages = if self.elsewhere { "WinFsp2" } else { "WinFsp" };
        command.arg("--pipe").arg(pipe(folder, messages));
        command.arg("--classes").arg(classes.key());
        command.arg("--config-dir").arg(folder.join("config"));
        command.arg("--state-dir").arg(folder.join("state"));
        command.arg("--log").arg(folder.join("log/fslaunchd.log"));
        command.args(&self.launch.more);
        command.env("FSLAUNCH_LOG", "debug");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(r"C:\");
        if !is_wine() {
            command.creation_flags(GROUP_OF_ITS_OWN);
        }
        command
    }
}

impl Daemon {
    /// The pipe of clients of WinFsp.
    pub fn messages_pipe(&self) -> PathBuf {
        pipe(self.place().path(), "WinFsp")
    }

    /// `launchctl` that asks as a client of WinFsp does.
    pub fn launchctl_of_winfsp(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(self.program("launchctl"));
        command.arg("--pipe").arg(self.messages_pipe());
        for name in ["FSLAUNCH_SOCKET", "FSLAUNCH_PIPE"] {
            command.env_remove(name);
        }
        run_with_deadline(command.args(arguments), b"")
    }

    /// The same in a process of somebody else.
    pub fn launchctl_of_winfsp_as(&self, caller: &Account, arguments: &[&str]) -> Ran {
        let mut command = caller.command(self.program("launchctl"));
        command.arg("--pipe").arg(self.messages_pipe());
        for name in ["FSLAUNCH_SOCKET", "FSLAUNCH_PIPE"] {
            command.env_remove(name);
        }
        run_with_deadline(command.args(arguments), b"")
    }

    /// What a process of somebody else gets for one message, `|` for NUL.
    ///
    /// # Panics
    /// When the launcher does not listen, or gives no reply in time.
    pub fn message_as(&self, caller: &Account, message: &str) -> String {
        let mut command = caller.command(self.program("stand-in"));
        let pipe = self.messages_pipe();
        command.arg(format!("message={} {message}", pipe.display()));
        let ran = run_with_deadline(&mut command, b"");
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.out
    }

    /// Sends one message of a client of WinFsp, `|` for NUL, and gives the
    /// reply.
    ///
    /// # Panics
    /// When the launcher does not listen or does not answer in time.
    pub fn message(&self, message: &str) -> Option<String> {
        Messages::call(&self.messages_pipe(), message)
    }

    /// The key of the registry that holds its classes.
    pub fn classes_key(&self) -> String {
        self.classes().key()
    }
}

/// A pipe in the name of the folder of the test.
fn pipe(folder: &Path, which: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!(r"\\.\pipe\{name}.{which}"))
}

/// Whether the launcher of that folder listens for clients of WinFsp as well;
/// it makes that pipe after the other one.
pub(crate) fn is_up(place: &Place) -> bool {
    Messages::open(&pipe(place.path(), "WinFsp")).is_ok()
}

/// The launcher that knows its callers: on Windows every one does, under Wine
/// the one that is built for that.
pub(crate) fn launcher_that_tells_callers_apart() -> PathBuf {
    if is_wine() {
        program_with_seam()
    } else {
        program("fslaunchd")
    }
}

/// Where `cargo xtask test` builds the launcher with the feature
/// `peer-from-client-process`.
pub fn program_with_seam() -> PathBuf {
    let profile = profile_folder();
    // target/TRIPLE/debug, or target/debug when it is not cross-compiled.
    let mut folders = profile.ancestors().skip(1);
    let target = folders.find(|folder| folder.join("seam").is_dir());
    let target = target.unwrap_or(&profile);
    let below = profile.strip_prefix(target).unwrap_or(&profile);
    target.join("seam").join(below).join("fslaunchd.exe")
}
