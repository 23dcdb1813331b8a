//! Class files, written as an administrator would.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::class::{Class, Content};

/// The classes of one launcher: a folder.
#[derive(Debug)]
pub(crate) struct ClassStore {
    folder: PathBuf,
}

impl ClassStore {
    /// The one that the launcher in this folder looks into.
    pub(crate) fn of(place: &Path) -> Self {
        Self {
            folder: place.join("config/services.d"),
        }
    }

    /// Puts a class where the launcher looks for it.
    pub(crate) fn register(&self, class: &Class) {
        fs::write(self.file(class.name()), class.text()).expect("a class file can be written");
    }

    /// Takes it away again.
    pub(crate) fn unregister(&self, class: &str) {
        fs::remove_file(self.file(class)).expect("a class file can be removed");
    }

    /// Where a class's file lies.
    pub(crate) fn file(&self, class: &str) -> PathBuf {
        self.folder.join(format!("{class}.toml"))
    }
}

fn toml(fields: &[(String, Value)]) -> String {
    let mut text = String::new();
    for (field, value) in fields {
        // What JSON makes of these values is TOML as well.
        writeln!(text, "{field} = {value}").expect("text can be written");
    }
    text
}

impl crate::Daemon {
    /// How `launchctl` is told where the launcher's classes are.
    pub fn class_place(&self) -> [std::ffi::OsString; 2] {
        class_place(self.place(), "config")
    }

    /// Where a class's file lies.
    pub fn class_file(&self, class: &str) -> PathBuf {
        self.classes().file(class)
    }
}

impl Class {
    /// The text of the class file.
    pub fn text(&self) -> String {
        match &self.content() {
            Content::Fields(fields) => toml(fields),
            Content::Text(text) => text.clone(),
        }
    }
}

/// How `launchctl` is told where classes are: in a store of that name, in a
/// folder of a test.
pub fn class_place(place: &crate::Place, name: &str) -> [std::ffi::OsString; 2] {
    ["--config-dir".into(), place.path().join(name).into()]
}
