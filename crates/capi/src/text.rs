//! Texts in UTF-16, as C programs have them.

use std::fmt;

use zeroize::Zeroizing;

/// A text without its NUL and without any other. It may be a secret: its
/// memory is wiped when it is dropped, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text(Zeroizing<Vec<u16>>);

impl Text {
    /// Takes the units over; there is no NUL among them.
    pub(crate) fn new(units: Zeroizing<Vec<u16>>) -> Text {
        debug_assert!(!units.contains(&0));
        Text(units)
    }

    pub(crate) fn units(&self) -> &[u16] {
        &self.0
    }

    /// The text in UTF-8; `None` if there is half a character in it.
    pub(crate) fn to_string(&self) -> Option<String> {
        String::from_utf16(&self.0).ok()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::new(Zeroizing::new(text.encode_utf16().collect()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} units)", self.0.len())
    }
}
