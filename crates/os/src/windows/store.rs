//! The registered classes: a registry key each.
//!
//! Keys of classes come in an order of precedence; a class in one hides the
//! class of the same name in those after it. Names ignore case. Every key is
//! read anew each time, so that a change is seen at the next start.

mod aside;
mod executable;
mod key;
mod place;
mod register;
#[cfg(test)]
mod tests;
mod trustee;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use fslaunch_core::{
    name::ClassName,
    record::{ClassRecord, Platform, RecordError, Registration},
};
use fslaunch_protocol::Error;

use super::{places::Places, trust::Trust};
use key::Found;
use place::Place;

pub use register::StoreError;

/// What records mean on this system.
pub const PLATFORM: Platform = Platform::WINDOWS;

/// The most bytes of one class, with the names of its values.
pub const MAX_CLASS: usize = Registration::MAX_BYTES;

/// The most classes of one key that are listed.
pub const MAX_CLASSES: usize = 10_000;

/// Where the classes of the system are, in the 32-bit view.
pub const SYSTEM: &str = r"HKLM\Software\WinFsp\Services";

/// Where a user's own classes are.
pub const USER: &str = r"HKCU\Software\fslaunch\Services";

/// The registered classes.
///
/// # Platform behaviour
/// On Windows they are registry keys. Who may change one is what the registry
/// itself keeps: administrators, below HKEY_LOCAL_MACHINE.
#[derive(Debug, Clone)]
pub struct ClassStore {
    places: Vec<PathBuf>,
    trust: Trust,
}

impl ClassStore {
    /// The classes of the system: in [`SYSTEM`].
    pub fn system() -> ClassStore {
        ClassStore::at(vec![SYSTEM.into()], Trust::system())
    }

    /// The classes of the user that this process runs as: in [`USER`].
    pub fn user() -> ClassStore {
        ClassStore::at(vec![USER.into()], Trust::user())
    }

    /// The classes at the daemon's places.
    pub fn of(places: &Places, user_mode: bool) -> ClassStore {
        let trust = || match user_mode {
            true => Trust::user(),
            false => Trust::system(),
        };
        match &places.classes {
            Some(key) => ClassStore::at(vec![key.clone()], trust()),
            None if user_mode => ClassStore::user(),
            None => ClassStore::system(),
        }
    }

    /// The classes in these keys, in order of precedence. A key is written as
    /// `HKLM\Software\...`, which means the 32-bit view, or `HKCU\Software\...`.
    pub fn at(places: Vec<PathBuf>, trust: Trust) -> ClassStore {
        ClassStore { places, trust }
    }

    /// The keys, in order of precedence. Classes are registered in the first.
    pub fn folders(&self) -> &[PathBuf] {
        &self.places
    }

    /// Whom the store trusts.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Reads a class. Values with names that no text can hold belong to the
    /// file system and are left out.
    ///
    /// # Errors
    /// [`Error::ClassNotFound`]; [`Error::ClassUnusable`] with the key, and the
    /// value that is wrong; [`Error::SecurityInvalid`].
    pub fn read(&self, class: &ClassName) -> Result<ClassRecord, Error> {
        let (path, found) = self.find(class)?;
        let read = found
            .registration()
            .and_then(|read| record(&read.registration));
        read.map_err(|error| unusable(class, &path, error))
    }

    /// The values of a class as the launcher reads them, whatever they mean: texts that
    /// installers ended wrongly are whole, and values with names that no text can hold are left
    /// out.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn values(&self, class: &ClassName) -> Result<Registration, Error> {
        let (path, found) = self.find(class)?;
        let read = found.registration();
        let tidy = read.and_then(|read| key::tidy(&read.registration));
        tidy.map_err(|error| unusable(class, &path, error))
    }

    /// Reads a class as it is stored, such as to export it. Its values need
    /// not mean anything.
    ///
    /// # Errors
    /// As [`Self::read`]; or a value has a name that no text can hold.
    pub fn registration(&self, class: &ClassName) -> Result<Registration, Error> {
        let (path, found) = self.find(class)?;
        let read = found.registration();
        let read = read.map_err(|error| unusable(class, &path, error))?;
        match read.left_out.first() {
            None => Ok(read.registration),
            Some(name) => Err(key::problem(
                class,
                &path,
                &format!("a value has the name {name:?}, which no text can hold"),
            )),
        }
    }

    /// All classes by name, each with its record or why it can't be used. Keys
    /// that can't be read are left out, with a warning.
    pub fn list(&self) -> Vec<(ClassName, Result<ClassRecord, Error>)> {
        let (classes, refused) = self.names();
        for reason in refused {
            tracing::warn!(%reason, "the classes of a registry key are left out");
        }
        let read = |class: ClassName| match self.read(&class) {
            // Removed in between, or never a class.
            Err(Error::ClassNotFound { .. }) => None,
            record => Some((class, record)),
        };
        classes.into_iter().filter_map(read).collect()
    }

    /// All classes by name as they are stored, such as to export them all:
    /// nothing is left out.
    ///
    /// # Errors
    /// A key can't be read, or as [`Self::registration`].
    pub fn registrations(&self) -> Result<Vec<Registration>, StoreError> {
        let (classes, mut refused) = self.names();
        if let Some(reason) = refused.pop() {
            return Err(StoreError::Folder { reason });
        }
        let mut registrations = Vec::new();
        for class in classes {
            match self.registration(&class) {
                Err(Error::ClassNotFound { .. }) => {}
                registration => registrations.push(registration?),
            }
        }
        Ok(registrations)
    }

    /// The names of all classes in order, and why the classes of some keys are
    /// not among them.
    fn names(&self) -> (Vec<ClassName>, Vec<String>) {
        let (mut classes, mut refused) = (BTreeMap::new(), Vec::new());
        for path in &self.places {
            match Place::parse(path).and_then(|place| key::classes(&place)) {
                Ok(found) => found.into_iter().for_each(|class| {
                    classes.entry(class.key().to_owned()).or_insert(class);
                }),
                Err(reason) => refused.push(reason),
            }
        }
        (classes.into_values().collect(), refused)
    }

    fn find(&self, class: &ClassName) -> Result<(PathBuf, Found), Error> {
        for path in &self.places {
            let found = Place::parse(path).and_then(|place| key::find(&place, class));
            let path = path.join(class.as_str());
            match found {
                Ok(None) => {}
                Ok(Some(found)) => return Ok((path, found)),
                Err(reason) => {
                    let class = class.as_str().to_owned();
                    return Err(Error::ClassUnusable { class, reason });
                }
            }
        }
        Err(Error::ClassNotFound {
            class: class.as_str().to_owned(),
        })
    }
}

/// Whether this is how a registry key is written that classes can be in.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_place(path: &Path) -> Result<(), String> {
    Place::parse(path).map(drop)
}

/// What a registration means on this system.
///
/// # Errors
/// A value is missing, of the wrong type or not one of those that it can be.
pub fn record(registration: &Registration) -> Result<ClassRecord, RecordError> {
    key::tidy(registration)?.record(&PLATFORM, &trustee::resolve)
}

/// The error of a class whose record can't be used, with the key that it is in.
fn unusable(class: &ClassName, path: &Path, error: RecordError) -> Error {
    error.for_class_in(class, &path.display().to_string())
}
