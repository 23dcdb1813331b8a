//! What makes a plan impossible to carry out.

use std::path::Path;

use fslaunch_core::record::{PathStyle, is_batch_file};

use super::Plan;

/// The longest command line that the system takes, in UTF-16 units with the NUL.
const LONGEST_COMMAND_LINE: usize = 32_767;

impl Plan {
    /// Says what makes the plan impossible to carry out as meant.
    pub(in crate::windows) fn problem(&self) -> Option<String> {
        let text = self.arguments.text();
        if text.contains('\0') || has_nul(&self.executable) || has_nul(&self.work_directory) {
            return Some("the command line or a path contains a NUL character".to_owned());
        }
        if text.encode_utf16().count() >= LONGEST_COMMAND_LINE {
            let longest = LONGEST_COMMAND_LINE - 1;
            return Some(format!(
                "the command line is longer than {longest} characters"
            ));
        }
        let executable = self.executable.to_string_lossy();
        if !PathStyle::Windows.is_full(&executable) {
            return Some("the executable is not a full path".to_owned());
        }
        if is_batch_file(&executable) {
            let words = "the executable is a batch file, which would read its arguments anew";
            return Some(words.to_owned());
        }
        if self.job.is_some() {
            return Some("each process has a job of its own".to_owned());
        }
        self.environment
            .iter()
            .find_map(|(name, value)| variable_problem(name, value))
    }
}

fn has_nul(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().contains(&0)
}

fn variable_problem(name: &str, value: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Some(format!("{name:?} is no name of an environment variable"));
    }
    let nul = value.contains('\0');
    nul.then(|| format!("the environment variable {name} contains a NUL character"))
}

#[cfg(test)]
mod tests {
    use super::super::{Arguments, tests::plan};
    use super::*;

    #[test]
    fn a_nul_anywhere_is_refused() {
        assert_eq!(plan().problem(), None);
        let arguments = Arguments("a\0b".into());
        assert!(
            Plan {
                arguments,
                ..plan()
            }
            .problem()
            .is_some()
        );
        let executable = "C:\\x.exe\0y".into();
        assert!(
            Plan {
                executable,
                ..plan()
            }
            .problem()
            .is_some()
        );
        let work_directory = "C:\\\0".into();
        let bad = Plan {
            work_directory,
            ..plan()
        };
        assert!(bad.problem().is_some());
        for (name, value) in [("A\0", "b"), ("A", "b\0c"), ("", "b"), ("=C:", "b")] {
            let environment = vec![(name.to_owned(), value.to_owned())];
            let bad = Plan {
                environment,
                ..plan()
            };
            assert!(bad.problem().is_some(), "{name:?} {value:?}");
        }
    }

    #[test]
    fn a_batch_file_is_refused_however_it_is_spelled() {
        for executable in [
            r"C:\x.bat",
            r"C:\x.CMD. .",
            r"C:\x.cmd ",
            r"C:\x.bat::$DATA",
        ] {
            let executable = executable.into();
            assert!(
                Plan {
                    executable,
                    ..plan()
                }
                .problem()
                .is_some()
            );
        }
    }

    #[test]
    fn an_executable_that_would_be_searched_for_is_refused() {
        for executable in ["x.exe", r"C:x.exe", r"\x.exe", r"..\x.exe"] {
            let executable = executable.into();
            assert!(
                Plan {
                    executable,
                    ..plan()
                }
                .problem()
                .is_some()
            );
        }
    }

    #[test]
    fn a_command_line_that_the_system_would_not_take_is_refused() {
        let arguments = Arguments("x".repeat(LONGEST_COMMAND_LINE));
        let words = Plan {
            arguments,
            ..plan()
        }
        .problem()
        .unwrap();
        assert!(words.contains("longer than 32766"), "{words}");
        let arguments = Arguments("x".repeat(LONGEST_COMMAND_LINE - 1));
        assert_eq!(
            Plan {
                arguments,
                ..plan()
            }
            .problem(),
            None
        );
    }
}
