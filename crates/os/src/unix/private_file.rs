//! Files with secrets in them.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

/// Opens a file that nobody may read but the user who runs this, or root.
///
/// # Errors
/// It can't be opened, is no file, belongs to somebody else, or others may
/// read or change it.
pub fn open(path: &Path) -> io::Result<File> {
    // Without waiting for who might write into a pipe.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    let own = rustix::process::geteuid().as_raw();
    let refused = if !metadata.is_file() {
        "it is no file"
    } else if ![own, 0].contains(&metadata.uid()) {
        "it belongs to somebody else"
    } else if metadata.mode() & 0o077 != 0 {
        "others than its owner may read or change it: chmod 600"
    } else {
        return Ok(file);
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_a_file_that_nobody_else_may_read_is_opened() {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("private-file-{}", std::process::id()));
        fs::write(&path, "x").unwrap();
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            set(mode);
            assert_eq!(open(&path).is_ok(), accepted, "{mode:o}");
        }
        fs::remove_file(&path).unwrap();
        assert!(open(&path).is_err());
        assert!(open(Path::new("/dev/null")).is_err());
        assert!(open(&folder).is_err());
    }
}
