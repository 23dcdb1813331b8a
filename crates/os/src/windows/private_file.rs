//! Files with secrets in them.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file that nobody may read but the user who runs this.
///
/// # Errors
/// Always on Windows, where nothing reads such files: the Credential Manager
/// keeps secrets.
pub fn open(_path: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
