//! What the stand-in program does that each system does in its own way.

use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, exit};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fslaunch_os::testing;
use serde_json::Value;

use super::Messages;

/// `DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP`: what a daemon is here.
const BACKGROUND: u32 = 0x8 | 0x200;

/// From now on, does nothing when asked to end.
pub fn ignore_end() {
    // Handled, and then nothing is done: for whoever sends it, it is ignored.
    drop(on_break());
}

/// When asked to end, waits, makes a file, and ends with 0.
///
/// # Panics
/// When that can't be handled.
pub fn on_end(delay: Duration, file: Option<PathBuf>) {
    let asked = on_break();
    std::thread::spawn(move || {
        asked.recv().expect("CTRL-BREAK can be waited for");
        std::thread::sleep(delay);
        if let Some(file) = file {
            std::fs::write(file, "CTRL-BREAK").expect("the file can be written");
        }
        exit(0);
    });
}

/// Handles CTRL-BREAK from now on.
fn on_break() -> Receiver<()> {
    let (tell, asked) = channel();
    let (handles, ready) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime can be made").block_on(async {
            let mut breaks = tokio::signal::windows::ctrl_break().expect("it can be handled");
            let _ = handles.send(());
            while breaks.recv().await.is_some() {
                // Nobody may be interested.
                let _ = tell.send(());
            }
        });
    });
    ready.recv().expect("CTRL-BREAK can be handled");
    asked
}

/// Closes standard output.
///
/// # Panics
/// When that is not possible.
pub fn close_out() {
    testing::close_output().expect("standard output can be closed");
}

/// Starts this program again, detached from this one.
///
/// # Panics
/// When it can't be started.
pub fn start_another(words: &[String]) {
    let own = std::env::current_exe().expect("the program knows where it lies");
    let mut command = Command::new(own);
    command.args(words).creation_flags(BACKGROUND);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = command.stderr(Stdio::null()).spawn();
    drop(started.expect("the program can be started again"));
}

/// Says that it is ready, to a notification socket.
///
/// # Panics
/// Always: there is none here.
pub fn say_ready() {
    panic!("stand-in: there is no notification socket here");
}

/// Sends a message to the pipe of clients of WinFsp, and gives the reply.
///
/// # Panics
/// When nobody listens or replies in time.
pub fn message(pipe: &Path, message: &str) -> Option<String> {
    Messages::call(pipe, message)
}

/// Runs the rest of the command line as an ordinary user, and ends as it does.
/// It is taken word by word as it stands: nothing is quoted anew.
///
/// # Panics
/// When it can't be started.
pub fn run_restricted(_words: &[OsString]) -> ! {
    let line: Vec<u16> = testing::command_line().encode_wide().collect();
    let word: Vec<u16> = OsStr::new(" restricted ").encode_wide().collect();
    let at = line.windows(word.len()).position(|found| found == word);
    let rest = &line[at.expect("the word `restricted`") + word.len()..];
    let ran = testing::run_as_ordinary_user(&OsString::from_wide(rest));
    exit(ran.expect("the program can be run as an ordinary user"));
}

/// The words after `--`, or all if there is none, unit by unit: they may be no UTF-16.
pub fn arguments() -> Vec<Vec<u16>> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let after = words.iter().position(|word| word == "--");
    let chosen = words.iter().skip(after.map_or(0, |at| at + 1));
    chosen.map(|word| word.encode_wide().collect()).collect()
}

/// What only this system has: the command line in one piece.
pub fn facts() -> Vec<(&'static str, Value)> {
    let line = testing::command_line();
    vec![("command_line", line.to_string_lossy().into_owned().into())]
}
