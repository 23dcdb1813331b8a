//! Why a command of xtask ends with a non-zero exit code.

use std::fmt;
use std::io;

/// A failure in words, ready to be printed.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure that says what went wrong.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// "failed to `act`", with the system's reason.
    pub(crate) fn to(act: &str, error: &io::Error) -> Self {
        Self(format!("failed to {act}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
