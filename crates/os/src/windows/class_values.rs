//! The values of a class, as programs that register themselves read and
//! change them: one by one, and without asking what they mean.

use std::io;

use fslaunch_core::{
    name::ClassName,
    record::{Kind, Registration, Value},
};

use super::{
    registry::{Access, Key, RawValue, Root},
    store::ClassStore,
};

/// Where the classes are (launcher specification, section 4).
const CLASSES: &str = r"Software\WinFsp\Services";

/// The values of a class; `None` if it is not registered, or can't be read.
pub fn read(class: &ClassName) -> Option<Registration> {
    ClassStore::system().values(class).ok()
}

/// Registers a class if need be, and gives its values these contents, in this
/// order; `None` deletes. Other values stay as they are.
///
/// # Errors
/// What the system says. What was changed before stays changed.
///
/// # Platform behaviour
/// On Windows the values need not make a record that can be used, and are
/// written to the system's classes, whoever asks.
pub fn change(class: &ClassName, changes: &[(&str, Option<Value>)]) -> io::Result<()> {
    let (key, _) = Key::create(Root::Machine32, &format!(r"{CLASSES}\{class}"))?;
    for (name, value) in changes {
        let name = units(name);
        match value {
            Some(value) => {
                let (Kind(kind), bytes) = value.to_bytes();
                key.set(&RawValue { name, kind, bytes })?;
            }
            None => key.remove_value(&name)?,
        }
    }
    Ok(())
}

/// Deletes a class, and all that is in its key; one that is not there is
/// deleted.
///
/// # Errors
/// What the system says.
pub fn remove(class: &ClassName) -> io::Result<()> {
    match Key::open(Root::Machine32, CLASSES, Access::Write) {
        Ok(classes) => classes.remove_tree(&units(class.as_str())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}
