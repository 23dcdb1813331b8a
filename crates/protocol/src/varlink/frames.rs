//! Framing: messages are ended by a NUL, and none is longer than a limit.

use super::buffer::Buffer;
use crate::Error;
use zeroize::Zeroizing;

/// Cuts a stream of bytes into messages, whatever the pieces it comes in.
///
/// Holds at most one unended message and what was pushed since the last
/// [`take`](Self::take) came back empty, so take everything before pushing
/// the next piece. Empty, it owns no memory.
pub struct Frames {
    buffer: Buffer,
    /// Where the next message begins.
    start: usize,
    /// Up to here there is no NUL that was not taken.
    scanned: usize,
    limit: usize,
    overflowed: bool,
}

/// A message is longer than the limit. There is no way on: where the next
/// one begins is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {limit} bytes")]
pub struct TooLarge {
    /// Longest message, in bytes.
    pub limit: usize,
}

impl From<TooLarge> for Error {
    fn from(error: TooLarge) -> Self {
        Self::RequestTooLarge {
            limit: error.limit as u64,
        }
    }
}

impl Frames {
    /// With the longest message to accept, in bytes without its NUL.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: Buffer::default(),
            start: 0,
            scanned: 0,
            limit,
            overflowed: false,
        }
    }

    /// Takes in the next piece of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.overflowed {
            return;
        }
        if self.start > 0 {
            self.buffer.drop_front(self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend(bytes);
    }

    /// The next whole message without its NUL, or `None` if there is none
    /// yet. Its memory is wiped when it is dropped.
    ///
    /// # Errors
    /// [`TooLarge`] from the first message on that is longer than the limit,
    /// ended or not.
    pub fn take(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, TooLarge> {
        let unseen = self.buffer.bytes()[self.scanned..].iter();
        let found = unseen.take(self.limit + 1).position(|&byte| byte == 0);
        let end = found.map_or(self.buffer.bytes().len(), |at| self.scanned + at);
        if self.overflowed || end - self.start > self.limit {
            return Err(self.overflow());
        }
        if found.is_none() {
            self.scanned = end;
            return Ok(None);
        }
        let message = self.buffer.bytes()[self.start..end].to_vec();
        self.start = end + 1;
        self.scanned = self.start;
        if self.start == self.buffer.bytes().len() {
            self.clear();
        }
        Ok(Some(Zeroizing::new(message)))
    }

    /// How many bytes have come and were not taken.
    pub fn buffered(&self) -> usize {
        self.buffer.bytes().len() - self.start
    }

    /// Whether a message has begun and not ended: one who stays silent now
    /// has sent half a message.
    pub fn is_partial(&self) -> bool {
        self.buffered() > 0
    }

    fn overflow(&mut self) -> TooLarge {
        self.clear();
        self.overflowed = true;
        TooLarge { limit: self.limit }
    }

    fn clear(&mut self) {
        self.buffer = Buffer::default();
        self.start = 0;
        self.scanned = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(frames: &mut Frames) -> Vec<Vec<u8>> {
        let next = || frames.take().unwrap().map(|message| message.to_vec());
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn several_messages_may_come_in_one_piece() {
        let mut frames = Frames::new(10);
        frames.push(b"one\0\0two\0th");
        assert_eq!(taken(&mut frames), [&b"one"[..], b"", b"two"]);
        assert!(frames.is_partial());
        frames.push(b"ree\0");
        assert_eq!(taken(&mut frames), [b"three"]);
        assert!(!frames.is_partial());
    }

    #[test]
    fn a_message_of_the_limit_is_taken_and_one_byte_more_is_not() {
        let mut frames = Frames::new(3);
        frames.push(b"abc");
        assert_eq!(frames.take(), Ok(None));
        frames.push(b"\0abcd\0");
        assert_eq!(taken_one(&mut frames), b"abc");
        assert_eq!(frames.take(), Err(TooLarge { limit: 3 }));
    }

    #[test]
    fn a_message_too_long_is_refused_before_it_ends_and_for_ever() {
        let mut frames = Frames::new(3);
        frames.push(b"abcd");
        assert_eq!(frames.take(), Err(TooLarge { limit: 3 }));
        frames.push(b"\0ok\0");
        assert_eq!(frames.take(), Err(TooLarge { limit: 3 }));
    }

    #[test]
    fn messages_before_the_one_too_long_are_still_taken() {
        let mut frames = Frames::new(3);
        frames.push(b"a\0bcdef");
        assert_eq!(taken_one(&mut frames), b"a");
        assert!(frames.take().is_err());
    }

    fn taken_one(frames: &mut Frames) -> Vec<u8> {
        frames.take().unwrap().unwrap().to_vec()
    }
}
