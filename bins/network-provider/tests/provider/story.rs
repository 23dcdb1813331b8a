//! The whole way: a drive is asked for, the launcher starts a file system, its
//! files are used, the drive is given back; and again, with a password that is
//! remembered.

use std::fs;
use std::path::{Path, PathBuf};

use fslaunch_tests::{Watchdog, until};

use crate::drive::Letter;
use crate::launched::{Launcher, Programs};
use crate::library::{Add, Library, add};
use crate::stage::turn;

const DRIVE: &str = "T:";

const SECRET: &str = r"\\secretfs\vault";

/// Nothing is remembered before and after this, also by a test that was ended.
struct Forgotten<'a>(&'a Launcher);

impl<'a> Forgotten<'a> {
    fn new(launcher: &'a Launcher) -> Forgotten<'a> {
        let forgotten = Forgotten(launcher);
        forgotten.forget();
        forgotten
    }

    fn forget(&self) {
        self.0.launchctl(&["credentials", "remove", SECRET], b"");
    }
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

/// What is written to the drive, below one folder.
const TREE: [(&str, &str); 3] = [
    (r"a\file", "what was written"),
    (r"a\b\empty", ""),
    ("Größe", "ä😀\r\n"),
];

pub(crate) fn write_tree(folder: &Path) {
    for (name, text) in TREE {
        let file = folder.join("tree").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

pub(crate) fn compare_tree(folder: &Path) {
    for (name, text) in TREE {
        let read = fs::read_to_string(folder.join("tree").join(name));
        assert_eq!(read.unwrap(), text, "{name}");
    }
}

#[test]
fn a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password() {
    let test = "a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password";
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let _letter = Letter::free(DRIVE);
    let launcher = Launcher::start(programs, key);
    launcher.class("mapfs", 50, "");
    launcher.class("secretfs", 50, "right");
    let _forgotten = Forgotten::new(&launcher);
    let _watchdog = Watchdog::over(launcher.folder());
    let library = Library::load();

    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\one")), 0);
    let root = PathBuf::from(format!(r"{DRIVE}\"));
    write_tree(&root);
    compare_tree(&root);
    compare_tree(&launcher.shown());
    let (code, _, name) = library.connection(Some(DRIVE), Some(64), 64);
    assert_eq!((code, name.as_str()), (0, r"\\mapfs\one"));
    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\two")), 85);
    assert_eq!(library.connect(add("U:", r"\\mapfs\one")), 1208);
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    assert!(fs::read_dir(&root).is_err(), "the drive is gone");
    assert_eq!(library.cancel(Some(DRIVE)), 2250);

    let with = |password| Add {
        password: Some(password),
        ..add(DRIVE, SECRET)
    };
    assert_eq!(library.connect(add(DRIVE, SECRET)), 5);
    assert_eq!(library.connect(with("wrong")), 5);
    assert_eq!(library.connect(with("right")), 0);
    assert_eq!(library.cancel(Some(SECRET)), 0);

    // What launchctl has remembered, the provider uses.
    let start = ["start", "--remember", "--secret-stdin", "secretfs", "vault"];
    let start = [&start[..], &[r"\secretfs\vault", DRIVE]].concat();
    launcher.launchctl(&start, b"right").ok();
    launcher.launchctl(&["stop", "secretfs", "vault"], b"").ok();
    until("the drive is gone", || fs::read_dir(&root).is_err());
    assert_eq!(library.connect(add(DRIVE, SECRET)), 0);
    compare_tree(&root);
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    launcher
        .launchctl(&["credentials", "remove", "secretfs", "vault"], b"")
        .ok();
    assert_eq!(library.connect(add(DRIVE, SECRET)), 5);
}
