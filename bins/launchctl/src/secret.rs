//! The secret of a start, from where nobody else can see it.

use crate::arguments::SecretFrom;
use crate::usage::Usage;
use fslaunch_os::terminal;
use fslaunch_protocol::{Secret, escape, limits};
use std::io::{self, Read};
use zeroize::{Zeroize, Zeroizing};

/// Gets the secret for an instance of `class`, if one is to be got.
pub(crate) fn get(from: SecretFrom, class: &str, instance: &str) -> Result<Option<Secret>, Usage> {
    match from {
        SecretFrom::Nowhere => Ok(None),
        SecretFrom::StandardInput => read(io::stdin().lock()).map(Some),
        SecretFrom::Terminal => {
            let prompt = format!("Secret of {class} {instance}: ");
            let failed = |error| {
                let words = "failed to ask for the secret (--secret-stdin reads it elsewhere)";
                Usage::Secret(format!("{words}: {error}"))
            };
            let secret = ask(&escape::line(&prompt)).map_err(failed)?;
            Ok(Some(Secret::new(secret)))
        }
    }
}

/// Asks on the terminal, without showing the answer.
fn ask(prompt: &str) -> io::Result<String> {
    let config = rpassword::ConfigBuilder::new().output_writer(terminal::output()?);
    rpassword::prompt_password_with_config(prompt, config.build())
}

/// All of the input but a byte order mark and one line end, which shells add.
fn read(input: impl Read) -> Result<Secret, Usage> {
    // One byte more than is allowed, a mark and a line end; it never grows.
    let most = limits::SECRET_BYTES + 6;
    let mut bytes = Zeroizing::new(vec![0; most]);
    let length = fill(input, &mut bytes)
        .map_err(|error| Usage::Secret(format!("failed to read the secret: {error}")))?;
    // Some shells of Windows put a byte order mark before what they pipe.
    let all = &bytes[..length];
    let all = all.strip_prefix(b"\xef\xbb\xbf").unwrap_or(all);
    let secret = all.strip_suffix(b"\n").unwrap_or(all);
    let secret = secret
        .strip_suffix(b"\r")
        .filter(|_| secret.len() < all.len())
        .unwrap_or(secret);
    if secret.len() > limits::SECRET_BYTES {
        let words = format!("the secret has more than {} bytes", limits::SECRET_BYTES);
        return Err(Usage::Secret(words));
    }
    match std::str::from_utf8(secret) {
        Ok(secret) => Ok(Secret::new(secret.to_owned())),
        Err(_) => Err(Usage::NotUtf8("the secret".into())),
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
        read(input).unwrap().expose().to_owned()
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
        assert!(read(&[&long[..], b"x"].concat()[..]).is_err());
        assert!(read(io::repeat(b'x')).is_err());
        let wrong = read(&b"\xff"[..]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the secret is not UTF-8: a part of it is no character"
        );
    }
}
