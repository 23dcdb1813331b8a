//! Which programs are refused by their name alone.

/// Whether the system would give a file of this name to a command interpreter, which reads the
/// arguments anew and finds commands in them (security specification, rule 2 of what callers may
/// never make the launcher do).
///
/// Windows ignores dots and blanks at the end of a name, and `x.bat::$DATA` is `x.bat`.
///
/// ```
/// use fslaunch_core::record::is_batch_file;
///
/// assert!(is_batch_file(r"C:\tools\start.CMD"));
/// assert!(is_batch_file(r"C:\tools\start.bat. ."));
/// assert!(!is_batch_file(r"C:\tools.bat\start.exe"));
/// ```
pub fn is_batch_file(path: &str) -> bool {
    let name = path.rsplit(['\\', '/']).next().unwrap_or(path);
    // Any part may be the one that counts: the file's name, or a stream's.
    name.split(':').any(|part| {
        let part = part.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control());
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        ["bat", "cmd"]
            .iter()
            .any(|batch| batch.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_file_is_known_however_it_is_spelled() {
        for path in [
            "x.bat",
            r"C:\x.BaT",
            r"C:\a b\x.cmd",
            "C:/x.cmd",
            r"C:\x.cmd.",
            r"C:\x.cmd . .. ",
            "C:\\x.bat\t",
            r"C:\x.bat::$DATA",
            r"C:\x.exe:y.bat",
            r"C:\X~1.BAT",
        ] {
            assert!(is_batch_file(path), "{path}");
        }
    }

    #[test]
    fn other_programs_are_none() {
        for path in [
            "",
            "bat",
            r"C:\bat",
            r"C:\x.exe",
            r"C:\x.bat.exe",
            r"C:\x.bat\y.exe",
            "/usr/bin/x.batch",
            r"C:\.exe",
        ] {
            assert!(!is_batch_file(path), "{path}");
        }
    }
}
