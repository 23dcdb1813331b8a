//! The least that a server can do: answers each message on the socket that is
//! its standard input with as many bytes as the message begins with.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

fn main() -> io::Result<()> {
    let mut stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut buffer = [0; 8192];
    let mut reply = Vec::new();
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let size = size(&buffer[..count]).ok_or(io::ErrorKind::InvalidData)?;
        if reply.len() != size {
            reply = vec![b'x'; size];
            reply[size - 1] = 0;
        }
        stream.write_all(&reply)?;
    }
}

/// The number that a message of digits, blanks and a NUL says. Messages are
/// short and come one at a time: each arrives whole.
fn size(message: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(message.strip_suffix(&[0])?).ok()?;
    text.trim_end().parse().ok().filter(|size| *size > 0)
}
