//! Names: what the network calls a file system, and where it is seen.

use std::fmt;

/// The longest name of a class, in UTF-16 units.
const MAX_CLASS: usize = 255;

/// `\\class\instance`.
#[derive(Debug, Clone)]
pub(crate) struct RemoteName {
    pub(crate) class: String,
    /// All the rest, without backslashes at its end. It may hold others.
    pub(crate) instance: String,
}

impl RemoteName {
    pub(crate) fn new(class: &str, instance: &str) -> RemoteName {
        let (class, instance) = (class.to_owned(), instance.to_owned());
        RemoteName { class, instance }
    }

    /// Takes a name apart; `None` if it is not that of an instance.
    pub(crate) fn parse(text: &str) -> Option<RemoteName> {
        let (class, rest) = text.strip_prefix(r"\\")?.split_once('\\')?;
        let instance = rest.trim_end_matches('\\');
        let whole = !class.is_empty() && !instance.is_empty();
        whole.then(|| RemoteName::new(class, instance))
    }

    /// Whether a class can have this name at all: what no class is called is
    /// looked up nowhere.
    pub(crate) fn may_be_ours(&self) -> bool {
        let odd = |c: char| c.is_control() || matches!(c, '/' | ':');
        let length = self.class.encode_utf16().count();
        length <= MAX_CLASS && !self.class.starts_with('.') && !self.class.contains(odd)
    }

    /// What the file system gets as its first argument: one backslash less.
    pub(crate) fn argument(&self) -> String {
        format!(r"\{}\{}", self.class, self.instance)
    }

    /// Names ignore case.
    pub(crate) fn is(&self, other: &RemoteName) -> bool {
        same(&self.class, &other.class) && same(&self.instance, &other.instance)
    }
}

impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r"\\{}\{}", self.class, self.instance)
    }
}

/// Whether two texts are the same but for case.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let upper = |text: &str| -> String { text.chars().flat_map(char::to_uppercase).collect() };
    upper(one) == upper(other)
}

/// A drive letter, `A` to `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drive(char);

impl Drive {
    /// Reads a letter and a colon, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Drive> {
        match text.as_bytes() {
            [letter, b':'] if letter.is_ascii_alphabetic() => {
                Some(Drive(letter.to_ascii_uppercase().into()))
            }
            _ => None,
        }
    }

    /// All there can be.
    pub(crate) fn all() -> impl Iterator<Item = Drive> {
        ('A'..='Z').map(Drive)
    }

    /// Reads a drive, also with a backslash after it: where a file system says
    /// that it is mounted.
    pub(crate) fn of_mount_point(text: &str) -> Option<Drive> {
        Drive::parse(text.strip_suffix('\\').unwrap_or(text))
    }

    /// Takes a path apart: its drive, and the rest, which is empty or begins
    /// with a backslash.
    pub(crate) fn of_path(path: &str) -> Option<(Drive, &str)> {
        let (drive, rest) = path.split_at_checked(2)?;
        let drive = Drive::parse(drive)?;
        (rest.is_empty() || rest.starts_with('\\')).then_some((drive, rest))
    }

    /// The folder that all of it is in.
    pub(crate) fn root(self) -> String {
        format!(r"{self}\")
    }
}

impl fmt::Display for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String)> {
        RemoteName::parse(text).map(|name| (name.class, name.instance))
    }

    #[test]
    fn the_class_is_the_first_component_and_the_instance_all_the_rest() {
        for (text, class, instance) in [
            (r"\\memfs64\share", "memfs64", "share"),
            (r"\\sshfs\u@h!22\..\etc", "sshfs", r"u@h!22\..\etc"),
            (r"\\a\b\", "a", "b"),
            (r"\\a\b\\\", "a", "b"),
            (r"\\a\b\c\\", "a", r"b\c"),
            (r"\\juicefs-ä\ß c", "juicefs-ä", "ß c"),
        ] {
            let expected = Some((class.to_owned(), instance.to_owned()));
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_lacks_a_class_or_an_instance_is_no_name() {
        for text in [
            "", "a", r"\", r"\\", r"\a\b", r"\\a", r"\\a\", r"\\a\\\", r"\\\b", "Z:", "//a/b",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_class_is_called_is_not_ours() {
        let ours = |text: &str| RemoteName::parse(text).unwrap().may_be_ours();
        assert!(ours(r"\\memfs64\a"));
        assert!(ours(&format!(r"\\{}\a", "x".repeat(255))));
        for other in [r"\\.\pipe\x", r"\\a/b\c", r"\\a:b\c", "\\\\a\nb\\c"] {
            assert!(!ours(other), "{other}");
        }
        assert!(!ours(&format!(r"\\{}\a", "x".repeat(256))));
    }

    #[test]
    fn the_first_argument_has_one_backslash_at_its_beginning_and_none_at_its_end() {
        let name = RemoteName::parse(r"\\memfs64\a\b\\").unwrap();
        assert_eq!(name.argument(), r"\memfs64\a\b");
        assert_eq!(name.to_string(), r"\\memfs64\a\b");
    }

    #[test]
    fn names_ignore_case() {
        let name = |text| RemoteName::parse(text).unwrap();
        assert!(name(r"\\MemFS\Ärger").is(&name(r"\\memfs\äRGER\")));
        assert!(!name(r"\\a\b").is(&name(r"\\a\c")));
    }

    #[test]
    fn a_drive_is_a_letter_and_a_colon() {
        assert_eq!(Drive::parse("z:").unwrap().to_string(), "Z:");
        assert_eq!(Drive::parse("A:").unwrap().root(), r"A:\");
        for text in ["", "Z", ":", "ZZ:", r"Z:\", "1:", "ä:", "LPT1", "Z: "] {
            assert_eq!(Drive::parse(text), None, "{text}");
        }
        assert_eq!(Drive::of_mount_point(r"z:\"), Drive::parse("Z:"));
        assert_eq!(Drive::of_mount_point(r"C:\folder"), None);
    }

    #[test]
    fn a_path_is_a_drive_and_the_way_from_its_root() {
        let taken = |path| Drive::of_path(path).map(|(drive, rest)| (drive.to_string(), rest));
        assert_eq!(taken(r"Z:\a\b"), Some(("Z:".to_owned(), r"\a\b")));
        assert_eq!(taken("z:"), Some(("Z:".to_owned(), "")));
        for path in ["", "Z", "Z:a", r"\\a\b", "ä:", r"1:\"] {
            assert_eq!(taken(path), None, "{path}");
        }
    }
}
