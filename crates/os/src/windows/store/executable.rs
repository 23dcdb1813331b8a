//! Whether the program of a class can be run.

use std::{fs, io, path::Path};

use fslaunch_core::{
    name::ClassName,
    record::{ClassRecord, is_batch_file},
};
use fslaunch_protocol::Error;

use super::ClassStore;

impl ClassStore {
    /// Checks the program of a class: it must be there, and be no batch file.
    ///
    /// # Platform behaviour
    /// On Windows it is not asked who could change the program: existing
    /// classes are wherever their installers put them.
    ///
    /// # Errors
    /// [`Error::ExecutableNotFound`] and [`Error::ClassUnusable`], each with
    /// what is wrong.
    pub fn check_executable(&self, class: &ClassName, record: &ClassRecord) -> Result<(), Error> {
        let executable = record.executable.as_str();
        let not_found = |reason: &str| Error::ExecutableNotFound {
            class: class.as_str().to_owned(),
            executable: executable.to_owned(),
            reason: reason.to_owned(),
        };
        if is_batch_file(executable) {
            return Err(Error::ClassUnusable {
                class: class.as_str().to_owned(),
                reason: format!(
                    "{executable} is a batch file, which would read its arguments anew"
                ),
            });
        }
        if has_stream(executable) {
            return Err(not_found("it is not a full path of a file"));
        }
        match fs::metadata(Path::new(executable)) {
            Ok(about) if about.is_file() => Ok(()),
            Ok(about) if about.is_dir() => Err(not_found("it is a folder")),
            Ok(_) => Err(not_found("it is not a file")),
            Err(error) if is_missing(error.kind()) => Err(not_found("it does not exist")),
            Err(error) => Err(not_found(&error.to_string())),
        }
    }
}

fn is_missing(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether a `:` stands anywhere but after the drive: it names a stream of a
/// file, and hides what the file is called.
fn has_stream(path: &str) -> bool {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    path.char_indices().any(|(at, c)| c == ':' && at != 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_not_a_file() {
        assert!(has_stream(r"C:\a.exe:b.bat"));
        assert!(has_stream(r"C:\a.bat::$DATA"));
        assert!(!has_stream(r"C:\a.exe"));
        assert!(!has_stream(r"\\?\C:\a.exe"));
        assert!(!has_stream(r"\\srv\share\a.exe"));
    }
}
