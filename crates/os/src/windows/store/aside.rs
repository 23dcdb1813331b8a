//! The keys beside the classes while one of them is replaced, and what is done about them when
//! whoever replaced it has died.
//!
//! A mark says which class they are about: it is there before them, and goes after them.

use std::{
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use fslaunch_core::{
    name::ClassName,
    record::{Kind, Value},
};

use super::{
    MAX_CLASS,
    key::{self, is_gone},
};
use crate::windows::{
    process,
    registry::{Access, Key, RawValue},
};

/// What the names of these keys begin with. No class has a `:` in its name, and few sort after
/// them.
pub(super) const ASIDE: &str = "~:fslaunch-";

const MARK: &str = ".for";
const NEW: &str = ".new";
const OLD: &str = ".old";

/// The value of a mark.
const CLASS: &str = "Class";

/// Under Wine 8 classes were lost where several threads renamed keys at once.
pub(super) fn turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys of one replacement.
pub(super) struct Aside<'a> {
    places: &'a Key,
    stem: String,
}

/// Marks that a class is about to be replaced.
pub(super) fn begin<'a>(places: &'a Key, class: &ClassName) -> io::Result<Aside<'a>> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let stem = format!("{ASIDE}{}-{count:020}", std::process::id());
        let aside = Aside { places, stem };
        // Not if an earlier process of the same ID has left one.
        if aside.mark(class)? {
            return Ok(aside);
        }
    }
}

impl Aside<'_> {
    /// `false` if there is such a mark.
    fn mark(&self, class: &ClassName) -> io::Result<bool> {
        let (mark, is_new) = self.places.create_below(&self.name(MARK))?;
        if is_new {
            let (kind, bytes) = Value::Text(class.as_str().to_owned()).to_bytes();
            mark.set(&RawValue {
                name: units(CLASS),
                kind: kind.0,
                bytes,
            })?;
        }
        Ok(is_new)
    }

    /// The key that the new class is written to.
    pub(super) fn new_class(&self) -> io::Result<Key> {
        Ok(self.places.create_below(&self.name(NEW))?.0)
    }

    /// What the old class is called until the new one is in its place.
    pub(super) fn old_name(&self) -> Vec<u16> {
        self.name(OLD)
    }

    /// Puts the old class where it was, unless there is another one by now, and removes the rest.
    ///
    /// # Errors
    /// The system's; or there are somebody's values by now, and no class.
    pub(super) fn put_back(&self, class: &ClassName) -> io::Result<()> {
        match self.places.open_below(&self.old_name(), Access::Write) {
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
            Ok(old) => match key::read(self.places, class)? {
                None => old.rename(&units(class.as_str()))?,
                Some(found) if found.is_class() => {}
                Some(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            },
        }
        self.remove()
    }

    /// The mark last: without it nobody would know what the others are.
    pub(super) fn remove(&self) -> io::Result<()> {
        for what in [NEW, OLD, MARK] {
            self.places.remove_tree(&self.name(what))?;
        }
        Ok(())
    }

    fn name(&self, what: &str) -> Vec<u16> {
        units(&format!("{}{what}", self.stem))
    }
}

/// Whether somebody replaces a class.
pub(super) fn is_changing(places: &Key) -> io::Result<bool> {
    let aside = units(ASIDE);
    let names = places.keys(super::MAX_CLASSES)?;
    Ok(names.iter().any(|name| name.starts_with(&aside)))
}

/// Puts back each class whose replacement was interrupted: it is as it was before, or as it was
/// to become.
///
/// # Errors
/// The system's, for the first one that could not be put back.
pub(super) fn recover(places: &Key) -> io::Result<()> {
    let _turn = turn();
    let marks = places.keys(usize::MAX)?.into_iter().filter_map(|name| {
        let name = String::from_utf16(&name).ok()?;
        let stem = name.strip_suffix(MARK)?;
        stem.starts_with(ASIDE).then(|| stem.to_owned())
    });
    marks
        .map(|stem| Aside { places, stem }.recover())
        .fold(Ok(()), Result::and)
}

impl Aside<'_> {
    fn recover(&self) -> io::Result<()> {
        let mark = match self.places.open_below(&self.name(MARK), Access::Read) {
            Err(error) if is_gone(&error) => return Ok(()),
            mark => mark?,
        };
        if self.is_at_work(mark.info()?.written) {
            return Ok(());
        }
        match marked(&mark)? {
            Some(class) => self.put_back(&class),
            None => self.remove(),
        }
    }

    /// Whether the process that made the mark is there still. What can't be told is not touched.
    fn is_at_work(&self, written: u64) -> bool {
        let pid = self.stem.strip_prefix(ASIDE);
        let pid = pid.and_then(|pid| pid.split('-').next()?.parse().ok());
        let made = pid.map_or(Ok(None), process::start_time);
        made.map_or(true, |made| made.is_some_and(|made| made <= written))
    }
}

/// The class that a mark is about; `None` if its maker did not get that far.
fn marked(mark: &Key) -> io::Result<Option<ClassName>> {
    let values = mark.values(MAX_CLASS)?;
    let value = values.iter().find(|value| value.name == units(CLASS));
    let value = value.map(|value| Value::from_bytes(Kind(value.kind), &value.bytes));
    Ok(match value {
        Some(Value::Text(class)) => ClassName::parse(&class).ok(),
        Some(_) | None => None,
    })
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}
