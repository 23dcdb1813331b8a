//! A growing buffer that leaves nothing behind: messages may hold secrets.

use std::io;
use zeroize::{Zeroize, Zeroizing};

/// Smallest capacity, in bytes: most messages fit.
const SMALLEST: usize = 256;

/// Bytes that are wiped when they are given up, also when the buffer moves
/// because it grows.
#[derive(Default)]
pub(super) struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Gives up the first bytes and moves the others to the front.
    pub(super) fn drop_front(&mut self, count: usize) {
        let left = self.0.len() - count;
        self.0.copy_within(count.., 0);
        self.0[left..].zeroize();
        self.0.truncate(left);
    }

    /// `Vec` would grow by itself and leave a copy in the freed memory.
    fn reserve(&mut self, more: usize) {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            let capacity = needed.max(self.0.capacity() * 2).max(SMALLEST);
            let mut grown = Zeroizing::new(Vec::with_capacity(capacity));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_moves_to_the_front() {
        let mut buffer = Buffer::default();
        buffer.extend(b"one");
        buffer.extend(&[b'x'; 1000]);
        buffer.drop_front(1000);
        assert_eq!(buffer.bytes(), b"xxx");
        buffer.drop_front(3);
        assert_eq!(buffer.bytes(), b"");
    }
}
