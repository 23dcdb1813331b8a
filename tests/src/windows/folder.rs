//! Files and folders of a test: those that a launcher of the system trusts.

use std::path::{Path, PathBuf};
use std::{fs, io};

use fslaunch_os::testing;

use super::ClassStore;
use crate::{Account, until};

/// Where tests make their folders, by its full name: programs are found by
/// the path that the system shows. It is none of a user's: a launcher of the
/// system takes nothing from where a user could change it.
pub(crate) fn parent() -> PathBuf {
    let folder = testing::safe_parent().expect("there is a folder for data of programs");
    let full = fs::canonicalize(&folder).unwrap_or(folder);
    match full.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) => PathBuf::from(plain),
        None => full,
    }
}

/// Makes the folder of a test, which nobody but administrators can change.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    testing::make_safe_folder(folder)
}

/// Of the modes there is only that others may write.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    if mode & 0o002 != 0 {
        testing::open_to_everybody(path).expect("a folder can be opened to everybody");
    }
}

/// Makes a file or folder the user's: all accounts of the tests are the same.
pub(crate) fn give_to(_owner: &Account, path: &Path) {
    testing::open_to_user(path).expect("a folder can be given away");
}

/// Puts a program into a folder. Not as a second name of the file: of a file
/// with several, Wine shows the same one for all processes.
pub(crate) fn put(from: &Path, to: &Path) {
    fs::copy(from, to).expect("a program can be copied");
}

/// Removes a folder with all that is in it, and the registry's key in its
/// name. Files of a process that has just
/// ended may be in use for a moment.
pub(crate) fn remove_folder(folder: &Path) {
    ClassStore::of(folder).remove();
    until("the folder of the test can be removed", || {
        fs::remove_dir_all(folder).is_ok() || !folder.exists()
    });
}
