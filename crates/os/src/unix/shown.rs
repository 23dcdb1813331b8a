//! Paths in messages.

use std::path::Path;

/// A path as one word of a message: a caller may have chosen it, and no line end or control
/// character in it may forge another line where the message is logged.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detach::MountError;
    use crate::spawn_error::SpawnError;
    use crate::trust::TrustError;

    #[test]
    fn a_line_end_in_a_path_begins_no_line_in_a_message() {
        let path = || Path::new("/mnt/a\nERROR \u{1b}[2J").to_owned();
        let messages = [
            SpawnError::MountPointNotFound { path: path() }.to_string(),
            SpawnError::StderrFile {
                path: path(),
                source: std::io::ErrorKind::NotFound.into(),
            }
            .to_string(),
            MountError::TimedOut {
                path: path(),
                seconds: 5,
            }
            .to_string(),
            TrustError::NotFound { path: path() }.to_string(),
        ];
        for message in messages {
            assert!(message.contains(r"/mnt/a\nERROR \u{1b}[2J"), "{message}");
            assert!(!message.contains(char::is_control), "{message}");
        }
    }

    #[test]
    fn an_ordinary_path_is_shown_as_it_is() {
        assert_eq!(shown(Path::new("/mnt/für mich")), "/mnt/für mich");
    }
}
