//! Where the daemon's files are.

mod folders;
mod known;

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
};

use super::{store, trust::Trust};

pub use folders::FolderError;

/// The pipe of existing clients.
pub const MESSAGES: &str = r"\\.\pipe\WinFsp.{14E7137D-22B4-437A-B0C1-D21D1BDF3767}";

/// The pipe of the Varlink interface. A user's own has the user's SID after it.
pub const VARLINK: &str = r"\\.\pipe\org.fslaunch.Launcher";

/// Where the daemon's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where callers of the Varlink interface connect: a pipe.
    pub socket: PathBuf,
    /// The pipe of existing clients, if they are served.
    pub messages: Option<PathBuf>,
    /// The daemon's settings.
    pub config_file: PathBuf,
    /// The only registry key of classes, if one was chosen.
    pub classes: Option<PathBuf>,
    /// What must outlive the daemon.
    pub state_dir: PathBuf,
    /// What lasts as long as the daemon. Windows has no such folder: it is in
    /// the one for what outlives it.
    pub runtime_dir: PathBuf,
    /// The daemon's own log.
    pub log_file: PathBuf,
}

/// Why the daemon can't tell where its files are.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unknown {
    what: &'static str,
    option: &'static str,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Windows does not tell {}: give {}",
            self.what, self.option
        )
    }
}

/// Places that were chosen on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// `--socket`.
    pub socket: Option<PathBuf>,
    /// `--pipe`.
    pub messages: Option<PathBuf>,
    /// `--classes`: a registry key.
    pub classes: Option<PathBuf>,
    /// `--config-dir`.
    pub config_dir: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// `--log`.
    pub log_file: Option<PathBuf>,
}

impl Chosen {
    /// The place of classes that was chosen, such as for a
    /// [`ClassStore`](store::ClassStore).
    ///
    /// # Errors
    /// None on Windows.
    ///
    /// # Platform behaviour
    /// On Windows a registry key, which has nothing to do with `--config-dir`.
    pub fn classes(&self) -> io::Result<Option<PathBuf>> {
        Ok(self.classes.clone())
    }
}

impl Places {
    /// The same places, once they are there.
    pub fn settled(self) -> Places {
        self
    }

    /// The places of the daemon of the system, but for those that were chosen.
    pub fn system(chosen: Chosen) -> Places {
        let base = known::program_data().join("fslaunch");
        let socket = chosen.socket.clone().unwrap_or_else(|| VARLINK.into());
        let messages = chosen.messages.clone().unwrap_or_else(|| MESSAGES.into());
        Places::new(socket, Some(messages), Some(&base), chosen)
    }

    /// The places of a user's own daemon, but for those that were chosen. It
    /// serves existing clients only where that was asked for: they look for one
    /// pipe, which is the system's.
    ///
    /// # Errors
    /// Windows does not tell where the user's folders are, or who the user is.
    pub fn user(chosen: Chosen) -> Result<Places, Unknown> {
        let base = known::local_app_data().map(|folder| folder.join("fslaunch"));
        let missing = |option| Unknown {
            what: "the folder for your local data",
            option,
        };
        for (given, option) in [
            (&chosen.config_dir, "--config-dir"),
            (&chosen.state_dir, "--state-dir"),
            (&chosen.log_file, "--log"),
        ] {
            if given.is_none() && base.is_none() {
                return Err(missing(option));
            }
        }
        let own = || known::own_sid().map(|sid| format!("{VARLINK}.{sid}").into());
        let socket = chosen.socket.clone().or_else(own).ok_or(Unknown {
            what: "who runs this program",
            option: "--socket",
        })?;
        let messages = chosen.messages.clone();
        Ok(Places::new(socket, messages, base.as_deref(), chosen))
    }

    /// Makes the folders that are missing, and checks that those that matter
    /// are nobody else's.
    ///
    /// # Errors
    /// A folder can't be made, or others could change what is in it; or the
    /// place of classes is no registry key.
    pub fn prepare(&self, trust: &Trust) -> Result<(), FolderError> {
        if let Some(key) = &self.classes {
            store::check_place(key).map_err(|reason| FolderError::Classes { reason })?;
        }
        folders::prepare(self, trust)
    }

    /// `base` is there unless all that is in it was chosen.
    fn new(
        socket: PathBuf,
        messages: Option<PathBuf>,
        base: Option<&Path>,
        chosen: Chosen,
    ) -> Places {
        let below = |path: &str| base.map(|base| base.join(path)).unwrap_or_default();
        let config_dir = chosen.config_dir.unwrap_or_else(|| below(""));
        let state_dir = chosen.state_dir.unwrap_or_else(|| below("state"));
        let log_file = chosen
            .log_file
            .unwrap_or_else(|| below(r"log\fslaunchd.log"));
        Places {
            socket,
            messages,
            config_file: config_dir.join("fslaunchd.toml"),
            classes: chosen.classes,
            runtime_dir: state_dir.clone(),
            state_dir,
            log_file,
        }
    }
}

/// The folder of the running program: what a working directory of `.` means.
pub fn own_folder() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    program.parent().unwrap_or(Path::new(r"C:\")).to_owned()
}
