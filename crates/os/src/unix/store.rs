//! The registered classes: a file `<class>.toml` each.
//!
//! Folders come in an order of precedence; a class in one hides the class of
//! the same name in those after it. Names ignore case. Every file is read anew
//! each time, so that a change is seen at the next start.

mod executable;
mod file;
mod register;

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use fslaunch_access::{Sid, well_known};
use fslaunch_core::{
    name::ClassName,
    record::{ClassRecord, Platform, Registration, Trustee},
};
use fslaunch_protocol::Error;

use super::{accounts, places::Places, trust::Trust};

pub use register::StoreError;

/// What records mean on this system.
pub const PLATFORM: Platform = Platform::UNIX;

/// The longest class file that is read, in bytes.
pub const MAX_FILE: u64 = 64 << 10;

/// The registered classes.
///
/// # Platform behaviour
/// On Linux they are files, and nobody but those whom the store trusts may be
/// able to change a file or any folder above it; a class of which that is not
/// true can't be used.
#[derive(Debug, Clone)]
pub struct ClassStore {
    folders: Vec<PathBuf>,
    trust: Trust,
}

impl ClassStore {
    /// The classes of the system: in `/etc/fslaunch/services.d`, over
    /// `/usr/lib/fslaunch/services.d`. Root alone is trusted.
    pub fn system() -> ClassStore {
        let folders = ["/etc/fslaunch/services.d", "/usr/lib/fslaunch/services.d"];
        ClassStore::at(folders.map(PathBuf::from).to_vec(), Trust::system())
    }

    /// The classes of the user that this process runs as: in
    /// `$XDG_CONFIG_HOME/fslaunch/services.d` (`~/.config`), over
    /// `$XDG_DATA_HOME/fslaunch/services.d` (`~/.local/share`). The user and
    /// root are trusted. A folder that the environment does not tell is left out.
    pub fn user() -> ClassStore {
        let folders = user_folders(|variable| env::var_os(variable).map(PathBuf::from));
        ClassStore::at(folders, Trust::user())
    }

    /// The classes at the daemon's places.
    pub fn of(places: &Places, user_mode: bool) -> ClassStore {
        let trust = || match user_mode {
            true => Trust::user(),
            false => Trust::system(),
        };
        match &places.classes {
            Some(folder) => ClassStore::at(vec![folder.clone()], trust()),
            None if user_mode => ClassStore::user(),
            None => ClassStore::system(),
        }
    }

    /// The classes in these folders, full paths in order of precedence.
    pub fn at(folders: Vec<PathBuf>, trust: Trust) -> ClassStore {
        ClassStore { folders, trust }
    }

    /// The folders, in order of precedence. Classes are registered in the first.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whom the store trusts.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Reads a class.
    ///
    /// # Errors
    /// [`Error::ClassNotFound`]; [`Error::ClassUnusable`] with the file, and
    /// the line if it does not parse; [`Error::SecurityInvalid`].
    pub fn read(&self, class: &ClassName) -> Result<ClassRecord, Error> {
        let (path, registration) = self.find(class)?;
        record(&registration).map_err(|error| file::unusable(class, &path, error))
    }

    /// Reads a class as it is stored, such as to export it. Its values need
    /// not mean anything.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn registration(&self, class: &ClassName) -> Result<Registration, Error> {
        self.find(class).map(|(_, registration)| registration)
    }

    /// All classes by name, each with its record or why it can't be used.
    /// Folders that can't be trusted or read are left out, with a warning.
    pub fn list(&self) -> Vec<(ClassName, Result<ClassRecord, Error>)> {
        let (classes, refused) = self.names();
        for reason in refused {
            tracing::warn!(%reason, "the classes of a folder are left out");
        }
        let read = |class: ClassName| {
            let record = self.read(&class);
            (class, record)
        };
        classes.into_iter().map(read).collect()
    }

    /// All classes by name as they are stored, such as to export them all:
    /// nothing is left out.
    ///
    /// # Errors
    /// A folder can't be trusted or read, or as [`Self::registration`].
    pub fn registrations(&self) -> Result<Vec<Registration>, StoreError> {
        let (classes, mut refused) = self.names();
        match refused.pop() {
            Some(reason) => Err(StoreError::Folder { reason }),
            None => Ok(classes
                .iter()
                .map(|class| self.registration(class))
                .collect::<Result<_, _>>()?),
        }
    }

    /// The names of all classes in order, and why the classes of some folders
    /// are not among them.
    fn names(&self) -> (Vec<ClassName>, Vec<String>) {
        let (mut classes, mut refused) = (BTreeMap::new(), Vec::new());
        for folder in &self.folders {
            match file::classes(folder, &self.trust) {
                Ok(found) => found.into_iter().for_each(|class| {
                    classes.entry(class.key().to_owned()).or_insert(class);
                }),
                Err(reason) => refused.push(reason),
            }
        }
        (classes.into_values().collect(), refused)
    }

    fn find(&self, class: &ClassName) -> Result<(PathBuf, Registration), Error> {
        for folder in &self.folders {
            if let Some(path) = file::locate(folder, class, &self.trust)? {
                let registration = file::read(class, &path, &self.trust)?;
                return Ok((path, registration));
            }
        }
        Err(Error::ClassNotFound {
            class: class.as_str().to_owned(),
        })
    }
}

/// What a registration means on this system.
///
/// # Errors
/// A value is missing, of the wrong type or not one of those that it can be.
pub fn record(
    registration: &Registration,
) -> Result<ClassRecord, fslaunch_core::record::RecordError> {
    registration.record(&PLATFORM, &resolve)
}

/// The SID of a user or group, by name or by ID.
fn resolve(trustee: &Trustee) -> Option<Sid> {
    match trustee {
        Trustee::User(name) => {
            let uid = accounts::user_by_name(name).map(|user| user.uid);
            uid.or_else(|| name.parse().ok()).map(well_known::unix_user)
        }
        Trustee::Group(name) => {
            let gid = accounts::group_by_name(name).map(|group| group.gid);
            gid.or_else(|| name.parse().ok())
                .map(well_known::unix_group)
        }
        Trustee::Everyone => Some(well_known::everyone()),
        Trustee::Administrators => Some(well_known::administrators()),
    }
}

/// As the XDG base directory specification has it: a path that is not a full
/// one counts as not set.
fn user_folders(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let full = |name: &str| variable(name).filter(|path| path.is_absolute());
    let home = |below: &str| full("HOME").map(|home| home.join(below));
    let config = full("XDG_CONFIG_HOME").or_else(|| home(".config"));
    let data = full("XDG_DATA_HOME").or_else(|| home(".local/share"));
    let below = |folder: PathBuf| folder.join(Path::new("fslaunch/services.d"));
    config.into_iter().chain(data).map(below).collect()
}

#[cfg(test)]
mod tests;
