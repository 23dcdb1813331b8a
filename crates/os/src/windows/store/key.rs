//! The keys of classes: found and read.

use std::{
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use fslaunch_core::{
    name::ClassName,
    record::{Kind, RecordError, Registration, Value},
};
use fslaunch_protocol::Error;

use super::{
    MAX_CLASS, MAX_CLASSES,
    aside::{ASIDE, is_changing},
    place::Place,
};
use crate::windows::registry::{Access, Key, RawValue, Root, was_removed};

/// A class as its key has it.
#[derive(Debug)]
pub(super) struct Found {
    class: ClassName,
    values: Vec<RawValue>,
}

/// A registration, and the names of values that are not in it.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) registration: Registration,
    /// Names that no text can hold, as close as a text comes.
    pub(super) left_out: Vec<String>,
}

/// The key of all classes of a place; `None` if it is not there.
pub(super) fn open(place: &Place, access: Access) -> io::Result<Option<Key>> {
    match Key::open(place.root, &place.path, access) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The classes that have a key in a place, in no order. Keys that are not
/// called as a class can be are left out, which is logged for debugging only:
/// every caller may ask for the list, as often as they want.
///
/// # Errors
/// The place can't be read: a text that says why.
pub(super) fn classes(place: &Place) -> Result<Vec<ClassName>, String> {
    let failed = |error: io::Error| format!("failed to read {}: {error}", shown(place));
    let Some(key) = open(place, Access::Read).map_err(failed)? else {
        return Ok(vec![]);
    };
    let names = key.keys(MAX_CLASSES + 1).map_err(failed)?;
    if names.len() > MAX_CLASSES {
        let place = shown(place);
        tracing::debug!(
            place,
            "more than {MAX_CLASSES} classes: the rest is left out"
        );
    }
    let class = |name: &Vec<u16>| {
        let parsed = String::from_utf16(name)
            .ok()
            .and_then(|name| ClassName::parse(&name).ok());
        let name = String::from_utf16_lossy(name).escape_debug().to_string();
        if parsed.is_none() && !name.starts_with(ASIDE) {
            let place = shown(place);
            tracing::debug!(place, name, "a key is not called as a class can be");
        }
        parsed
    };
    Ok(names.iter().take(MAX_CLASSES).filter_map(class).collect())
}

/// Finds the key of a class and reads it. A key without a value that the
/// launcher knows is no class: a file system may keep values of its own there.
///
/// # Errors
/// It can't be read: a text that says why.
pub(super) fn find(place: &Place, class: &ClassName) -> Result<Option<Found>, String> {
    let failed = |error: io::Error| format!(r"failed to read {}\{class}: {error}", shown(place));
    let Some(places) = open(place, Access::Read).map_err(failed)? else {
        return Ok(None);
    };
    let found = settled(&places, class).map_err(failed)?;
    Ok(found.filter(Found::is_class))
}

/// Reads the key of a class. While somebody replaces it there is none for a
/// moment, but there are others beside it.
fn settled(places: &Key, class: &ClassName) -> io::Result<Option<Found>> {
    const PATIENCE: Duration = Duration::from_millis(100);
    /// It may be back between a look at it and one at those beside it.
    const LOOKS: u32 = 3;
    let until = Instant::now() + PATIENCE;
    let mut quiet = 0;
    loop {
        let found = read(places, class)?;
        if found.is_some() || quiet == LOOKS || Instant::now() >= until {
            return Ok(found);
        }
        if is_changing(places)? {
            thread::sleep(Duration::from_millis(1));
        } else {
            quiet += 1;
        }
    }
}

/// Reads the key of a class below the key of all classes.
pub(super) fn read(places: &Key, class: &ClassName) -> io::Result<Option<Found>> {
    const TRIES: usize = 100;
    let name: Vec<u16> = class.as_str().encode_utf16().collect();
    let mut tries = 0;
    let (spelled, values) = loop {
        let key = match places.open_below(&name, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            key => key?,
        };
        tries += 1;
        let read = key.values(MAX_CLASS);
        match read.and_then(|values| Ok((key.name()?, values))) {
            // Replaced meanwhile: the new one is there, or about to be.
            Err(error) if was_removed(&error) && tries < TRIES => {}
            read => break read?,
        }
    };
    // Not as it was asked for.
    let spelled = String::from_utf16(&spelled).ok();
    let spelled = spelled.and_then(|name| ClassName::parse(&name).ok());
    let class = spelled.unwrap_or_else(|| class.clone());
    Ok(Some(Found { class, values }))
}

impl Found {
    /// Whether it is a class at all.
    pub(super) fn is_class(&self) -> bool {
        self.values.iter().any(is_known)
    }

    /// The values, as the launcher and its tools know them.
    pub(super) fn registration(&self) -> Result<Read, RecordError> {
        let mut registration = Registration::new(self.class.clone());
        let mut left_out = Vec::new();
        for value in &self.values {
            let name = String::from_utf16(&value.name);
            match name {
                Ok(name) if !name.contains(char::is_control) => {
                    let value = Value::from_bytes(Kind(value.kind), &value.bytes);
                    registration.add(&name, value)?;
                }
                Ok(_) | Err(_) => left_out.push(String::from_utf16_lossy(&value.name)),
            }
        }
        Ok(Read {
            registration,
            left_out,
        })
    }
}

/// Whether the launcher knows a value of this name.
pub(super) fn is_known(value: &RawValue) -> bool {
    let Ok(name) = String::from_utf16(&value.name) else {
        return false;
    };
    Registration::knows(&name)
}

/// Whether a key is not there, or no more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || was_removed(error)
}

/// The registration with its texts ended where Windows programs end them:
/// installers that count the bytes of a text wrongly store it without its NUL,
/// or with something after it.
pub(super) fn tidy(registration: &Registration) -> Result<Registration, RecordError> {
    let mut tidy = Registration::new(registration.class().clone());
    for (name, value) in registration.values() {
        let value = match value {
            Value::Bytes(kind @ (Kind::TEXT | Kind::EXPAND_TEXT), bytes)
                if Registration::knows(name) =>
            {
                ended_text(*kind, bytes).unwrap_or_else(|| value.clone())
            }
            Value::Text(_)
            | Value::ExpandText(_)
            | Value::Number(_)
            | Value::Number64(_)
            | Value::List(_)
            | Value::Bytes(..) => value.clone(),
        };
        tidy.add(name, value)?;
    }
    Ok(tidy)
}

fn ended_text(kind: Kind, bytes: &[u8]) -> Option<Value> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| u16::from_le_bytes(pair));
    let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    let text = String::from_utf16(&units)
        .ok()
        .filter(|_| rest.is_empty())?;
    Some(match kind {
        Kind::EXPAND_TEXT => Value::ExpandText(text),
        _ => Value::Text(text),
    })
}

/// The error of a class that can't be used, with the key that it is in.
pub(super) fn problem(class: &ClassName, path: &Path, reason: &str) -> Error {
    Error::ClassUnusable {
        class: class.as_str().to_owned(),
        reason: format!("{}: {reason}", path.display()),
    }
}

/// A place as messages name it.
pub(super) fn shown(place: &Place) -> String {
    let root = match place.root {
        Root::Machine32 | Root::Machine64 => "HKLM",
        Root::User => "HKCU",
    };
    format!(r"{root}\{}", place.path)
}
