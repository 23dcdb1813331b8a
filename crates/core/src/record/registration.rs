//! What an administrator registered, value by value.

use std::collections::{HashMap, hash_map::Entry};

use fslaunch_access::Sid;

use super::{
    ClassRecord, Platform, RecordError, Trustee, Value,
    field::{self, Field},
    read, toml,
};
use crate::name::{ClassName, fold};

/// A class as it is stored: its name, and named values of the registry's
/// types. Those that the launcher does not know are the file system's own and
/// stay as they are, whatever format the class is read from and written to.
///
/// ```
/// use fslaunch_core::{name::ClassName, record::{Platform, Registration}};
///
/// let class = ClassName::parse("memfs64")?;
/// let file = "executable = '/usr/bin/memfs'\ncommand-line = '-u %1 -m %2'\ncolour = 'blue'\n";
/// let registration = Registration::from_toml(class, file)?;
/// let record = registration.record(&Platform::UNIX, &|_| None)?;
/// assert_eq!(record.executable, "/usr/bin/memfs");
/// assert_eq!(record.unknown[0].0, "colour");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Registration {
    class: ClassName,
    values: Vec<(String, Value)>,
    /// Where each value is, by its folded name.
    positions: HashMap<String, usize>,
}

impl PartialEq for Registration {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class && self.values().eq(other.values())
    }
}

impl Eq for Registration {}

impl Registration {
    /// The most bytes of a class file that is read.
    pub const MAX_BYTES: usize = 1 << 20;

    /// A class without values.
    pub fn new(class: ClassName) -> Registration {
        Registration {
            class,
            values: Vec::new(),
            positions: HashMap::new(),
        }
    }

    /// Reads a class file.
    ///
    /// # Errors
    /// It is too long or not TOML, a value is of a type that the registry does
    /// not have, or a value is there twice.
    pub fn from_toml(class: ClassName, text: &str) -> Result<Registration, RecordError> {
        toml::read(class, text)
    }

    /// Whether the launcher knows a value of this name; else it is the file
    /// system's own.
    pub fn knows(name: &str) -> bool {
        field::find(name).is_some()
    }

    /// The class as a class file. What is read from it again is equal.
    pub fn to_toml(&self) -> String {
        toml::write(self)
    }

    /// The class.
    pub fn class(&self) -> &ClassName {
        &self.class
    }

    /// All values by name: those that the launcher knows first, under their
    /// names in the registry, then the others as they came.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        let known = field::ALL
            .iter()
            .filter_map(|field| Some((field.name, self.get(*field)?)));
        let values = self
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), value));
        known.chain(values.filter(|(name, _)| !Self::knows(name)))
    }

    /// Adds a value. Names ignore case, and those that the launcher knows
    /// ignore `-` and `_` as well.
    ///
    /// # Errors
    /// The value is there already, or its name has a control character in it,
    /// which no `.reg` file could hold.
    pub fn add(&mut self, name: &str, value: Value) -> Result<(), RecordError> {
        if name.contains(char::is_control) {
            return Err(RecordError::Name {
                name: name.to_owned(),
            });
        }
        let name = field::find(name).map_or(name, |field| field.name);
        match self.positions.entry(fold(name)) {
            Entry::Occupied(_) => Err(RecordError::Twice {
                name: name.to_owned(),
            }),
            Entry::Vacant(vacant) => {
                vacant.insert(self.values.len());
                self.values.push((name.to_owned(), value));
                Ok(())
            }
        }
    }

    /// What the values mean on a system. `resolve` finds the SIDs of users and
    /// groups that the record names in plain words.
    ///
    /// # Errors
    /// A value is missing, of the wrong type or not one of those that it can be.
    pub fn record(
        &self,
        platform: &Platform,
        resolve: &dyn Fn(&Trustee) -> Option<Sid>,
    ) -> Result<ClassRecord, RecordError> {
        read::record(self, platform, resolve)
    }

    pub(super) fn get(&self, field: Field) -> Option<&Value> {
        let position = *self.positions.get(&fold(field.name))?;
        self.values.get(position).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_once_whatever_its_spelling() {
        let mut registration = Registration::new(ClassName::parse("a").unwrap());
        let value = Value::Number(1);
        registration.add("job_control", value.clone()).unwrap();
        registration.add("My-Own", value.clone()).unwrap();
        registration.add("MyOwn", value.clone()).unwrap();
        for twice in ["JobControl", "job-control", "my-own"] {
            let error = registration.add(twice, value.clone()).unwrap_err();
            assert!(matches!(error, RecordError::Twice { .. }), "{twice}");
        }
        let names: Vec<&str> = registration.values().map(|(name, _)| name).collect();
        assert_eq!(names, ["JobControl", "My-Own", "MyOwn"]);
    }
}
