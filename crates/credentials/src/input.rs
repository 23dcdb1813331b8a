//! A secret that another program gives, on standard input or in a file.

use std::io::{self, Read};

use fslaunch_protocol::{Secret, limits};
use zeroize::{Zeroize, Zeroizing};

/// Why what was read is no secret.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It can't be read.
    #[error("failed to read the secret: {0}")]
    Read(io::Error),
    /// It is longer than any secret.
    #[error("the secret has more than {limit} bytes", limit = limits::SECRET_BYTES)]
    TooLong,
    /// It is no text.
    #[error("the secret is not UTF-8: a part of it is no character")]
    NotUtf8,
}

/// All of the input but a byte order mark and one line end, which shells add.
///
/// # Errors
/// See [`InputError`].
pub fn read_secret(input: impl Read) -> Result<Secret, InputError> {
    // One byte more than is allowed, a mark and a line end; it never grows.
    let most = limits::SECRET_BYTES + 6;
    let mut bytes = Zeroizing::new(vec![0; most]);
    let length = fill(input, &mut bytes).map_err(InputError::Read)?;
    // Some shells of Windows put a byte order mark before what they pipe.
    let all = &bytes[..length];
    let all = all.strip_prefix(b"\xef\xbb\xbf").unwrap_or(all);
    let secret = all.strip_suffix(b"\n").unwrap_or(all);
    let secret = secret
        .strip_suffix(b"\r")
        .filter(|_| secret.len() < all.len())
        .unwrap_or(secret);
    if secret.len() > limits::SECRET_BYTES {
        return Err(InputError::TooLong);
    }
    match std::str::from_utf8(secret) {
        Ok(secret) => Ok(Secret::new(secret.to_owned())),
        Err(_) => Err(InputError::NotUtf8),
    }
}

/// Reads until the input ends or the buffer is full.
fn fill(mut input: impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < bytes.len() {
        match input.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                bytes.zeroize();
                return Err(error);
            }
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(input: &[u8]) -> String {
        read_secret(input).unwrap().expose().to_owned()
    }

    #[test]
    fn one_line_end_and_a_byte_order_mark_are_left_out() {
        assert_eq!(secret(b"two words"), "two words");
        assert_eq!(secret(b"pw\n"), "pw");
        assert_eq!(secret(b"pw\r\n"), "pw");
        assert_eq!(secret(b"pw\n\n"), "pw\n");
        assert_eq!(secret(b"pw\r"), "pw\r");
        assert_eq!(secret(b"\n"), "");
        assert_eq!(secret("\u{feff}pw\r\n".as_bytes()), "pw");
        assert_eq!(secret("\u{feff}".as_bytes()), "");
        assert_eq!(secret(b""), "");
    }

    #[test]
    fn a_secret_has_a_limit_and_is_utf_8() {
        let long = vec![b'x'; limits::SECRET_BYTES];
        assert_eq!(secret(&[&long[..], b"\r\n"].concat()).len(), long.len());
        assert!(read_secret(&[&long[..], b"x"].concat()[..]).is_err());
        assert!(read_secret(io::repeat(b'x')).is_err());
        let wrong = read_secret(&b"\xff"[..]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the secret is not UTF-8: a part of it is no character"
        );
    }
}
