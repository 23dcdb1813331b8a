//! What differs between systems, as a value.

use super::RunAs;
use crate::command_line::{CommandLine, shell_text};

/// What a class's record means beyond its words, on one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The account that instances run as if the record does not say.
    pub default_run_as: RunAs,
    /// What LocalSystem is called on the system itself, if it has another name.
    pub local_system: Option<&'static str>,
    /// Whether an argument that begins with `-` is refused at the beginning of
    /// a word (security specification, rule 3 of what callers may never make
    /// the launcher do).
    pub refuse_options: bool,
    /// What an argument is that was not given.
    pub missing_argument: MissingArgument,
    /// Whether a class that runs as a fixed account for others must say which
    /// of its arguments is the mount point (security specification, rule 1):
    /// where mounting onto a folder of others would take it from them.
    pub fixed_account_names_mount_point: bool,
    /// Where instances start if the record does not say; `None` is where the
    /// launcher was started.
    pub default_work_directory: Option<&'static str>,
    /// How a command line is written as a text.
    pub command_text: CommandText,
    /// What a full path looks like.
    pub paths: PathStyle,
}

/// How a command line is written as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandText {
    /// As one would type it in a shell.
    Shell,
    /// As the process gets it.
    Windows,
}

/// What an argument is that was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingArgument {
    /// An error, unless the class marks it as one that may be left out.
    Refused,
    /// The empty argument.
    Empty,
}

/// What a full path looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStyle {
    /// It begins with `/`.
    Unix,
    /// It begins with a drive letter and `:\`, or with `\\`.
    Windows,
}

impl Platform {
    /// Linux.
    pub const UNIX: Platform = Platform {
        default_run_as: RunAs::Caller,
        local_system: Some("root"),
        refuse_options: true,
        missing_argument: MissingArgument::Refused,
        fixed_account_names_mount_point: true,
        default_work_directory: Some("/"),
        command_text: CommandText::Shell,
        paths: PathStyle::Unix,
    };

    /// Windows: what existing classes and clients expect.
    pub const WINDOWS: Platform = Platform {
        default_run_as: RunAs::LocalSystem,
        local_system: None,
        refuse_options: false,
        missing_argument: MissingArgument::Empty,
        fixed_account_names_mount_point: false,
        default_work_directory: None,
        command_text: CommandText::Windows,
        paths: PathStyle::Windows,
    };
}

impl Platform {
    /// Reads the value `RunAs`, with the system's own name for LocalSystem.
    pub fn run_as(&self, text: &str) -> RunAs {
        match self.local_system {
            Some(name) if text == name => RunAs::LocalSystem,
            Some(_) | None => RunAs::parse(text),
        }
    }
}

impl CommandText {
    /// A command line as a text.
    pub fn of(self, executable: &str, command_line: &CommandLine) -> String {
        match self {
            CommandText::Shell => {
                let program = std::iter::once(executable.to_owned());
                let words: Vec<String> = program.chain(command_line.argv()).collect();
                shell_text(&words)
            }
            CommandText::Windows => command_line.windows_text(executable),
        }
    }
}

impl PathStyle {
    /// Whether a path is a full one, that no working directory changes.
    pub fn is_full(self, path: &str) -> bool {
        match self {
            PathStyle::Unix => path.starts_with('/'),
            PathStyle::Windows => {
                let drive = match path.as_bytes() {
                    [letter, b':', b'\\' | b'/', ..] => letter.is_ascii_alphabetic(),
                    _ => false,
                };
                drive || path.starts_with(r"\\")
            }
        }
    }

    /// What a full path looks like, in words.
    pub(super) fn expected(self) -> &'static str {
        match self {
            PathStyle::Unix => "a full path, beginning with '/'",
            PathStyle::Windows => r"a full path, beginning with a drive as in 'C:\' or with '\\'",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line::Word;

    #[test]
    fn root_is_local_system_on_linux_only() {
        assert_eq!(Platform::UNIX.run_as("root"), RunAs::LocalSystem);
        assert_eq!(Platform::UNIX.run_as("localsystem"), RunAs::LocalSystem);
        let unknown = RunAs::Unknown("root".into());
        assert_eq!(Platform::WINDOWS.run_as("root"), unknown);
    }

    #[test]
    fn a_command_line_is_written_in_the_way_of_the_system() {
        let word = |text: &str| Word {
            text: text.into(),
            verbatim: None,
        };
        let command_line = CommandLine {
            words: vec![word("a b"), word("-x")],
        };
        let of = |platform: &Platform| platform.command_text.of("/x y", &command_line);
        assert_eq!(of(&Platform::UNIX), "'/x y' 'a b' -x");
        assert_eq!(of(&Platform::WINDOWS), r#""/x y" "a b" "-x""#);
    }

    #[test]
    fn a_full_path_is_one_that_no_working_directory_changes() {
        for (style, path, full) in [
            (PathStyle::Unix, "/usr/bin/true", true),
            (PathStyle::Unix, "bin/true", false),
            (PathStyle::Unix, "", false),
            (PathStyle::Unix, r"C:\x.exe", false),
            (PathStyle::Windows, r"C:\x.exe", true),
            (PathStyle::Windows, "z:/x.exe", true),
            (PathStyle::Windows, r"\\srv\share\x.exe", true),
            (PathStyle::Windows, "C:x.exe", false),
            (PathStyle::Windows, r"\x.exe", false),
            (PathStyle::Windows, "/usr/bin/true", false),
        ] {
            assert_eq!(style.is_full(path), full, "{style:?} {path}");
        }
    }
}
