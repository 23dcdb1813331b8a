//! Where the daemon's files are.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
};

use super::{dial, trust::Trust};

/// Where the daemon's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where callers connect.
    pub socket: PathBuf,
    /// Where WinFsp clients connect: there are none on Unix.
    pub messages: Option<PathBuf>,
    /// The daemon's settings.
    pub config_file: PathBuf,
    /// The only folder of class files, if one was chosen.
    pub classes: Option<PathBuf>,
    /// What must outlive the daemon.
    pub state_dir: PathBuf,
    /// What lasts as long as the daemon: the folder of the socket.
    pub runtime_dir: PathBuf,
}

/// A folder that the environment does not tell.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unknown {
    variables: &'static str,
    option: &'static str,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not set to an absolute path: set it, or give {}",
            self.variables, self.option
        )
    }
}

/// Places that were chosen on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// `--socket`.
    pub socket: Option<PathBuf>,
    /// `--pipe`, which Unix has not.
    pub messages: Option<PathBuf>,
    /// `--classes`: the folder of class files, in place of `services.d`.
    pub classes: Option<PathBuf>,
    /// `--config-dir`.
    pub config_dir: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// `--log`, which Unix has not.
    pub log_file: Option<PathBuf>,
}

/// Why folders can't be used: each is looked at where it is opened.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {}

impl Chosen {
    fn classes_as_given(&self) -> Option<PathBuf> {
        let in_config = || Some(self.config_dir.as_ref()?.join("services.d"));
        self.classes.clone().or_else(in_config)
    }

    /// The place of classes that was chosen, such as for a
    /// [`ClassStore`](super::store::ClassStore).
    ///
    /// # Errors
    /// It is relative to a folder that can't be found.
    ///
    /// # Platform behaviour
    /// On Unix a folder, which may be in the one of `--config-dir`.
    pub fn classes(&self) -> io::Result<Option<PathBuf>> {
        self.classes_as_given().map(std::path::absolute).transpose()
    }
}

impl Places {
    /// The same places, once the folder of the socket is there: its path has no
    /// link in it then, as the table of mounts has none.
    pub fn settled(self) -> Places {
        let runtime_dir = self.runtime_dir.canonicalize().unwrap_or(self.runtime_dir);
        Places {
            runtime_dir,
            ..self
        }
    }

    /// Makes folders that must be there before anything else.
    ///
    /// # Errors
    /// None on Unix.
    pub fn prepare(&self, _: &Trust) -> Result<(), FolderError> {
        Ok(())
    }

    /// The places of the daemon of the system, but for those that were chosen.
    pub fn system(chosen: Chosen) -> Places {
        let classes = chosen.classes_as_given();
        let config_dir = chosen.config_dir.unwrap_or_else(|| "/etc/fslaunch".into());
        let state_dir = chosen
            .state_dir
            .unwrap_or_else(|| "/var/lib/fslaunch".into());
        let socket = chosen.socket.unwrap_or_else(|| dial::SYSTEM.into());
        Places::new(socket, &config_dir, classes, state_dir)
    }

    /// The places of a user's own daemon, but for those that were chosen.
    ///
    /// # Errors
    /// The environment does not tell where the user's folders are.
    pub fn user(chosen: Chosen) -> Result<Places, Unknown> {
        let classes = chosen.classes_as_given();
        let folder = |given: Option<PathBuf>, variable, below_home: &str, variables, option| {
            given
                .or_else(|| Some(absolute(variable)?.join("fslaunch")))
                .or_else(|| Some(absolute("HOME")?.join(below_home).join("fslaunch")))
                .ok_or(Unknown { variables, option })
        };
        let config_dir = folder(
            chosen.config_dir,
            "XDG_CONFIG_HOME",
            ".config",
            "neither XDG_CONFIG_HOME nor HOME",
            "--config-dir",
        )?;
        let state_dir = folder(
            chosen.state_dir,
            "XDG_STATE_HOME",
            ".local/state",
            "neither XDG_STATE_HOME nor HOME",
            "--state-dir",
        )?;
        let socket = chosen
            .socket
            .or_else(|| dial::default_address(true).ok())
            .ok_or(Unknown {
                variables: "XDG_RUNTIME_DIR",
                option: "--socket",
            })?;
        Ok(Places::new(socket, &config_dir, classes, state_dir))
    }

    fn new(
        socket: PathBuf,
        config_dir: &Path,
        classes: Option<PathBuf>,
        state_dir: PathBuf,
    ) -> Places {
        let runtime_dir = socket.parent().unwrap_or(Path::new("/")).to_owned();
        Places {
            socket,
            messages: None,
            config_file: config_dir.join("fslaunchd.toml"),
            classes,
            state_dir,
            runtime_dir,
        }
    }
}

/// The folder of the running program: what a working directory of `.` means.
pub fn own_folder() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    program.parent().unwrap_or(Path::new("/")).to_owned()
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_places_are_the_usual_ones() {
        let places = Places::system(Chosen::default());
        assert_eq!(
            places.socket,
            Path::new("/run/fslaunch/org.fslaunch.Launcher")
        );
        assert_eq!(places.runtime_dir, Path::new("/run/fslaunch"));
        assert_eq!(
            places.config_file,
            Path::new("/etc/fslaunch/fslaunchd.toml")
        );
        assert_eq!(places.state_dir, Path::new("/var/lib/fslaunch"));
    }

    #[test]
    fn what_was_chosen_counts() {
        let chosen = Chosen {
            socket: Some("/s/socket".into()),
            config_dir: Some("/c".into()),
            state_dir: Some("/t".into()),
            ..Chosen::default()
        };
        let places = Places::user(chosen.clone()).unwrap();
        assert_eq!(places, Places::system(chosen));
        assert_eq!(places.runtime_dir, Path::new("/s"));
        assert_eq!(places.config_file, Path::new("/c/fslaunchd.toml"));
        assert_eq!(places.classes.as_deref(), Some(Path::new("/c/services.d")));
    }

    #[test]
    fn what_is_missing_is_named_with_its_option() {
        let unknown = Unknown {
            variables: "XDG_RUNTIME_DIR",
            option: "--socket",
        };
        let words = unknown.to_string();
        assert_eq!(
            words,
            "XDG_RUNTIME_DIR is not set to an absolute path: set it, or give --socket"
        );
    }
}
