//! Classes in the registry, written as an installer would.

use std::path::Path;

use serde_json::Value;
use windows_registry::{CURRENT_USER, Key};

use crate::class::{Class, Content};

/// The classes of one launcher: a key of the user's, in the name of the
/// folder of the test.
#[derive(Debug)]
pub(crate) struct ClassStore {
    own: String,
}

impl ClassStore {
    /// The one of the launcher in this folder.
    pub(crate) fn of(place: &Path) -> Self {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        Self {
            own: format!(r"Software\{name}"),
        }
    }

    /// What the launcher is told with `--classes`.
    pub(crate) fn key(&self) -> String {
        format!(r"HKCU\{}\Services", self.own)
    }

    /// Makes the key, empty.
    pub(crate) fn make(&self) {
        self.open();
    }

    /// Puts a class where the launcher looks for it.
    pub(crate) fn register(&self, class: &Class) {
        let Content::Fields(fields) = class.content() else {
            panic!("classes are no files here: ask for Need::Linux");
        };
        let services = self.open();
        // No value of an earlier class of that name.
        let _ = services.remove_tree(class.name());
        let key = services.create(class.name()).expect("a key can be made");
        for (field, value) in fields {
            set(&key, &name(field), value);
        }
    }

    /// Takes it away again.
    pub(crate) fn unregister(&self, class: &str) {
        let removed = self.open().remove_tree(class);
        removed.expect("the key of a class can be removed");
    }

    /// Removes all of it.
    pub(crate) fn remove(&self) {
        let _ = CURRENT_USER.remove_tree(&self.own);
    }

    fn open(&self) -> Key {
        let path = format!(r"{}\Services", self.own);
        CURRENT_USER.create(path).expect("a key can be made")
    }
}

impl crate::Daemon {
    /// How `launchctl` is told where the launcher's classes are.
    pub fn class_place(&self) -> [std::ffi::OsString; 2] {
        ["--classes".into(), self.classes_key().into()]
    }
}

/// How `launchctl` is told where classes are: in a store of that name, which
/// goes with the folder of a test.
pub fn class_place(place: &crate::Place, name: &str) -> [std::ffi::OsString; 2] {
    let own = ClassStore::of(place.path()).own;
    ["--classes".into(), format!(r"HKCU\{own}\{name}").into()]
}

fn set(key: &Key, name: &str, value: &Value) {
    let set = match value {
        Value::String(text) => key.set_string(name, text),
        Value::Bool(yes) => key.set_u32(name, (*yes).into()),
        Value::Number(number) => {
            let number = number.as_u64().and_then(|number| number.try_into().ok());
            key.set_u32(name, number.expect("a number of 32 bits"))
        }
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            key.set_multi_string(name, &words)
        }
        Value::Null | Value::Object(_) => panic!("{name}: no value of a class"),
    };
    set.expect("a value can be set");
}

/// The name of a field in the registry: `command-line` is `CommandLine`.
fn name(field: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    field.split('-').map(capital).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_named_as_in_the_registry() {
        assert_eq!(super::name("command-line"), "CommandLine");
        assert_eq!(super::name("executable"), "Executable");
    }
}
