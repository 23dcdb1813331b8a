//! Classes, written as an administrator would: class files on Linux, keys of
//! the registry on Windows.

use std::path::Path;

use serde_json::Value;

use crate::Daemon;

/// What a class says.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    name: String,
    content: Content,
}

/// The fields of a class, or a class file that is not what it should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Fields(Vec<(String, Value)>),
    Text(String),
}

impl Class {
    /// A class with nothing but a program.
    pub fn new(name: &str, executable: impl AsRef<Path>) -> Self {
        let executable = executable.as_ref().to_str().expect("a path in UTF-8");
        Self::without_executable(name).set("executable", executable)
    }

    /// A class of the stand-in program. `command_line` is a template that
    /// says how it behaves; see the program's own documentation.
    pub fn stand_in(daemon: &Daemon, name: &str, command_line: &str) -> Self {
        Self::new(name, daemon.program("stand-in")).set("command-line", command_line)
    }

    /// A class that says nothing yet.
    pub fn without_executable(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Fields(vec![]),
        }
    }

    /// A class that can't be used: its program is a number.
    pub fn unusable(name: &str) -> Self {
        Self::without_executable(name).set("executable", 1)
    }

    /// A class file that is not what it should be. There are none on Windows.
    pub fn from_text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Text(text.to_owned()),
        }
    }

    /// The same with one more field, under its name in class files: text, a
    /// number, a truth value or a list of texts.
    ///
    /// # Panics
    /// When the class has no fields but a text.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        match &mut self.content {
            Content::Fields(fields) => fields.push((field.to_owned(), value.into())),
            Content::Text(_) => panic!("class {} is a text", self.name),
        }
        self
    }

    /// The same, and everybody may start, stop and query it.
    pub fn for_everyone(self) -> Self {
        self.set("security", "D:P(A;;RPWPLC;;;WD)")
    }

    /// The name of the class.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }
}
