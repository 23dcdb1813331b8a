//! Names of classes and instances.
//!
//! They compare without case, as Windows compares the names of files and
//! registry keys: character by character, whatever the language.

use std::{fmt, hash::Hash};

use fslaunch_protocol::Error;

/// The name of a service class.
///
/// It is the name of a registry key or of a file, so it is held to what both
/// can be (security specification, rule 2 of what callers may never make the
/// launcher do).
///
/// ```
/// use fslaunch_core::name::ClassName;
///
/// let class = ClassName::parse("memfs64")?;
/// assert_eq!(class, ClassName::parse("MemFS64")?);
/// assert_eq!(class.as_str(), "memfs64");
/// assert!(ClassName::parse("../memfs64").is_err());
/// # Ok::<(), fslaunch_core::name::NameError>(())
/// ```
#[derive(Clone)]
pub struct ClassName(Name);

impl ClassName {
    /// The most characters that a class name can have.
    pub const MAX_CHARS: usize = 255;

    /// Takes a text for the name of a class.
    ///
    /// # Errors
    /// It is empty, has more than [`Self::MAX_CHARS`] characters, begins with
    /// a dot, or has a `/`, `\`, `:` or control character in it.
    pub fn parse(text: &str) -> Result<ClassName, NameError> {
        let invalid = |cause| NameError::new("class name", text, cause);
        if text.is_empty() {
            return Err(invalid(Cause::Empty));
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(invalid(Cause::TooLong(Self::MAX_CHARS)));
        }
        if text.starts_with('.') {
            return Err(invalid(Cause::LeadingDot));
        }
        let wrong = |c: &char| matches!(c, '/' | '\\' | ':') || c.is_control();
        if let Some(character) = text.chars().find(wrong) {
            return Err(invalid(Cause::Character(character)));
        }
        Ok(ClassName(Name::new(text)))
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What the name is compared by.
    pub fn key(&self) -> &str {
        &self.0.key
    }
}

/// The name of an instance: data that is never part of a path.
#[derive(Clone)]
pub struct InstanceName(Name);

impl InstanceName {
    /// The most characters that an instance name can have.
    pub const MAX_CHARS: usize = 1024;

    /// Takes a text for the name of an instance. The empty text is one, as
    /// existing clients may send it.
    ///
    /// # Errors
    /// It has more than [`Self::MAX_CHARS`] characters, or a NUL in it.
    pub fn parse(text: &str) -> Result<InstanceName, NameError> {
        let invalid = |cause| NameError::new("instance name", text, cause);
        if text.chars().count() > Self::MAX_CHARS {
            return Err(invalid(Cause::TooLong(Self::MAX_CHARS)));
        }
        if text.contains('\0') {
            return Err(invalid(Cause::Character('\0')));
        }
        Ok(InstanceName(Name::new(text)))
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What the name is compared by.
    pub fn key(&self) -> &str {
        &self.0.key
    }
}

#[derive(Clone)]
struct Name {
    text: String,
    key: String,
}

impl Name {
    fn new(text: &str) -> Name {
        Name {
            text: text.to_owned(),
            key: fold(text),
        }
    }
}

/// The text in upper case, character by character: ordinal and invariant.
///
/// A character without an upper case of one character stays as it is, and so
/// does one from outside ASCII whose upper case would be inside it, as the
/// dotless `ı`: Windows tells it from `I`.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

fn fold_char(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if c.is_ascii() == upper.is_ascii() => upper,
        (Some(_) | None, _) => c,
    }
}

macro_rules! compare_by_key {
    ($name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.key() == other.key()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.key().cmp(other.key())
            }
        }

        impl Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }
    };
}

compare_by_key!(ClassName);
compare_by_key!(InstanceName);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a {what}: {cause}")]
pub struct NameError {
    what: &'static str,
    name: String,
    cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Cause {
    #[error("it is empty")]
    Empty,
    #[error("it has more than {0} characters")]
    TooLong(usize),
    #[error("it begins with a dot")]
    LeadingDot,
    #[error("it has {0:?} in it")]
    Character(char),
}

impl NameError {
    fn new(what: &'static str, name: &str, cause: Cause) -> NameError {
        let name = name.to_owned();
        NameError { what, name, cause }
    }
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Error {
        Error::InvalidName {
            what: error.what.to_owned(),
            reason: error.cause.to_string(),
            name: error.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        match ClassName::parse(text).map_err(Error::from) {
            Err(Error::InvalidName { what, name, reason }) => {
                assert_eq!((what.as_str(), name.as_str()), ("class name", text));
                reason
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_class_name_is_held_to_what_a_file_and_a_key_can_be_called() {
        for good in [
            "a",
            "juicefs-a b",
            "sshfs.kr",
            "größe",
            "a..b",
            &"x".repeat(255),
        ] {
            assert_eq!(ClassName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(reason(""), "it is empty");
        assert_eq!(reason(&"ä".repeat(256)), "it has more than 255 characters");
        assert_eq!(reason(".."), "it begins with a dot");
        assert_eq!(reason(".hidden"), "it begins with a dot");
        assert_eq!(reason("a/b"), "it has '/' in it");
        assert_eq!(reason(r"a\b"), r"it has '\\' in it");
        assert_eq!(reason("a:b"), "it has ':' in it");
        assert_eq!(reason("a\nb"), r"it has '\n' in it");
        assert_eq!(reason("a\0"), r"it has '\0' in it");
        assert_eq!(reason("a\u{85}"), r"it has '\u{85}' in it");
    }

    #[test]
    fn an_instance_name_is_any_text_without_nul() {
        for good in [
            "",
            "..",
            r"\\srv\share",
            "a\nb",
            "\u{202e}",
            &"x".repeat(1024),
        ] {
            assert_eq!(InstanceName::parse(good).unwrap().as_str(), good);
        }
        assert!(InstanceName::parse("a\0b").is_err());
        assert!(InstanceName::parse(&"x".repeat(1025)).is_err());
    }

    #[test]
    fn names_compare_without_case_and_keep_their_spelling() {
        let class = |text| ClassName::parse(text).unwrap();
        assert_eq!(class("Größe"), class("GRÖßE"));
        assert_ne!(class("straße"), class("strasse"));
        assert_ne!(class("ı"), class("i"));
        assert_ne!(class("ſ"), class("s"));
        assert_eq!(class("MemFS64").to_string(), "MemFS64");
        assert_eq!(class("MemFS64").key(), "MEMFS64");
    }
}
