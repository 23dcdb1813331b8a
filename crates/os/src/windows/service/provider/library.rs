//! Libraries of other programs' registrations.

use std::{env, path::Path};

/// Whether a registered library is not there any more. What can't be told
/// counts as there: a name without a folder, a variable that is not set, a
/// folder that can't be looked into.
pub(super) fn is_gone(registered: &str) -> bool {
    let path = expanded(registered, |name| env::var(name).ok());
    let path = Path::new(&path);
    path.is_absolute() && path.try_exists().is_ok_and(|exists| !exists)
}

/// The text with the values of environment variables; what is none stays.
fn expanded(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        done += before;
        let named = after.split_once('%');
        let known = named.and_then(|(name, after)| Some((variable(name)?, after)));
        rest = if let Some((value, after)) = known {
            done += &value;
            after
        } else {
            done.push('%');
            after
        };
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_in_the_path_of_a_library_are_expanded() {
        let variable = |name: &str| (name == "X").then(|| r"C:\x".to_owned());
        for (text, after) in [
            (r"C:\a.dll", r"C:\a.dll"),
            (r"%X%\a.dll", r"C:\x\a.dll"),
            (r"%X%%X%", r"C:\xC:\x"),
            (r"%Y%\a.dll", r"%Y%\a.dll"),
            (r"50%\%X%\%", r"50%\C:\x\%"),
            ("%%", "%%"),
        ] {
            assert_eq!(expanded(text, variable), after, "{text}");
        }
    }

    #[test]
    fn a_library_is_gone_only_if_that_is_sure() {
        let own = env::current_exe().unwrap();
        let gone = own.with_file_name("no such.dll");
        assert!(is_gone(&gone.to_string_lossy()));
        assert!(is_gone(r"%SystemRoot%\no such.dll"));
        for there in [
            &*own.to_string_lossy(),
            r"%SystemRoot%\System32\kernel32.dll",
            "drprov.dll",
            r"%fslaunch no such variable%\x.dll",
            "",
        ] {
            assert!(!is_gone(there), "{there}");
        }
    }
}
