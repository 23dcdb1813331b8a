//! UTF-16LE text that may hold a secret: whatever is copied is wiped.

use zeroize::Zeroizing;

/// Most bytes of UTF-8 for one UTF-16 unit.
const UTF8_BYTES: usize = 3;

/// The units of a message. An odd byte at the end is ignored.
pub(super) fn units(bytes: &[u8]) -> Zeroizing<Vec<u16>> {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    // The length is known beforehand, so the vector never grows.
    Zeroizing::new(units.collect())
}

/// The parts of a message: what lies between the NULs. Text after the last
/// NUL is no part.
pub(super) fn parts(units: &[u16]) -> impl Iterator<Item = &[u16]> {
    let ended = units.iter().rposition(|unit| *unit == 0);
    let ended = ended.map(|end| &units[..end]);
    ended
        .into_iter()
        .flat_map(|units| units.split(|unit| *unit == 0))
}

/// The text, or nothing if it holds half a surrogate pair.
pub(super) fn text(units: &[u16]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(UTF8_BYTES * units.len()));
    for character in char::decode_utf16(units.iter().copied()) {
        text.push(character.ok()?);
    }
    Some(text)
}

/// A message on its way out. It never grows past its limit, so nothing is
/// left behind in freed memory.
pub(super) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

impl Writer {
    pub(super) fn new(first: u16, limit: usize) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
        bytes.extend_from_slice(&first.to_le_bytes());
        Self { bytes, limit }
    }

    /// Adds these parts, each ended by a NUL; or nothing, if not all fit.
    #[must_use]
    pub(super) fn push<'a>(&mut self, parts: impl IntoIterator<Item = &'a str>) -> bool {
        self.push_all(parts.into_iter().map(str::encode_utf16))
    }

    /// As [`Self::push`], for parts that are units.
    #[must_use]
    pub(super) fn push_all<I: IntoIterator<Item = u16>>(
        &mut self,
        parts: impl IntoIterator<Item = I>,
    ) -> bool {
        let before = self.bytes.len();
        for part in parts {
            for unit in part.into_iter().chain([0]) {
                if self.bytes.len() + 2 > self.limit {
                    self.bytes.truncate(before);
                    return false;
                }
                self.bytes.extend_from_slice(&unit.to_le_bytes());
            }
        }
        true
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let parts = parts(&units).map(|part| String::from_utf16(part).unwrap());
        parts.collect()
    }

    #[test]
    fn a_part_is_what_a_nul_ends() {
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split("a"), [""; 0]);
        assert_eq!(split("\0"), [""]);
        assert_eq!(split("a\0b"), ["a"]);
        assert_eq!(split("a\0\0b\0"), ["a", "", "b"]);
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        assert_eq!(text(&[0xd83d, 0xde00]).unwrap().as_str(), "😀");
        assert_eq!(text(&[0xd83d]), None);
        assert_eq!(text(&[0xde00, 0x61]), None);
    }

    #[test]
    fn an_odd_byte_at_the_end_is_ignored() {
        assert_eq!(*units(b"L\0x"), [0x4c]);
    }

    #[test]
    fn what_does_not_fit_is_left_out_as_a_whole() {
        let mut writer = Writer::new(0x24, 10);
        assert!(writer.push(["a"]));
        assert!(!writer.push(["b", "c"]));
        assert!(writer.push(["b"]));
        assert_eq!(*writer.into_bytes(), b"$\0a\0\0\0b\0\0\0");
    }
}
