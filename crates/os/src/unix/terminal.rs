//! The terminal that the user sits at, whatever the standard streams are.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// What is written to it is shown, such as a question whose answer is read
/// from the terminal.
///
/// # Errors
/// There is none.
pub fn output() -> io::Result<impl Write + 'static> {
    OpenOptions::new().write(true).open("/dev/tty")
}

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
    pub fn restore(&self) {
        // A terminal that is gone needs neither.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        let _ = (&self.terminal).write_all(b"\n");
    }
}
