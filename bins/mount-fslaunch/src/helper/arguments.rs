//! The arguments that mount(8) and umount(8) run their helpers with.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lexopt::Arg;

use super::usage::Usage;

/// Which of the two programs this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Mount,
    Umount,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Show(String),
    Mount(MountRequest),
    Umount(UmountRequest),
}

/// What mount(8) wants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MountRequest {
    pub(crate) source: String,
    pub(crate) folder: String,
    /// `-t`: `fslaunch`, or `fslaunch.CLASS`.
    pub(crate) kind: Option<String>,
    /// `-o`, without its commas undone; of several, all.
    pub(crate) options: Vec<String>,
    /// `-s`: options that nobody knows are left out.
    pub(crate) sloppy: bool,
    /// `-f`: everything but the mount itself.
    pub(crate) fake: bool,
    /// `-n`: nothing is noted for umount(8).
    pub(crate) no_note: bool,
    pub(crate) verbose: bool,
}

/// What umount(8) wants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct UmountRequest {
    pub(crate) folder: String,
    /// `-f`: end the file system, whoever uses it.
    pub(crate) force: bool,
    /// `-l`: nobody comes in any more; it ends when the last has left.
    pub(crate) lazy: bool,
    pub(crate) verbose: bool,
}

const MOUNT_HELP: &str = "\
usage: mount.fslaunch SOURCE FOLDER [-sfnv] [-t TYPE] [-o OPTIONS]

What mount(8) runs for the type fslaunch:
  mount -t fslaunch //CLASS/INSTANCE FOLDER -o NAME=VALUE,...
  mount -t fslaunch.CLASS INSTANCE FOLDER -o NAME=VALUE,...

The names are those of the class's arguments; see mount.fslaunch(8).
";

const UMOUNT_HELP: &str = "\
usage: umount.fslaunch FOLDER [-flnrv]

What umount(8) runs for mounts that fslaunch has made: it unmounts the folder
and waits until the instance is gone; see umount.fslaunch(8).
";

impl Program {
    /// By the name that it was called by.
    pub(crate) fn called(name: Option<&OsStr>) -> Self {
        let file = name.and_then(|name| Path::new(name).file_name());
        let umount = file.is_some_and(|file| file.to_string_lossy().starts_with("umount"));
        if umount { Self::Umount } else { Self::Mount }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mount => "mount.fslaunch",
            Self::Umount => "umount.fslaunch",
        }
    }
}

/// Reads the arguments, without the name of the program.
pub(crate) fn parse(
    program: Program,
    words: impl IntoIterator<Item = OsString>,
) -> Result<Action, Usage> {
    match program {
        Program::Mount => mount(words),
        Program::Umount => umount(words),
    }
}

fn mount(words: impl IntoIterator<Item = OsString>) -> Result<Action, Usage> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut parser = lexopt::Parser::from_args(words);
    let mut request = MountRequest::default();
    let mut values = vec![];
    while let Some(word) = parser.next()? {
        match word {
            Arg::Value(value) => values.push(value),
            Arg::Short('s') => request.sloppy = true,
            Arg::Short('f') => request.fake = true,
            Arg::Short('n') => request.no_note = true,
            Arg::Short('v') => request.verbose = true,
            Arg::Short('r') => request.options.push("ro".into()),
            // What is mounted without it is writable, too.
            Arg::Short('w') => request.options.push("rw".into()),
            Arg::Short('o') => request.options.push(text(parser.value()?, "option list")?),
            Arg::Short('t') => request.kind = Some(text(parser.value()?, "the type")?),
            Arg::Short('N') => return Err(Usage::Namespace),
            other @ (Arg::Short(_) | Arg::Long(_)) => match for_both(other, MOUNT_HELP)? {
                Some(shown) => return Ok(shown),
                None => return Err(Usage::MountSynopsis),
            },
        }
    }
    let [source, folder] = <[OsString; 2]>::try_from(values).map_err(|_| Usage::MountSynopsis)?;
    request.source = text(source, "the source")?;
    request.folder = folder_of(folder)?;
    Ok(Action::Mount(request))
}

fn umount(words: impl IntoIterator<Item = OsString>) -> Result<Action, Usage> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut parser = lexopt::Parser::from_args(words);
    let mut request = UmountRequest::default();
    let mut values = vec![];
    while let Some(word) = parser.next()? {
        match word {
            Arg::Value(value) => values.push(value),
            Arg::Short('f') => request.force = true,
            Arg::Short('l') => request.lazy = true,
            Arg::Short('v') => request.verbose = true,
            // Nothing is noted here, and nothing mounted read-only instead.
            Arg::Short('n' | 'r') => {}
            Arg::Short('t') => drop(parser.value()?),
            Arg::Short('N') => return Err(Usage::Namespace),
            other @ (Arg::Short(_) | Arg::Long(_)) => match for_both(other, UMOUNT_HELP)? {
                Some(shown) => return Ok(shown),
                None => return Err(Usage::UmountSynopsis),
            },
        }
    }
    let [folder] = <[OsString; 1]>::try_from(values).map_err(|_| Usage::UmountSynopsis)?;
    request.folder = folder_of(folder)?;
    Ok(Action::Umount(request))
}

fn for_both(word: Arg<'_>, help: &str) -> Result<Option<Action>, Usage> {
    let version = concat!("mount.fslaunch ", env!("CARGO_PKG_VERSION"), "\n");
    match word {
        Arg::Short('h') | Arg::Long("help") => Ok(Some(Action::Show(help.to_owned()))),
        Arg::Short('V') | Arg::Long("version") => Ok(Some(Action::Show(version.to_owned()))),
        Arg::Short(letter) => Err(Usage::Option(format!("there is no option -{letter}"))),
        Arg::Long(name) => Err(Usage::Option(format!("there is no option --{name}"))),
        Arg::Value(_) => Ok(None),
    }
}

fn folder_of(word: OsString) -> Result<String, Usage> {
    match text(word, "the mount point")? {
        folder if folder.is_empty() => Err(Usage::NoFolder),
        folder => Ok(folder),
    }
}

fn text(word: OsString, what: &'static str) -> Result<String, Usage> {
    word.into_string().map_err(|_| Usage::NotUtf8(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(program: Program, words: &str) -> Result<Action, Usage> {
        parse(program, words.split(' ').map(OsString::from))
    }

    #[test]
    fn the_order_in_which_mount_and_autofs_give_options_does_not_matter() {
        let expected = MountRequest {
            source: "//c/i".into(),
            folder: "/mnt/z".into(),
            kind: Some("fslaunch.c".into()),
            options: vec!["rw,user=anna".into()],
            sloppy: true,
            fake: true,
            no_note: true,
            verbose: true,
        };
        let expected = Ok(Action::Mount(expected));
        let libmount = "//c/i /mnt/z -s -f -n -v -o rw,user=anna -t fslaunch.c";
        assert_eq!(parsed(Program::Mount, libmount), expected);
        let autofs = "-t fslaunch.c -n -s -v -f -o rw,user=anna //c/i /mnt/z";
        assert_eq!(parsed(Program::Mount, autofs), expected);
    }

    #[test]
    fn the_name_says_which_program_it_is() {
        let called = |name: &str| Program::called(Some(OsStr::new(name)));
        assert_eq!(called("/sbin/umount.fslaunch"), Program::Umount);
        assert_eq!(called("/sbin/mount.fslaunch"), Program::Mount);
        assert_eq!(called("target/debug/mount-fslaunch"), Program::Mount);
        assert_eq!(Program::called(None), Program::Mount);
    }

    #[test]
    fn umount_passes_its_own_options() {
        let action = parsed(Program::Umount, "/mnt/z -f -l -n -r -v -t fuse.memfs");
        let expected = UmountRequest {
            folder: "/mnt/z".into(),
            force: true,
            lazy: true,
            verbose: true,
        };
        assert_eq!(action, Ok(Action::Umount(expected)));
    }

    #[test]
    fn what_is_no_use_of_the_programs_is_told() {
        for words in ["//c/i", "a b c", "a /b --what", "a /b -q", "a /b -N 12"] {
            assert!(parsed(Program::Mount, words).is_err(), "{words}");
        }
        assert_eq!(parsed(Program::Umount, "/a /b"), Err(Usage::UmountSynopsis));
        let empty = ["//c/i".into(), OsString::new()];
        assert_eq!(parse(Program::Mount, empty), Err(Usage::NoFolder));
    }
}
