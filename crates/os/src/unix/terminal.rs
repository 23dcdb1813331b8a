//! The terminal that the user sits at, whatever the standard streams are.

use std::{
    fs::OpenOptions,
    io::{self, Write},
};

/// What is written to it is shown, such as a question whose answer is read
/// from the terminal.
///
/// # Errors
/// There is none.
pub fn output() -> io::Result<impl Write + 'static> {
    OpenOptions::new().write(true).open("/dev/tty")
}
