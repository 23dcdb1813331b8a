//! The end of a test that hangs.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::{mounts, processes};

/// Longer than any test takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
/// How long a test has to notice that what it waited for is gone.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Kills what belongs to a folder when it still lives after two minutes, and
/// ends the whole test program when that does not end the test.
#[derive(Debug)]
pub struct Watchdog {
    _test_lives: Sender<()>,
}

impl Watchdog {
    /// Starts to watch. The watch ends when the value is dropped.
    ///
    /// # Panics
    /// When no thread can be started.
    pub fn over(folder: &Path) -> Self {
        let (test_lives, ended) = channel::<()>();
        let folder = PathBuf::from(folder);
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let watch = move || {
            use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
            match ended.recv_timeout(LIMIT) {
                Ok(()) | Err(Disconnected) => return,
                Err(Timeout) => {}
            }
            eprintln!("WATCHDOG: {test} hangs; killing what it started");
            for pid in processes::of(&folder) {
                eprintln!("WATCHDOG: killing {pid} ({:?})", processes::executable(pid));
                processes::kill(pid);
            }
            mounts::detach_under(&folder);
            if ended.recv_timeout(LAST_WORDS) == Err(Timeout) {
                eprintln!("WATCHDOG: {test} still hangs; ending all tests of this program");
                std::process::exit(101);
            }
        };
        let name = "watchdog".to_owned();
        std::thread::Builder::new()
            .name(name)
            .spawn(watch)
            .expect("a thread can be started");
        Self {
            _test_lives: test_lives,
        }
    }
}
