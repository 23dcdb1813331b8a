//! Files and folders of a test. Whom they belong to is not looked at here.

use std::fs;
use std::path::{Path, PathBuf};

use super::ClassStore;
use crate::{Account, until};

/// Where tests make their folders, by its full name: programs are found by
/// the path that the system shows.
pub(crate) fn parent() -> PathBuf {
    let folder = std::env::temp_dir();
    let full = fs::canonicalize(&folder).unwrap_or(folder);
    match full.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) => PathBuf::from(plain),
        None => full,
    }
}

/// There are no modes.
pub(crate) fn set_mode(_path: &Path, _mode: u32) {}

/// All accounts of the tests are the same user.
pub(crate) fn give_to(_owner: &Account, _path: &Path) {}

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
