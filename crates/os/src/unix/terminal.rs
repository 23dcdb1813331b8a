//! The terminal that the user sits at, whatever the standard streams are.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::raw;

/// What is written to it is shown, such as a question whose answer is read
/// from the terminal.
///
/// # Errors
/// There is none.
pub fn output() -> io::Result<impl Write + 'static> {
    OpenOptions::new().write(true).open("/dev/tty")
}

/// How long it takes at most from a question to hiding its answer, and how often is looked.
const HIDING: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(2);

/// How the terminal was set.
#[derive(Debug)]
pub struct Settings {
    terminal: File,
    before: Termios,
}

/// How the terminal is set now, if there is one.
pub fn settings() -> Option<Settings> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let terminal = terminal.ok()?;
    let before = tcgetattr(&terminal).ok()?;
    Some(Settings { terminal, before })
}

impl Settings {
    /// Sets it so again, and begins a new line: a question without an answer is left behind.
    /// Who asked it may only be about to hide the answer, and is given a moment for that.
    pub fn restore(&self) {
        let deadline = Instant::now() + HIDING;
        while self.is_as_before() && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        // Whoever started this may have ended, and another have the terminal.
        raw::without_sigttou(|| {
            // A terminal that is gone needs neither.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
            let _ = (&self.terminal).write_all(b"\n");
        });
    }

    fn is_as_before(&self) -> bool {
        let now = tcgetattr(&self.terminal);
        now.is_ok_and(|now| now.local_modes == self.before.local_modes)
    }
}
