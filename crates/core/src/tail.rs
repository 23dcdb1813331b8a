//! The end of what an instance wrote.

use std::collections::VecDeque;

/// The last bytes of an instance's output, at most [`Tail::MOST`] of them.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    bytes: VecDeque<u8>,
    cut: bool,
}

impl Tail {
    /// The most that is kept, in bytes.
    pub const MOST: usize = 4096;

    /// Adds output, forgetting the oldest where it would be too much.
    pub fn push(&mut self, output: &[u8]) {
        let output = match output.len().checked_sub(Self::MOST) {
            Some(surplus) if surplus > 0 => {
                self.cut = true;
                self.bytes.clear();
                &output[surplus..]
            }
            Some(_) | None => output,
        };
        let surplus = (self.bytes.len() + output.len()).saturating_sub(Self::MOST);
        if surplus > 0 {
            self.cut = true;
            self.bytes.drain(..surplus);
        }
        self.bytes.extend(output);
    }

    /// The output as text, whole lines only where its start was forgotten;
    /// `None` if there was none. Bytes that are not UTF-8 become U+FFFD, and a
    /// line's end is one character, as systems differ in that.
    pub fn text(&self) -> Option<String> {
        if self.bytes.is_empty() {
            return None;
        }
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let from = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) if self.cut && end + 1 < bytes.len() => end + 1,
            Some(_) | None => 0,
        };
        Some(String::from_utf8_lossy(&bytes[from..]).replace("\r\n", "\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_as_on_any_system() {
        let mut tail = Tail::default();
        tail.push(b"one\r\ntwo\r");
        assert_eq!(tail.text().unwrap(), "one\ntwo\r");
    }

    #[test]
    fn short_output_is_kept_whole() {
        let mut tail = Tail::default();
        assert_eq!(tail.text(), None);
        tail.push(b"one\n");
        tail.push(b"two");
        assert_eq!(tail.text().unwrap(), "one\ntwo");
    }

    #[test]
    fn a_flood_leaves_its_last_whole_lines() {
        let mut tail = Tail::default();
        for number in 0..10_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        let text = tail.text().unwrap();
        assert!(text.len() <= Tail::MOST);
        assert!(text.starts_with("line ") && text.ends_with("line 9999\n"));
    }

    #[test]
    fn one_write_longer_than_the_most_leaves_its_end() {
        let mut tail = Tail::default();
        tail.push(&[b'x'; 3 * Tail::MOST]);
        assert_eq!(tail.text().unwrap().len(), Tail::MOST);
    }

    #[test]
    fn what_is_not_utf_8_is_shown_as_such() {
        let mut tail = Tail::default();
        tail.push(b"caf\xe9");
        assert_eq!(tail.text().unwrap(), "caf\u{fffd}");
    }
}
