//! Lines, as they are written.

use std::io::{self, Write};

use fslaunch_protocol::escape;
use tracing_subscriber::fmt::MakeWriter;

/// One event as one line, whatever is in it: without its line end, and with no
/// character that could begin another line or move a cursor.
pub(super) fn line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    escape::line(text.trim_end_matches(['\r', '\n'])).into_owned()
}

/// Standard error. It may be closed: nobody minds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stderr;

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Stderr;

    fn make_writer(&'a self) -> Stderr {
        Stderr
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = writeln!(io::stderr(), "{}", line(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let written = line(b"WARN class=a\r\nERROR \x1b[2Jforged\n");
        assert_eq!(written, r"WARN class=a\r\nERROR \u{1b}[2Jforged");
        assert_eq!(line("Größe\n".as_bytes()), "Größe");
        assert!(line(b"\xff\n").starts_with(char::REPLACEMENT_CHARACTER));
    }
}
