//! How a registry key is written.

use std::path::Path;

use crate::windows::registry::Root;

/// A registry key that classes are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) root: Root,
    /// Below the root, without a `\` at either end.
    pub(super) path: String,
}

impl Place {
    /// Reads `HKLM\Software\...` or `HKCU\Software\...`, also with the whole
    /// name of the root. Names ignore case.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(path: &Path) -> Result<Place, String> {
        let text = path.to_str().unwrap_or_default();
        let (root, below) = text.split_once('\\').unwrap_or((text, ""));
        let is = |names: [&str; 2]| names.iter().any(|name| name.eq_ignore_ascii_case(root));
        let root = if is(["HKLM", "HKEY_LOCAL_MACHINE"]) {
            Root::Machine32
        } else if is(["HKCU", "HKEY_CURRENT_USER"]) {
            Root::User
        } else {
            return Err(wrong(path, r"it begins with neither HKLM\ nor HKCU\"));
        };
        let below = below.trim_end_matches('\\');
        let whole = below.split('\\').all(|part| !part.is_empty());
        if !whole || below.contains(char::is_control) {
            return Err(wrong(path, r"it has an empty part or a control character"));
        }
        let path = below.to_owned();
        Ok(Place { root, path })
    }
}

fn wrong(path: &Path, reason: &str) -> String {
    format!(
        "{:?} is not a registry key for classes: {reason}",
        path.to_string_lossy()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Place, String> {
        Place::parse(Path::new(text))
    }

    #[test]
    fn a_key_is_written_as_the_registry_editor_has_it() {
        for (text, root, path) in [
            (
                r"HKLM\Software\WinFsp\Services",
                Root::Machine32,
                r"Software\WinFsp\Services",
            ),
            (
                r"hkey_local_machine\Software\x\",
                Root::Machine32,
                r"Software\x",
            ),
            (r"HKCU\Software\a b", Root::User, r"Software\a b"),
        ] {
            let path = path.to_owned();
            assert_eq!(parse(text), Ok(Place { root, path }), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_wrong() {
        for text in [
            "",
            "HKLM",
            r"HKLM\",
            r"HKU\x",
            r"C:\x",
            r"HKLM\a\\b",
            "HKCU\\a\nb",
        ] {
            let reason = parse(text).unwrap_err();
            assert!(
                reason.contains("is not a registry key for classes"),
                "{reason}"
            );
            assert!(!reason.contains(char::is_control), "{reason:?}");
        }
    }
}
