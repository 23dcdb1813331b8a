//! The log file, of which the one before is kept.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use super::line::line;

/// From here on the file is moved away, and a new one begun.
const MOST: u64 = 10 << 20;

/// A file of log lines. It is called `<name>.1` once it is full, and the one
/// that was called so before is removed.
#[derive(Debug, Clone)]
pub(super) struct LogFile(Arc<Mutex<Current>>);

#[derive(Debug)]
struct Current {
    path: PathBuf,
    most: u64,
    length: u64,
    /// `None` if the last try to open it failed.
    file: Option<File>,
}

impl LogFile {
    pub(super) fn open(path: &Path) -> io::Result<LogFile> {
        LogFile::with_most(path, MOST)
    }

    fn with_most(path: &Path, most: u64) -> io::Result<LogFile> {
        let (file, length) = open(path)?;
        let path = path.to_owned();
        Ok(LogFile(Arc::new(Mutex::new(Current {
            path,
            most,
            length,
            file: Some(file),
        }))))
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

impl Current {
    fn write(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        if self.length > 0 && self.length + length > self.most {
            self.begin_anew()?;
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let (file, length) = open(&self.path)?;
                self.length = length;
                none.insert(file)
            }
        };
        // In one piece: others may read along.
        file.write_all(format!("{line}\n").as_bytes())?;
        self.length += length;
        Ok(())
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        let mut before = self.path.clone().into_os_string();
        before.push(".1");
        self.file = None;
        if fs::rename(&self.path, before).is_err() {
            // Somebody keeps one of them open: it grows on, until the next try.
            let (file, _) = open(&self.path)?;
            self.file = Some(file);
            self.length = 0;
        }
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = LogFile;

    fn make_writer(&'a self) -> LogFile {
        self.clone()
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not keep the daemon from its work.
        let _ = current.write(&line(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir();
            let path = path.join(format!("fslaunch-log-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_full_file_is_moved_away_once() {
        let folder = Folder::new("full");
        let path = folder.0.join("a.log");
        let mut log = LogFile::with_most(&path, 20).unwrap();
        for number in 0..7 {
            log.write_all(format!("line {number}\n").as_bytes())
                .unwrap();
        }
        let read = |name| fs::read_to_string(folder.0.join(name)).unwrap();
        assert_eq!(read("a.log.1"), "line 4\nline 5\n");
        assert_eq!(read("a.log"), "line 6\n");
        drop(log);
        let mut log = LogFile::with_most(&path, 20).unwrap();
        log.write_all(b"line 7\n").unwrap();
        assert_eq!(read("a.log"), "line 6\nline 7\n");
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }

    #[test]
    fn a_line_longer_than_a_file_is_written_whole() {
        let folder = Folder::new("long");
        let path = folder.0.join("a.log");
        let mut log = LogFile::with_most(&path, 4).unwrap();
        log.write_all(b"longer than that\n").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "longer than that\n");
    }
}
