//! What pinentry speaks: a line for each command and each answer, and data with `%XX` for what
//! a line can't hold.

use std::io::{self, BufRead, Read, Write};

use fslaunch_protocol::limits;
use zeroize::Zeroizing;

/// Longest line that is read: each byte of an answer may take three.
const LINE: usize = 3 * limits::SECRET_BYTES + 16;

/// Asks for one secret; `None` if nobody gave one.
pub(super) fn get_pin(
    mut from: impl BufRead,
    mut to: impl Write,
    words: &str,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if answer(&mut from)?.is_none() {
        return Ok(None);
    }
    for command in [
        "SETTITLE fslaunch".to_owned(),
        format!("SETDESC {}", escaped(words)),
        "SETPROMPT Password:".to_owned(),
    ] {
        writeln!(to, "{command}")?;
        to.flush()?;
        // One that knows less asks all the same.
        answer(&mut from)?;
    }
    writeln!(to, "GETPIN")?;
    to.flush()?;
    answer(&mut from)
}

/// Reads up to the end of an answer: its data, or `None` for an error.
fn answer(from: &mut impl BufRead) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut data = Zeroizing::new(Vec::with_capacity(LINE));
    loop {
        let mut line = Zeroizing::new(Vec::with_capacity(LINE));
        let length = from.take(LINE as u64).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        match line {
            b"OK" => return Ok(Some(data)),
            _ if line.starts_with(b"OK ") => return Ok(Some(data)),
            _ if line.starts_with(b"ERR") => return Ok(None),
            _ => {
                if let Some(encoded) = line.strip_prefix(b"D ") {
                    unescape(encoded, &mut data)?;
                }
            }
        }
    }
}

fn unescape(encoded: &[u8], data: &mut Vec<u8>) -> io::Result<()> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "pinentry's answer is broken");
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        if data.len() == data.capacity() {
            return Err(broken());
        }
        let mut digit = || rest.next().and_then(|digit| (*digit as char).to_digit(16));
        data.push(match byte {
            b'%' => match (digit(), digit()) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => return Err(broken()),
            },
            other => *other,
        });
    }
    Ok(())
}

fn escaped(words: &str) -> String {
    words
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str) -> (io::Result<Option<Vec<u8>>>, String) {
        let mut said = vec![];
        let pin = get_pin(answers.as_bytes(), &mut said, "100 %\nof it");
        let pin = pin.map(|pin| pin.map(|pin| pin.to_vec()));
        (pin, String::from_utf8(said).unwrap())
    }

    #[test]
    fn an_answer_is_taken_as_it_was_typed() {
        let answers = "OK ready\nOK\nOK\nOK\n# a remark\nD 50%25 %0d%0Aoff\nOK\n";
        let (pin, said) = asked(answers);
        assert_eq!(pin.unwrap().unwrap(), b"50% \r\noff");
        assert!(said.contains("SETDESC 100 %25%0Aof it\n"), "{said}");
        assert!(said.ends_with("GETPIN\n"), "{said}");
    }

    #[test]
    fn a_user_who_says_no_gives_nothing() {
        let (pin, _) = asked("OK\nOK\nOK\nOK\nERR 83886179 Operation cancelled\n");
        assert_eq!(pin.unwrap(), None);
    }

    #[test]
    fn a_broken_answer_is_an_error_and_no_secret() {
        for answers in [
            "",
            "OK\nOK\nOK\nOK\nD a%4\nOK\n",
            "OK\nOK\nOK\nOK\nD a%zz\nOK\n",
            "OK\n",
        ] {
            assert!(asked(answers).0.is_err(), "{answers}");
        }
    }

    #[test]
    fn a_program_that_knows_no_title_is_asked_all_the_same() {
        let (pin, _) = asked("OK\nERR 1 unknown\nOK\nOK\nD x\nOK\n");
        assert_eq!(pin.unwrap().unwrap(), b"x");
    }
}
