//! What the stand-in program says about itself.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::system::{Unit, text};
use crate::until_some;

/// A report of the stand-in program.
#[derive(Debug, Clone, PartialEq)]
pub struct Report(Value);

impl Report {
    /// Waits for the report in a file. The file appears whole.
    ///
    /// # Panics
    /// When it does not appear in time, or is none.
    pub fn read(path: &Path) -> Self {
        let what = format!("{} is there", path.display());
        let bytes = until_some(&what, || fs::read(path).ok());
        Self(serde_json::from_slice(&bytes).expect("a report is JSON"))
    }

    /// The words after `--` on the program's command line, unit by unit as the
    /// system has them.
    ///
    /// # Panics
    /// When the report has none.
    pub fn arguments(&self) -> Vec<Vec<Unit>> {
        serde_json::from_value(self.0["arguments"].clone()).expect("a list of words")
    }

    /// The same, where they are text.
    ///
    /// # Panics
    /// When they are not UTF-8 or UTF-16.
    pub fn words(&self) -> Vec<String> {
        let words = self.arguments().into_iter();
        words.map(|word| text(word).expect("a text")).collect()
    }

    /// The command line as the process got it; on Windows only.
    pub fn command_line(&self) -> Option<&str> {
        self.0["command_line"].as_str()
    }

    /// A variable of its environment.
    pub fn environment(&self, name: &str) -> Option<&str> {
        self.0["environment"].get(name)?.as_str()
    }

    /// The names of all variables of its environment.
    pub fn environment_names(&self) -> Vec<&str> {
        let all = self.0["environment"].as_object();
        all.map(|all| all.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    /// Its open files: number and what it leads to.
    pub fn files(&self) -> Vec<(u32, &str)> {
        let all = self.0["files"].as_object().into_iter().flatten();
        all.filter_map(|(number, path)| Some((number.parse().ok()?, path.as_str()?)))
            .collect()
    }

    /// A line of its `/proc/self/status`, such as `Uid` or `Groups`.
    ///
    /// # Panics
    /// When there is no such line.
    pub fn status(&self, line: &str) -> &str {
        self.0["status"][line]
            .as_str()
            .unwrap_or_else(|| panic!("a line {line} in the status"))
    }

    /// The real, effective, saved and file-system ID of its user.
    pub fn uids(&self) -> Vec<u32> {
        numbers(self.status("Uid"))
    }

    /// The real, effective, saved and file-system ID of its group.
    pub fn gids(&self) -> Vec<u32> {
        numbers(self.status("Gid"))
    }

    /// Its supplementary groups.
    pub fn groups(&self) -> Vec<u32> {
        numbers(self.status("Groups"))
    }

    /// A line of its `/proc/self/limits`: the soft and the hard limit.
    pub fn limit(&self, name: &str) -> &str {
        self.0["limits"][name].as_str().unwrap_or_default()
    }

    /// Its working directory.
    pub fn work_directory(&self) -> &str {
        self.0["work_directory"].as_str().unwrap_or_default()
    }

    /// What it read from standard input, if it was told to.
    pub fn secret(&self) -> Option<&str> {
        self.0["secret"].as_str()
    }

    /// Its process ID.
    ///
    /// # Panics
    /// When the report has none.
    pub fn pid(&self) -> u32 {
        self.0["pid"]
            .as_u64()
            .and_then(|pid| pid.try_into().ok())
            .expect("a process ID")
    }

    /// Everything that is in the report, as text.
    pub fn text(&self) -> String {
        self.0.to_string()
    }
}

fn numbers(line: &str) -> Vec<u32> {
    line.split_whitespace()
        .map(|word| word.parse().expect("a number in the status"))
        .collect()
}
