//! The name of the file for standard error: the same language, without words.

use std::fmt;

use super::{
    Template,
    directive::{Atom, Directive, Source, atoms},
    expand::{ExpandError, Values, replace},
};

/// A template of a file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTemplate(Template, Vec<Atom>);

impl FileTemplate {
    /// Reads a text; every text is a template.
    pub fn parse(text: &str) -> FileTemplate {
        FileTemplate(Template::parse(text), atoms(text))
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The numbers of the arguments that the template names, 1 to 9.
    pub fn arguments(&self) -> std::collections::BTreeSet<u8> {
        self.0.arguments()
    }
}

impl fmt::Display for FileTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes the name of a file.
///
/// What a caller may have chosen, an argument or the caller's name, must be
/// one component of a path as it is replaced (security specification, rule 4
/// of what callers may never make the launcher do). The executable and the
/// caller's folder are paths and may stand here; no caller chooses them.
///
/// # Errors
/// When such a value has a separator, `:`, a control character or nothing in
/// it, is too long, is made of dots, or is the name of a Windows device.
pub fn expand_file(template: &FileTemplate, values: &Values<'_>) -> Result<String, ExpandError> {
    let mut text = String::new();
    for atom in &template.1 {
        match atom {
            Atom::Char(c) => text.push(*c),
            Atom::Directive(directive) => {
                let new = replace(directive, values)?;
                check(directive, &new)?;
                text.push_str(&new);
            }
        }
    }
    Ok(text)
}

fn check(directive: &Directive, text: &str) -> Result<(), ExpandError> {
    let source = directive.source();
    match source {
        Source::Argument(_) | Source::User => {
            let argument = source.name();
            component(text).map_err(|reason| ExpandError::NotAName { argument, reason })
        }
        Source::Executable | Source::Profile | Source::Time | Source::Nothing => Ok(()),
    }
}

/// The most bytes of a component, on all systems.
const MAX_COMPONENT: usize = 255;

fn component(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("it is empty")
    } else if text.contains(['/', '\\']) {
        Err("it has a path separator in it")
    } else if text.contains(':') {
        Err("it has ':' in it")
    } else if text.contains(char::is_control) {
        Err("it has a control character in it")
    } else if text.trim_matches(['.', ' ']).is_empty() {
        Err("it is made of dots")
    } else if text.len() > MAX_COMPONENT {
        Err("it is longer than 255 bytes")
    } else if is_device(text) {
        Err("it is the name of a Windows device")
    } else {
        Ok(())
    }
}

/// Whether Windows takes a name for a device, whatever its extension.
fn is_device(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) {
        return true;
    }
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let mut digits = port.unwrap_or_default().chars();
    let digit = matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³'));
    digit && digits.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(template: &str, argument: &str) -> Result<String, ExpandError> {
        let arguments = [Some(argument.to_owned())];
        let values = Values {
            executable: "/usr/bin/memfs",
            arguments: &arguments,
            start_time: std::time::UNIX_EPOCH,
            user: r"VM\alice",
            profile: "/home/alice",
        };
        expand_file(&FileTemplate::parse(template), &values)
    }

    #[test]
    fn quotes_and_spaces_stand_for_themselves() {
        assert_eq!(
            file(r#"/var/log/a "%1" %%.log"#, "x y").unwrap(),
            r#"/var/log/a "x y" %.log"#
        );
        assert_eq!(
            file("%P/%T.log", "").unwrap(),
            "/home/alice/19700101T000000.000Z.log"
        );
        assert_eq!(file(r"/log/%\+_1", r"\srv\x").unwrap(), "/log/+srv+x");
        assert_eq!(file("%0.%Z", "").unwrap(), "/usr/bin/memfs.");
    }

    #[test]
    fn what_a_caller_chose_is_one_component() {
        let long = "x".repeat(256);
        for (argument, reason) in [
            ("", "it is empty"),
            ("a/b", "it has a path separator in it"),
            (r"..\a", "it has a path separator in it"),
            ("a:b", "it has ':' in it"),
            ("a\nb", "it has a control character in it"),
            (".", "it is made of dots"),
            ("..", "it is made of dots"),
            (".. ", "it is made of dots"),
            (&long, "it is longer than 255 bytes"),
            ("nul", "it is the name of a Windows device"),
            ("Com1.txt", "it is the name of a Windows device"),
            ("lpt² .x", "it is the name of a Windows device"),
            ("CONIN$", "it is the name of a Windows device"),
        ] {
            let argument_1 = "1".into();
            let error = ExpandError::NotAName {
                argument: argument_1,
                reason,
            };
            assert_eq!(file("/log/%1.log", argument), Err(error), "{argument:?}");
        }
        assert!(matches!(
            file("/log/%1", "a\0"),
            Err(ExpandError::Nul { .. })
        ));
        assert!(matches!(
            file("/log/%U", ""),
            Err(ExpandError::NotAName { .. })
        ));
        for argument in ["a", "..a", "com10", "console", "größe", "-x"] {
            assert_eq!(
                file("/log/%1", argument).unwrap(),
                format!("/log/{argument}")
            );
        }
    }
}
