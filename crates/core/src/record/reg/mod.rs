//! `.reg` files, as the registry editor of Windows writes and reads them.
//!
//! A reader of our own: it keeps the type and the bytes of every value, tells
//! the line of what it can't read, and says what it left out. Those that read
//! as the registry editor does skip such lines in silence.

mod read;
mod text;
mod write;

use super::Registration;

pub use text::decode;
pub(super) use text::{hex_bytes, hex_text};

/// The classes of a `.reg` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The classes, in the order of the file.
    pub classes: Vec<Registration>,
    /// What else is in the file and was left out, in words.
    pub ignored: Vec<String>,
}

impl Import {
    /// The most bytes of a file that is read.
    pub const MAX_BYTES: usize = Registration::MAX_BYTES;

    /// Reads a file: UTF-16 as the registry editor writes it, or UTF-8. It may
    /// hold several classes, each a key under
    /// `HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\WinFsp\Services`, or the same
    /// without `WOW6432Node`.
    ///
    /// # Errors
    /// It is too long, not text, not a `.reg` file, or has a line that can't be
    /// read where a class is; or it deletes a class.
    pub fn parse(bytes: &[u8]) -> Result<Import, RegError> {
        read::import(&decode(bytes)?)
    }
}

impl Registration {
    /// Classes as the text of a `.reg` file, with the line ends of Windows.
    /// What is read from it again is equal.
    pub fn to_reg<'a>(registrations: impl IntoIterator<Item = &'a Registration>) -> String {
        write::export(registrations)
    }
}

/// Why a `.reg` file can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum RegError {
    /// It is longer than any reader takes.
    #[error("the file is longer than {limit} bytes")]
    TooLong { limit: usize },
    /// Its bytes are not text.
    #[error("the file is neither UTF-8 nor UTF-16")]
    NotText,
    /// Its first line is not that of a `.reg` file.
    #[error(
        "line {line}: a .reg file begins with 'Windows Registry Editor Version 5.00' or 'REGEDIT4'"
    )]
    Header { line: usize },
    /// A line that can't be read.
    #[error("line {line}: {reason}")]
    Line { line: usize, reason: String },
}
