//! Names of entries: which are possible, and which mean the same entry.

use std::borrow::Cow;

use super::Error;

/// Longest name of an entry, in bytes, unless the volume is made for [longer ones](super::Volume::with_names_of).
pub const MAX_NAME: usize = 255;

/// Whether names that differ only in case mean the same entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseRule {
    /// `a` and `A` are two entries.
    #[default]
    Sensitive,
    /// `a` and `A` are one entry, which keeps the spelling it was created with.
    Insensitive,
}

impl CaseRule {
    /// The form under which a name is filed: equal exactly for names that mean the same entry.
    ///
    /// Names are bytes, UTF-8 by convention. Without case, each character is upper-cased on its own as in the
    /// up-case tables of Windows volumes: a character whose upper case is more than one character stays (`ß`), and so
    /// does one outside ASCII whose upper case is inside (`ı`, `ſ`). Bytes that are not UTF-8 stay as they are.
    ///
    /// ```
    /// use memfs::core::CaseRule;
    /// assert_eq!(CaseRule::Insensitive.key("Straße".as_bytes()), CaseRule::Insensitive.key("sTRAßE".as_bytes()));
    /// assert_ne!(CaseRule::Sensitive.key(b"a"), CaseRule::Sensitive.key(b"A"));
    /// ```
    pub fn key(self, name: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Sensitive => Cow::Borrowed(name),
            Self::Insensitive if name.is_ascii() => Cow::Owned(name.to_ascii_uppercase()),
            Self::Insensitive => Cow::Owned(upper_case(name)),
        }
    }
}

fn upper_case(name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars().map(upper_char) {
            key.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        key.extend_from_slice(chunk.invalid());
    }
    key
}

fn upper_char(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if one.is_ascii() == c.is_ascii() => one,
        (Some(_) | None, Some(_) | None) => c,
    }
}

/// Refuses what cannot be the name of an entry, also one of more than `most` bytes.
pub(super) fn check(name: &[u8], most: usize) -> Result<(), Error> {
    if name.len() > most {
        return Err(Error::NameTooLong);
    }
    if matches!(name, b"" | b"." | b"..") || name.iter().any(|b| matches!(b, b'/' | 0)) {
        return Err(Error::InvalidName);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        CaseRule::Insensitive.key(a.as_bytes()) == CaseRule::Insensitive.key(b.as_bytes())
    }

    #[test]
    fn letters_of_any_script_lose_their_case_one_by_one() {
        for (a, b) in [
            ("readme.TXT", "README.txt"),
            ("äöü", "ÄÖÜ"),
            ("λόγος", "ΛΌΓΟΣ"),
            ("жук", "ЖУК"),
        ] {
            assert!(same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn characters_that_would_become_several_or_ascii_stay() {
        for (a, b) in [("ß", "SS"), ("ﬁ", "FI"), ("ı", "I"), ("ſ", "S"), ("a", "á")] {
            assert!(!same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_as_they_are() {
        let rule = CaseRule::Insensitive;
        assert_eq!(rule.key(b"a\xffb"), rule.key(b"A\xffB"));
        assert_ne!(rule.key(b"a\xe4"), rule.key(b"a\xc4"));
    }

    #[test]
    fn impossible_names_are_refused() {
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0b"] {
            assert_eq!(check(name, MAX_NAME), Err(Error::InvalidName), "{name:?}");
        }
        assert_eq!(check(b"...", MAX_NAME), Ok(()));
        for most in [MAX_NAME, 3 * MAX_NAME] {
            assert_eq!(check(&vec![b'x'; most], most), Ok(()));
            let longer = vec![b'x'; most + 1];
            assert_eq!(check(&longer, most), Err(Error::NameTooLong));
        }
    }
}
