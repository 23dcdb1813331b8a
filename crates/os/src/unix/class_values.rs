//! The values of a class, as programs that register themselves read and
//! change them: one by one, and without asking what they mean.

use std::{io, path::PathBuf};

use fslaunch_core::{
    name::ClassName,
    record::{Registration, Value},
};
use fslaunch_protocol::Error;

use super::{
    dial, environment,
    store::{ClassStore, StoreError},
};

/// The values of a class; `None` if it is not registered, or can't be read.
pub fn read(class: &ClassName) -> Option<Registration> {
    store().registration(class).ok()
}

/// Registers a class if need be, and gives its values these contents, in this
/// order; `None` deletes. Other values stay as they are.
///
/// # Errors
/// `InvalidInput` if the class could not be used then; or what the system says.
///
/// # Platform behaviour
/// On Linux the file is replaced as a whole, and a record that could not be
/// used is refused. `FSLAUNCH_CONFIG_DIR` names another folder.
pub fn change(class: &ClassName, changes: &[(&str, Option<Value>)]) -> io::Result<()> {
    let store = store();
    let old = match store.registration(class) {
        Ok(old) => old,
        Err(Error::ClassNotFound { .. }) => Registration::new(class.clone()),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let new = changed(&old, changes)?;
    store.register(&new, true).map_err(told)?;
    Ok(())
}

/// Deletes a class; one that is not there is deleted.
///
/// # Errors
/// What the system says.
pub fn remove(class: &ClassName) -> io::Result<()> {
    match store().unregister(class) {
        Ok(_) | Err(StoreError::Class(Error::ClassNotFound { .. })) => Ok(()),
        Err(error) => Err(told(error)),
    }
}

/// The classes of the system for root, and their own for everybody else.
fn store() -> ClassStore {
    let whose = if dial::is_administrator() {
        ClassStore::system()
    } else {
        ClassStore::user()
    };
    let chosen = environment::choice("FSLAUNCH_CONFIG_DIR").map(PathBuf::from);
    match chosen.filter(|folder| folder.is_absolute()) {
        Some(folder) => ClassStore::at(vec![folder.join("services.d")], whose.trust().clone()),
        None => whose,
    }
}

fn changed(old: &Registration, changes: &[(&str, Option<Value>)]) -> io::Result<Registration> {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = old.values().filter(|(name, _)| !is_changed(name));
    let kept = kept.map(|(name, value)| (name, value.clone()));
    let new = changes
        .iter()
        .filter_map(|(name, value)| Some((*name, value.clone()?)));
    let mut registration = Registration::new(old.class().clone());
    for (name, value) in kept.chain(new) {
        let added = registration.add(name, value);
        added.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    }
    Ok(registration)
}

fn told(error: StoreError) -> io::Error {
    let kind = match &error {
        StoreError::Class(_) | StoreError::TooLong { .. } => io::ErrorKind::InvalidInput,
        StoreError::Exists { .. } => io::ErrorKind::AlreadyExists,
        StoreError::NotOwn { .. } | StoreError::Folder { .. } => io::ErrorKind::PermissionDenied,
        StoreError::NoFolder => io::ErrorKind::NotFound,
        StoreError::Os { source, .. } => source.kind(),
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_named_stay_as_they_are() {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut old = Registration::new(ClassName::parse("a").unwrap());
        for (name, value) in [
            ("Executable", text("/x")),
            ("Stderr", text("/y")),
            ("own", text("z")),
        ] {
            old.add(name, value).unwrap();
        }
        let changes = [
            ("Stderr", None),
            ("JobControl", Some(Value::Number(0))),
            ("RunAs", None),
        ];
        let new = changed(&old, &changes).unwrap();
        let names: Vec<&str> = new.values().map(|(name, _)| name).collect();
        assert_eq!(names, ["Executable", "JobControl", "own"]);
    }
}
