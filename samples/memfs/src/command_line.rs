//! The command line: that of the MEMFS which Windows users know.

use std::ffi::{OsStr, OsString};

use lexopt::Arg;

use crate::mount_options::{self, Restriction};

/// How to use it, in the words of `-h`.
pub const USAGE: &str = "\
usage: memfs [-iw] [-F TYPE] [-n FILES] [-s BYTES] [-q BYTES] [-u PREFIX]
             [-o OPTIONS] -m MOUNTPOINT

A file system in memory. It stays in the foreground until it is unmounted or
told to stop; what it held is gone then.

  -m MOUNTPOINT  where to mount it
  -i             names that differ only in case are the same name
  -w             gather small writes; that there is no room for them is told
                 when the file is closed or synced (Linux)
  -F TYPE        report this type of file system (default: memfs)
  -n FILES       most files and folders (default: 65536)
  -s BYTES       most bytes of one file (default: 67108864)
  -q BYTES       most bytes of all files together (default: half of the
                 machine's memory)
  -u PREFIX      report this as what is mounted, e.g. \\memfs64\\share
  -o OPTIONS     what the mount is to forbid, in the words of mount(8) and
                 with commas: ro, noexec, nosymfollow, noatime, nodiratime
                 and their opposites; nosuid and nodev always hold (Linux)
  -h, --help     show this and stop
  -V, --version  show the version and stop
";

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// To show [`USAGE`].
    Help,
    /// To show the version.
    Version,
    /// To mount a file system.
    Mount(Options),
}

/// Which file system to mount, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `-m`: where.
    pub mount_point: OsString,
    /// `-i`: names that differ only in case are the same name.
    pub case_insensitive: bool,
    /// `-w`: the kernel gathers small writes.
    pub gather_writes: bool,
    /// `-F`: the type it reports; 1 to 32 letters, digits, `-`, `_` or `.`.
    pub reported_type: Option<String>,
    /// `-n`: most files and folders, at least 1.
    pub files: u64,
    /// `-s`: most bytes of one file, at least 1.
    pub file_size: u64,
    /// `-q`: most bytes of all files together, at least 1; of `None` the front makes something sensible.
    pub bytes: Option<u64>,
    /// `-u`: the name it reports for what is mounted. An empty one is none.
    pub prefix: Option<OsString>,
    /// `-o`: what the mount is to forbid, beside set-user-ID programs and devices.
    pub restrictions: Vec<Restriction>,
}

/// Limit of files unless `-n` says otherwise: that of the service class.
pub const DEFAULT_FILES: u64 = 65_536;
/// Limit of bytes of a file unless `-s` says otherwise: that of the service class.
pub const DEFAULT_FILE_SIZE: u64 = 64 << 20;
const LONGEST_TYPE: usize = 32;

/// What is wrong with a command line, and how to do it right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// An option that does not exist.
    #[error("unknown option {option}; memfs -h shows those there are")]
    UnknownOption {
        /// As it was given.
        option: String,
    },
    /// A word that belongs to no option.
    #[error("unexpected argument {argument:?}; the mount point is given as -m {argument}")]
    UnexpectedArgument {
        /// As it was given.
        argument: String,
    },
    /// An option without its value.
    #[error("option {option} wants a value, e.g. {example}")]
    MissingValue {
        /// The option.
        option: String,
        /// How it looks with one.
        example: &'static str,
    },
    /// `-i=something`.
    #[error("option {option} takes no value")]
    UnexpectedValue {
        /// The option.
        option: String,
    },
    /// A number that is none, or not in range.
    #[error("option {option}: {value:?} is not a whole number from 1 to {most}, e.g. {example}")]
    NotANumber {
        /// The option.
        option: &'static str,
        /// Its value as given.
        value: String,
        /// Greatest possible number.
        most: u64,
        /// How it looks with one.
        example: &'static str,
    },
    /// A type of other characters, or too many.
    #[error(
        "option -F: {value:?} is not a type: 1 to {LONGEST_TYPE} letters, digits, -, _ or ., e.g. -F NTFS"
    )]
    NotAType {
        /// The value as given.
        value: String,
    },
    /// A mount option that there is not, or that could not be kept.
    #[error("option -o: {option:?} is none of {}", mount_options::known())]
    NotAMountOption {
        /// As it was given.
        option: String,
    },
    /// No `-m`, or an empty one.
    #[error("option -m is missing or empty: say where to mount, e.g. -m /mnt/z")]
    NoMountPoint,
}

/// Reads a command line, without the name of the program.
///
/// An option given twice means what it said last; those of `-o` add up.
///
/// ```
/// use memfs::command_line::{parse, Invocation};
/// let words = ["-i", "-F", "NTFS", "-n", "65536", "-s", "67108864", "-u", r"\memfs64\share", "-m", "/mnt/z"];
/// let Ok(Invocation::Mount(options)) = parse(words) else { panic!() };
/// assert!(options.case_insensitive);
/// assert_eq!(parse(["-n", "many"]).unwrap_err().to_string(),
///     r#"option -n: "many" is not a whole number from 1 to 18446744073709551615, e.g. -n 65536"#);
/// ```
///
/// # Errors
/// The first thing that is wrong.
pub fn parse<I>(words: I) -> Result<Invocation, UsageError>
where
    I: IntoIterator<Item: Into<OsString>>,
{
    let mut words = lexopt::Parser::from_args(words.into_iter().map(Into::into));
    let mut options = Options {
        mount_point: OsString::new(),
        case_insensitive: false,
        gather_writes: false,
        reported_type: None,
        files: DEFAULT_FILES,
        file_size: DEFAULT_FILE_SIZE,
        bytes: None,
        prefix: None,
        restrictions: vec![],
    };
    while let Some(word) = words.next().map_err(unexpected_value)? {
        match word {
            Arg::Short('h') | Arg::Long("help") => return Ok(Invocation::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Invocation::Version),
            Arg::Short('i') => options.case_insensitive = true,
            Arg::Short('w') => options.gather_writes = true,
            Arg::Short('m') => options.mount_point = value(&mut words, "-m /mnt/z")?,
            Arg::Short('u') => {
                options.prefix = Some(value(&mut words, r"-u \memfs64\share")?)
                    .filter(|prefix| !prefix.is_empty());
            }
            Arg::Short('F') => {
                options.reported_type = Some(type_name(&value(&mut words, "-F NTFS")?)?)
            }
            Arg::Short('n') => options.files = number(&mut words, "-n", u64::MAX, "-n 65536")?,
            // No file is longer on any system: offsets are signed.
            Arg::Short('s') => {
                options.file_size = number(&mut words, "-s", i64::MAX as u64, "-s 67108864")?
            }
            Arg::Short('q') => {
                options.bytes = Some(number(&mut words, "-q", i64::MAX as u64, "-q 1073741824")?)
            }
            Arg::Short('o') => {
                let list = shown(&value(&mut words, "-o ro,noexec")?);
                let added = mount_options::add(&mut options.restrictions, &list);
                added.map_err(|option| UsageError::NotAMountOption {
                    option: option.to_owned(),
                })?;
            }
            Arg::Short(letter) => {
                return Err(UsageError::UnknownOption {
                    option: format!("-{letter}"),
                });
            }
            Arg::Long(name) => {
                return Err(UsageError::UnknownOption {
                    option: format!("--{name}"),
                });
            }
            Arg::Value(argument) => {
                return Err(UsageError::UnexpectedArgument {
                    argument: shown(&argument),
                });
            }
        }
    }
    if options.mount_point.is_empty() {
        return Err(UsageError::NoMountPoint);
    }
    Ok(Invocation::Mount(options))
}

/// The only thing lexopt refuses on its own account: `--name=value` for an option that takes none.
fn unexpected_value(error: lexopt::Error) -> UsageError {
    match error {
        lexopt::Error::UnexpectedValue { option, .. } => UsageError::UnexpectedValue { option },
        other @ (lexopt::Error::MissingValue { .. }
        | lexopt::Error::UnexpectedOption(_)
        | lexopt::Error::UnexpectedArgument(_)
        | lexopt::Error::ParsingFailed { .. }
        | lexopt::Error::NonUnicodeValue(_)
        | lexopt::Error::Custom(_)) => UsageError::UnknownOption {
            option: other.to_string(),
        },
    }
}

fn value(words: &mut lexopt::Parser, example: &'static str) -> Result<OsString, UsageError> {
    let option = example.split(' ').next().unwrap_or_default();
    words.value().map_err(|_| UsageError::MissingValue {
        option: option.to_owned(),
        example,
    })
}

fn number(
    words: &mut lexopt::Parser,
    option: &'static str,
    most: u64,
    example: &'static str,
) -> Result<u64, UsageError> {
    let value = value(words, example)?;
    let number = value.to_str().and_then(|text| text.parse().ok());
    number
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| UsageError::NotANumber {
            option,
            value: shown(&value),
            most,
            example,
        })
}

fn type_name(value: &OsStr) -> Result<String, UsageError> {
    let possible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = value
        .to_str()
        .filter(|name| (1..=LONGEST_TYPE).contains(&name.len()) && name.chars().all(possible));
    name.map(str::to_owned).ok_or_else(|| UsageError::NotAType {
        value: shown(value),
    })
}

fn shown(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
