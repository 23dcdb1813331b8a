//! Files and folders of a test, and whom they belong to.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::Account;

/// Where tests make their folders. Root's lie where nobody else may write on
/// the whole path, as the launcher of the system demands.
pub(crate) fn parent() -> PathBuf {
    if Account::is_root() {
        PathBuf::from("/var/lib")
    } else {
        std::env::temp_dir()
    }
}

/// Makes the folder of a test.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}

/// Sets what may be done with a file or folder.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode can be set");
}

/// Makes a file or folder somebody's.
pub(crate) fn give_to(owner: &Account, path: &Path) {
    if Account::is_root() {
        chown(path, Some(owner.uid), Some(owner.gid)).expect("a folder can be given away");
    }
}

/// Puts a program into a folder: as a second name of the file, unless it
/// belongs to somebody whom the launcher would not trust.
pub(crate) fn put(from: &Path, to: &Path) {
    let owner = fs::metadata(from)
        .expect("a program can be looked at")
        .uid();
    let trusted = owner == rustix::process::geteuid().as_raw();
    if !(trusted && fs::hard_link(from, to).is_ok()) {
        fs::copy(from, to).expect("a program can be copied");
    }
}

/// Removes a folder with all that is in it.
pub(crate) fn remove_folder(folder: &Path) {
    fs::remove_dir_all(folder).expect("the folder of the test can be removed");
}
