//! What the program prints, and its exit code.

use crate::exit;
use crate::usage::Usage;
use fslaunch_protocol::escape;
use std::io::{self, Write};
use std::process::ExitCode;

/// What the program prints, and its exit code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: u8,
}

impl Outcome {
    /// A success that prints this.
    pub(crate) fn success(out: impl Into<String>) -> Self {
        Self {
            out: out.into(),
            ..Self::default()
        }
    }

    /// Wrong arguments: words on standard error, as the original has them.
    pub(crate) fn wrong_usage(wrong: &Usage) -> Self {
        let words = wrong.to_string();
        let err = format!(
            "launchctl: {}\nTry 'launchctl help'.\n",
            escape::line(&words)
        );
        Self {
            err,
            code: exit::WRONG,
            ..Self::default()
        }
    }

    /// Prints it. Whoever does not listen to the end misses the rest.
    pub(crate) fn print(&self) -> ExitCode {
        let printed = print(io::stdout().lock(), &self.out);
        match printed.and(print(io::stderr().lock(), &self.err)) {
            Ok(()) => self.code.into(),
            Err(_) => self.code.max(exit::OTHER).into(),
        }
    }
}

fn print(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
