//! Where others than its process could read a secret.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Daemon, Need, lacking, processes, until};

impl Daemon {
    /// The places that show a text which nobody but the instance should have:
    /// the launcher's log, its folders and its answers, and the arguments and
    /// environments of all processes, as far as
    /// [they can be read](Self::words_of_processes_are_found). What instances
    /// report is left out.
    ///
    /// The text must be one that no other test has.
    pub fn places_that_show(&self, text: &str, class: &str, instance: &str) -> Vec<String> {
        let mut places = vec![("the log".to_owned(), self.log().into_bytes())];
        for words in [&["list", "--all"][..], &["info", class, instance]] {
            let ran = self.launchctl(words);
            places.push((words.join(" "), [ran.out, ran.err].concat().into_bytes()));
        }
        places.extend(processes::public_words());
        for folder in ["config", "state", "run", "log"] {
            files_below(&self.place().path().join(folder), &mut places);
        }
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        places.retain(|(_, bytes)| holds(bytes, text.as_bytes()) || holds(bytes, &units));
        places.into_iter().map(|(place, _)| place).collect()
    }

    /// Proves that a text is found which nothing has but the arguments of a process, or nothing
    /// but its environment. Says so aloud where a system keeps them from the tests.
    ///
    /// # Panics
    /// When it is not found.
    pub fn words_of_processes_are_found(&self) {
        let [argument, variable] =
            ["argument", "variable"].map(|what| format!("only-{what}-{}", self.pid()));
        let mut command = Command::new(self.program("stand-in"));
        command.args(["wait", "--", &argument]);
        command.env("FSLAUNCH_TEST_WORD", &variable);
        let mut process = command.spawn().expect("the stand-in can be started");
        for (need, text) in [(Need::Arguments, argument), (Need::Environments, variable)] {
            if !lacking(&[need]) {
                let shown = || {
                    processes::public_words()
                        .iter()
                        .any(|(_, bytes)| holds(bytes, text.as_bytes()))
                };
                until(&format!("{need:?} of a process are found"), shown);
            }
        }
        process.kill().expect("it runs");
        process.wait().expect("it has ended");
    }
}

fn files_below(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files_below(&path, places),
            // A socket is none that could be read.
            false => places.push((
                path.display().to_string(),
                fs::read(&path).unwrap_or_default(),
            )),
        }
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|part| part == text)
}
