//! Names and paths in UTF-16.

use super::Status;

/// Longest name of an entry, in units of UTF-16.
pub const LONGEST: usize = 255;

/// Most bytes of such a name: a unit takes three at most, and a pair of surrogates, which are two units, four.
pub(super) const LONGEST_BYTES: usize = 3 * LONGEST;

/// A text in UTF-16.
pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// The names of a path from the root down. Both `\` and nothing at all are the root.
pub fn components(path: &[u16]) -> impl DoubleEndedIterator<Item = &[u16]> {
    const BACKSLASH: u16 = b'\\' as u16;
    path.split(|unit| *unit == BACKSLASH)
        .filter(|name| !name.is_empty())
}

/// A name of an entry, as [`bytes`].
///
/// # Errors
/// [`Status::OBJECT_NAME_INVALID`] if it has more than [`LONGEST`] units.
pub fn entry(name: &[u16]) -> Result<Vec<u8>, Status> {
    match name.len() > LONGEST {
        true => Err(Status::OBJECT_NAME_INVALID),
        false => Ok(bytes(name)),
    }
}

/// A name as bytes: UTF-8, and each half surrogate, which UTF-8 has none of, in three bytes of the same pattern. So
/// names that differ stay different.
pub fn bytes(name: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    for decoded in char::decode_utf16(name.iter().copied()) {
        match decoded {
            Ok(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(half) => {
                let unit = half.unpaired_surrogate();
                // Six bits each, of sixteen.
                let six = |shift: u32| 0x80 | (unit >> shift & 0x3f) as u8;
                bytes.extend_from_slice(&[0xe0 | (unit >> 12) as u8, six(6), six(0)]);
            }
        }
    }
    bytes
}

/// A name from [`bytes`]; other bytes that are not UTF-8 become the character for that.
pub fn units(name: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(chunk) = rest.utf8_chunks().next() {
        units.extend(chunk.valid().encode_utf16());
        rest = &rest[chunk.valid().len()..];
        match rest {
            [
                first @ 0xed,
                second @ 0xa0..=0xbf,
                third @ 0x80..=0xbf,
                after @ ..,
            ] => {
                let six = |byte: &u8| u16::from(byte & 0x3f);
                units.push(u16::from(first & 0x0f) << 12 | six(second) << 6 | six(third));
                rest = after;
            }
            [] => {}
            [..] => {
                units.push(char::REPLACEMENT_CHARACTER as u16);
                rest = &rest[chunk.invalid().len().max(1)..];
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_names() {
        let names = |path: &str| -> Vec<String> {
            let path = wide(path);
            components(&path)
                .map(|name| String::from_utf16(name).unwrap())
                .collect()
        };
        assert_eq!(names(r"\"), [""; 0]);
        assert_eq!(names(""), [""; 0]);
        assert_eq!(names(r"\a\b c"), ["a", "b c"]);
    }

    #[test]
    fn every_name_comes_back_as_it_was() {
        let names: [&[u16]; 6] = [
            &wide("plain"),
            &wide("Größe 漢字 😀"),
            &[0xd800],
            &[0x61, 0xdfff, 0x62],
            &[0xd83d, 0x61],
            &[],
        ];
        for name in names {
            assert_eq!(units(&bytes(name)), name);
        }
        assert_ne!(bytes(&[0xd800]), bytes(&[0xd801]));
    }

    #[test]
    fn bytes_that_are_no_name_of_windows_are_shown_as_such() {
        assert_eq!(units(b"a\xffb"), [0x61, 0xfffd, 0x62]);
        assert_eq!(units(b"\xed\xa0"), [0xfffd, 0xfffd]);
    }
}
