//! Names and output made fit for a terminal, a log line or a message.
//!
//! A name may hold anything that its owner typed. Printed as it is, it could
//! move the cursor, forge a line of a log or turn text around (security
//! specification, rule 7 of what callers may never make the launcher do).

use std::borrow::Cow;
use std::fmt::{self, Write};

/// How many characters of a name a message shows.
const NAME_SHOWN: usize = 300;

/// How many characters of a reason a message shows.
const REASON_SHOWN: usize = 4000;

/// The text in one line, with each character that is not to be printed
/// replaced by an escape such as `\n` or `\u{1b}`.
///
/// ```
/// use fslaunch_protocol::escape::line;
/// assert_eq!(line("a\u{1b}[2Jb\n"), r"a\u{1b}[2Jb\n");
/// assert_eq!(line("Größe \\srv"), "Größe \\srv");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same for output of several lines: line ends and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// The same for a JSON document, which then still means the same: outside of
/// its texts only line ends are unprintable, and they stay.
pub fn json(document: &str) -> Cow<'_, str> {
    let unfit = |c: char| is_unprintable(c) && c != '\n';
    if !document.contains(unfit) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 12);
    for c in document.chars() {
        if unfit(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a text can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let unfit = |c: char| is_unprintable(c) && !stays(c);
    if !text.contains(unfit) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if unfit(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line separators, and the marks that change the
/// direction of what follows or are not seen at all.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A name between single quotes, escaped, and shortened if it is very long.
pub(crate) fn quoted(name: &str) -> impl fmt::Display + '_ {
    Shown {
        text: name,
        quotes: "'",
        most: NAME_SHOWN,
    }
}

/// A name without quotes, escaped, and shortened if it is very long.
pub(crate) fn bare(name: &str) -> impl fmt::Display + '_ {
    Shown {
        text: name,
        quotes: "",
        most: NAME_SHOWN,
    }
}

/// A reason in words, escaped, and shortened if it is absurdly long.
pub(crate) fn sentence(reason: &str) -> impl fmt::Display + '_ {
    Shown {
        text: reason,
        quotes: "",
        most: REASON_SHOWN,
    }
}

struct Shown<'a> {
    text: &'a str,
    quotes: &'static str,
    most: usize,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.text.char_indices().nth(self.most);
        let shown = end.map_or(self.text, |(end, _)| &self.text[..end]);
        f.write_str(self.quotes)?;
        f.write_str(&line(shown))?;
        if end.is_some() {
            f.write_char('…')?;
        }
        f.write_str(self.quotes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_move_the_cursor_or_forge_a_line() {
        assert_eq!(line("\r\nKO\u{9b}2J\u{7f}"), r"\r\nKO\u{9b}2J\u{7f}");
        assert_eq!(line("a\u{202e}b\u{2028}c"), r"a\u{202e}b\u{2028}c");
    }

    #[test]
    fn output_keeps_its_lines_and_tabs() {
        assert_eq!(lines("a\tb\r\nc\u{7}"), "a\tb\\r\nc\\u{7}");
    }

    #[test]
    fn a_very_long_name_is_shortened_in_a_message() {
        let shown = quoted(&"ä".repeat(100_000)).to_string();
        assert_eq!(shown.chars().count(), NAME_SHOWN + 3);
        assert!(shown.ends_with("ä…'"));
    }
}
