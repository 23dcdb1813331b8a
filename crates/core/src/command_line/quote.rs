//! Words, quoted for those who take them apart again.

use std::fmt::Write;

use fslaunch_protocol::escape;

/// Appends a word in quotes for `CommandLineToArgvW`: a quote gets a backslash
/// before it, and backslashes before a quote are doubled.
pub(super) fn push_windows(line: &mut String, word: &str) {
    line.push('"');
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                (0..=backslashes).for_each(|_| line.push('\\'));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        line.push(c);
    }
    (0..backslashes).for_each(|_| line.push('\\'));
    line.push('"');
}

/// A command line as one would type it in a POSIX shell, for a person to read.
///
/// Words are in single quotes where that is needed. One with characters that
/// don't belong on a terminal is between `$'` and `'`, with these escaped.
///
/// ```
/// use fslaunch_core::command_line::shell_text;
///
/// let argv = ["/bin/echo", "a b", "it's", "\u{1b}[2J", ""];
/// let argv = argv.map(str::to_owned);
/// assert_eq!(shell_text(&argv), r"/bin/echo 'a b' 'it'\''s' $'\x1b[2J' ''");
/// ```
pub fn shell_text(argv: &[String]) -> String {
    let words: Vec<String> = argv.iter().map(|word| shell_word(word)).collect();
    words.join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if is_printable(word) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        escaped_word(word)
    }
}

fn is_printable(text: &str) -> bool {
    escape::line(text) == text
}

fn escaped_word(word: &str) -> String {
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\'' | '\\' => out.extend(['\\', c]),
            _ if is_printable(c.encode_utf8(&mut [0; 4])) => out.push(c),
            // Two, four or eight digits always, so that none that follows is read as one more.
            '\0'..='\x7f' => push_hex(&mut out, 'x', 2, c),
            '\u{80}'..='\u{ffff}' => push_hex(&mut out, 'u', 4, c),
            _ => push_hex(&mut out, 'U', 8, c),
        }
    }
    out.push('\'');
    out
}

fn push_hex(out: &mut String, letter: char, digits: usize, c: char) {
    let code = u32::from(c);
    // Writing to a String can't fail.
    let _ = write!(out, "\\{letter}{code:0digits$x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_a_shell_shows_no_control_characters() {
        for (word, shown) in [
            ("-o", "-o"),
            ("größe", "'größe'"),
            ("~", "'~'"),
            ("a\nb", r"$'a\nb'"),
            ("\u{1b}1'\\", r"$'\x1b1\'\\'"),
            ("\u{9b}1", r"$'\u009b1'"),
            ("\u{202e}x", r"$'\u202ex'"),
            ("\u{e0041}", r"$'\U000e0041'"),
        ] {
            assert_eq!(shell_text(&[word.to_owned()]), shown);
        }
    }

    #[test]
    fn a_word_for_windows_is_always_in_quotes() {
        for (word, quoted) in [
            ("", r#""""#),
            ("a", r#""a""#),
            (r"a\", r#""a\\""#),
            (r#"a\"b"#, r#""a\\\"b""#),
            (r"\\srv\x y", r#""\\srv\x y""#),
        ] {
            let mut line = String::new();
            push_windows(&mut line, word);
            assert_eq!(line, quoted);
        }
    }
}
