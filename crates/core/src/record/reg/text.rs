//! The characters of a `.reg` file.

use super::{Import, RegError};

/// The text of a `.reg` file: UTF-16 with a byte-order mark as the registry
/// editor writes it, or UTF-8.
///
/// # Errors
/// It is too long, or is neither.
pub fn decode(bytes: &[u8]) -> Result<String, RegError> {
    if bytes.len() > Import::MAX_BYTES {
        return Err(RegError::TooLong {
            limit: Import::MAX_BYTES,
        });
    }
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Without a mark: the first character is ASCII in any such file.
        [_, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest).ok().map(str::to_owned),
    }
    .ok_or(RegError::NotText)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

/// Bytes written as pairs of hexadecimal digits.
pub(in super::super) fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

fn digit(character: u8) -> Option<u8> {
    let digit = char::from(character).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Bytes as pairs of hexadecimal digits.
pub(in super::super) fn hex_text(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_utf_16_or_utf_8() {
        let text = "REGEDIT4 größe";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            [&b"\xff\xfe"[..], &le].concat(),
            le,
            [&b"\xfe\xff"[..], &be].concat(),
            [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
            text.as_bytes().to_vec(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_not_text_or_too_long_is_refused() {
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\0\xd8", b"gr\xf6\xdfe"] {
            assert_eq!(decode(bytes), Err(RegError::NotText));
        }
        let long = vec![b'a'; Import::MAX_BYTES + 1];
        assert!(matches!(decode(&long), Err(RegError::TooLong { .. })));
    }

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(hex_bytes("00fFa1"), Some(vec![0, 255, 0xa1]));
        assert_eq!(hex_text(&[0, 255, 0xa1]), "00ffa1");
        assert_eq!(hex_bytes("0"), None);
        assert_eq!(hex_bytes("+1"), None);
        assert_eq!(hex_bytes("ää"), None);
    }
}
