//! Classes come and go.

use std::{io, path::PathBuf};

use fslaunch_core::{name::ClassName, record::Registration};
use fslaunch_protocol::Error;

use super::{
    ClassStore, MAX_CLASS,
    aside::{self, Aside},
    key::{self, Found},
    place::Place,
    record,
};
use crate::windows::registry::{Access, Key, RawValue};

/// Why a class can't be registered, unregistered or exported.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum StoreError {
    /// The class could not be used, or can't be looked at.
    #[error(transparent)]
    Class(#[from] Error),
    /// Its key would be larger than any that is read.
    #[error("class '{class}' is too large: it has more than {MAX_CLASS} bytes")]
    TooLong { class: ClassName },
    /// There is a class of this name.
    #[error("class '{class}' is already registered, in {path}", path = path.display())]
    Exists { class: ClassName, path: PathBuf },
    /// The class is in a key that classes are not removed from.
    #[error("class '{class}' came with the system, in {path}: a class of your own with this name hides it", path = path.display())]
    NotOwn { class: ClassName, path: PathBuf },
    /// A key of classes can't be used.
    #[error("{reason}")]
    Folder { reason: String },
    /// There is no key to register classes in.
    #[error("there is no registry key for classes")]
    NoFolder,
    /// The system's answer to what was done with a key.
    #[error("failed to {action} {path}: {source}", path = path.display())]
    Os {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

/// How often one starts anew because somebody else changed the same class.
const TRIES: usize = 100;

impl ClassStore {
    /// Registers a class in the first key, which is made if need be, and
    /// returns the class's key. Nobody ever sees half of it. Values that the
    /// launcher does not know, and keys, stay if they were there before.
    ///
    /// # Errors
    /// The class could not be used; the first key has it already, unless
    /// `force` says to replace it; or the key can't be written.
    pub fn register(
        &self,
        registration: &Registration,
        force: bool,
    ) -> Result<PathBuf, StoreError> {
        let class = registration.class();
        record(registration).map_err(|error| error.for_class(class))?;
        let values = values(registration)?;
        let first = self.places.first().ok_or(StoreError::NoFolder)?;
        let place = Place::parse(first).map_err(|reason| StoreError::Folder { reason })?;
        let path = first.join(class.as_str());
        let os = |source| StoreError::Os {
            action: "write",
            path: path.clone(),
            source,
        };
        let (places, _) = Key::create(place.root, &place.path).map_err(os)?;
        if let Err(error) = aside::recover(&places) {
            tracing::debug!(%error, "what an interrupted registration left was not put back");
        }
        for _ in 0..TRIES {
            match write(&places, class, &values, force) {
                Ok(Written::Done) => return Ok(path),
                Ok(Written::Taken) => {
                    let class = class.clone();
                    return Err(StoreError::Exists { class, path });
                }
                Ok(Written::Again) => {}
                Err(source) => return Err(os(source)),
            }
        }
        Err(os(io::ErrorKind::ResourceBusy.into()))
    }

    /// Puts back what a registration left aside that was interrupted: by the
    /// end of the machine, say. That of a process that lives is left alone.
    ///
    /// # Errors
    /// A key can't be read or changed.
    pub fn recover(&self) -> Result<(), StoreError> {
        let Some(path) = self.places.first() else {
            return Ok(());
        };
        let place = Place::parse(path).map_err(|reason| StoreError::Folder { reason })?;
        let recovered = match key::open(&place, Access::Write) {
            Ok(None) => return Ok(()),
            Ok(Some(places)) => aside::recover(&places),
            Err(error) => Err(error),
        };
        recovered.map_err(|source| StoreError::Os {
            action: "tidy up",
            path: path.clone(),
            source,
        })
    }

    /// Removes a class from the first key and returns the key that it had.
    /// Values that the launcher does not know, and keys, stay: they are the
    /// file system's.
    ///
    /// # Errors
    /// It is not registered, or in another key only, or can't be removed.
    pub fn unregister(&self, class: &ClassName) -> Result<PathBuf, StoreError> {
        for (number, path) in self.places.iter().enumerate() {
            let place = Place::parse(path).map_err(|reason| StoreError::Folder { reason })?;
            let found = key::find(&place, class).map_err(|reason| StoreError::Folder { reason })?;
            let path = path.join(class.as_str());
            if found.is_none() {
                continue;
            }
            if number > 0 {
                let class = class.clone();
                return Err(StoreError::NotOwn { class, path });
            }
            let removed = Key::open(place.root, &place.path, Access::Write)
                .and_then(|places| remove(&places, class));
            return match removed {
                Ok(()) => Ok(path),
                Err(source) => Err(StoreError::Os {
                    action: "remove",
                    path,
                    source,
                }),
            };
        }
        let class = class.as_str().to_owned();
        Err(Error::ClassNotFound { class }.into())
    }
}

/// What is stored of a registration.
fn values(registration: &Registration) -> Result<Vec<RawValue>, StoreError> {
    let mut left = MAX_CLASS;
    let mut values = Vec::new();
    for (name, value) in registration.values() {
        let (kind, bytes) = value.to_bytes();
        let name: Vec<u16> = name.encode_utf16().collect();
        let too_long = || StoreError::TooLong {
            class: registration.class().clone(),
        };
        let value = RawValue {
            name,
            kind: kind.0,
            bytes,
        };
        left = left.checked_sub(value.size()).ok_or_else(too_long)?;
        values.push(value);
    }
    Ok(values)
}

enum Written {
    Done,
    /// There is such a class.
    Taken,
    /// Somebody else was faster.
    Again,
}

/// Writes the class beside its place and moves it there.
fn write(places: &Key, class: &ClassName, values: &[RawValue], force: bool) -> io::Result<Written> {
    let _turn = aside::turn();
    let found = key::read(places, class)?;
    if !force && found.as_ref().is_some_and(Found::is_class) {
        return Ok(Written::Taken);
    }
    let aside = aside::begin(places, class)?;
    let written = replace(places, class, found.as_ref(), values, &aside, force);
    let left = match &written {
        Ok(_) => aside.remove(),
        Err(_) => aside.put_back(class),
    };
    if let Err(error) = left {
        // The next one who registers a class tries again.
        tracing::debug!(%error, "a key beside the classes is left behind");
    }
    written
}

fn replace(
    places: &Key,
    class: &ClassName,
    found: Option<&Found>,
    values: &[RawValue],
    aside: &Aside<'_>,
    force: bool,
) -> io::Result<Written> {
    let key = aside.new_class()?;
    let name: Vec<u16> = class.as_str().encode_utf16().collect();
    if found.is_some() {
        match places
            .open_below(&name, Access::Read)
            .and_then(|old| old.copy_to(&key))
        {
            Err(error) if key::is_gone(&error) => return Ok(Written::Again),
            copied => copied?,
        }
        forget_known(&key)?;
    }
    for value in values {
        key.set(value)?;
    }
    if found.is_some() && !move_aside(places, &name, &aside.old_name(), force)? {
        return Ok(Written::Again);
    }
    match key.rename(&name) {
        Ok(()) => Ok(Written::Done),
        // Another has taken the place: what was there before is no more.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Written::Again),
        Err(error) => Err(error),
    }
}

/// Takes a key out of its place; `false` if somebody else did, or if there is a
/// class by now, which only force may replace. A key that is none never becomes
/// one: a class comes as a key of its own.
fn move_aside(places: &Key, name: &[u16], old: &[u16], force: bool) -> io::Result<bool> {
    let moved = places.open_below(name, Access::Write).and_then(|key| {
        let is_class = key.values(MAX_CLASS)?.iter().any(key::is_known);
        let may = force || !is_class;
        if may {
            key.rename(old)?;
        }
        Ok(may)
    });
    match moved {
        Err(error) if key::is_gone(&error) => Ok(false),
        moved => moved,
    }
}

/// Takes away what makes a key a class, and the key if nothing is left. Without
/// its executable, which goes first, it can't be used.
fn remove(places: &Key, class: &ClassName) -> io::Result<()> {
    let name: Vec<u16> = class.as_str().encode_utf16().collect();
    let key = places.open_below(&name, Access::Write)?;
    let executable: Vec<u16> = "Executable".encode_utf16().collect();
    key.remove_value(&executable)?;
    forget_known(&key)?;
    let rest = key.info()?;
    match rest.keys == 0 && rest.values == 0 {
        true => places.remove(&name),
        false => Ok(()),
    }
}

fn forget_known(key: &Key) -> io::Result<()> {
    for value in key
        .values(usize::MAX >> 1)?
        .iter()
        .filter(|value| key::is_known(value))
    {
        key.remove_value(&value.name)?;
    }
    Ok(())
}
