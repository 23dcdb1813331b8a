//! Class files, written as an administrator would.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::Daemon;

/// The text of a class file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    name: String,
    text: String,
}

impl Class {
    /// A class with nothing but a program.
    pub fn new(name: &str, executable: impl AsRef<Path>) -> Self {
        let class = Self {
            name: name.to_owned(),
            text: String::new(),
        };
        let executable = executable.as_ref().to_str().expect("a path in UTF-8");
        class.set("executable", executable)
    }

    /// A class of the stand-in program. `command_line` is a template that
    /// says how it behaves; see the program's own documentation.
    pub fn stand_in(daemon: &Daemon, name: &str, command_line: &str) -> Self {
        Self::new(name, daemon.program("stand-in")).set("command-line", command_line)
    }

    /// A class whose file is not what it should be.
    pub fn from_text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The same with one more field: text, a number, a truth value or a list
    /// of texts.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        // What JSON makes of these values is TOML as well.
        writeln!(self.text, "{field} = {}", value.into()).expect("text can be written");
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

    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }
}
