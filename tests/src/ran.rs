//! Commands that tests run, each with a deadline.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::{processes, system};

/// More than the launcher's longest time-out.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command that has ended, with what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The command and its arguments, for messages.
    pub command: String,
    /// Exit code, or 128 and the number of the signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command with `input` on standard input.
///
/// # Panics
/// When it can't be started or does not end in time.
pub fn run_with_deadline(command: &mut Command, input: &[u8]) -> Ran {
    run_within(command, input, DEADLINE)
}

/// The same with a deadline of its own.
pub(crate) fn run_within(command: &mut Command, input: &[u8], deadline: Duration) -> Ran {
    let text = format!("{command:?}");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let pid = child.id();
    let (send, ended) = channel();
    let input = input.to_vec();
    std::thread::spawn(move || {
        use std::io::Write;
        if let Some(mut stdin) = child.stdin.take() {
            // It may well end without reading.
            let _ = stdin.write_all(&input);
        }
        let _ = send.send(child.wait_with_output());
    });
    match ended.recv_timeout(deadline) {
        Ok(output) => Ran::new(text, &output.expect("its output can be read")),
        Err(_) => {
            processes::kill(pid);
            panic!("{text} did not end within {} s", deadline.as_secs());
        }
    }
}

impl Ran {
    fn new(command: String, output: &Output) -> Self {
        let signal = || 128 + system::process_signal(output.status).unwrap_or_default();
        Self {
            command,
            code: output.status.code().unwrap_or_else(signal),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Expects success in the original's words: `OK` first, exit code 0.
    /// Gives the lines after it.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn ok(&self) -> Vec<&str> {
        let mut lines = self.out.lines();
        assert_eq!((self.code, lines.next()), (0, Some("OK")), "{self:#?}");
        lines.collect()
    }

    /// Expects the launcher's refusal with that Win32 code, in the original's
    /// words, followed by the cause in words. Gives the cause.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn ko(&self, code: u32) -> &str {
        let first = format!("KO launcher: error {code} (");
        let cause = self.out.trim_end().strip_prefix(&first);
        let cause = cause.and_then(|cause| cause.strip_suffix(')'));
        assert_ne!(self.code, 0, "{self:#?}");
        cause.unwrap_or_else(|| panic!("no `{first}...)`: {self:#?}"))
    }

    /// Expects wrong usage: words on standard error, exit code 87.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn wrong_usage(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (87, ""), "{self:#?}");
        assert!(!self.err.is_empty(), "{self:#?}");
        &self.err
    }

    /// Expects success and JSON on standard output.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{self:#?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
