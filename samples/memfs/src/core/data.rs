//! The bytes of a regular file.

use super::Error;

/// The bytes of a regular file. Its face is all the rest knows, so that the layout can change behind it.
#[derive(Debug, Default)]
pub(super) struct Data(Vec<u8>);

impl Data {
    /// Length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The bytes from `offset` on, at most `length` of them; fewer at the end, none behind it.
    pub(super) fn slice(&self, offset: u64, length: usize) -> &[u8] {
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.0.len());
        let end = start.saturating_add(length).min(self.0.len());
        &self.0[start..end]
    }

    /// Puts `bytes` at `offset`; a gap before it reads as zeros. On an error nothing has changed.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let start = usize::try_from(offset).map_err(|_| Error::FileTooLarge)?;
        let end = start.checked_add(bytes.len()).ok_or(Error::FileTooLarge)?;
        if end > self.0.len() {
            self.reserve(end)?;
            // Whatever is appended is written once, not zeroed first: only a gap needs zeros.
            if start > self.0.len() {
                self.0.resize(start, 0);
            }
            let kept = self.0.len() - start;
            self.0[start..].copy_from_slice(&bytes[..kept]);
            self.0.extend_from_slice(&bytes[kept..]);
        } else {
            self.0[start..end].copy_from_slice(bytes);
        }
        Ok(())
    }

    /// Cuts, or grows with zeros, to `length` bytes. On an error nothing has changed.
    pub(super) fn resize(&mut self, length: u64) -> Result<(), Error> {
        let length = usize::try_from(length).map_err(|_| Error::FileTooLarge)?;
        if length > self.0.len() {
            self.reserve(length)?;
        }
        self.0.resize(length, 0);
        if length <= self.0.capacity() / 2 {
            self.0.shrink_to_fit();
        }
        Ok(())
    }

    fn reserve(&mut self, length: usize) -> Result<(), Error> {
        self.0
            .try_reserve(length - self.0.len())
            .map_err(|_| Error::NoMemory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_appends_and_fills_gaps_with_zeros() {
        let mut data = Data::default();
        data.write(2, b"abc").unwrap();
        assert_eq!(data.slice(0, 100), b"\0\0abc");
        data.write(4, b"XYZ").unwrap();
        assert_eq!(data.slice(0, 100), b"\0\0abXYZ");
        data.write(0, b"__").unwrap();
        assert_eq!(data.slice(0, 100), b"__abXYZ");
        data.write(9, b"!").unwrap();
        assert_eq!(data.slice(6, 100), b"Z\0\0!");
    }

    #[test]
    fn bytes_cut_off_come_back_as_zeros() {
        let mut data = Data::default();
        data.write(0, b"secret").unwrap();
        data.resize(2).unwrap();
        data.resize(5).unwrap();
        assert_eq!(data.slice(0, 100), b"se\0\0\0");
    }

    #[test]
    fn a_slice_ends_where_the_file_ends() {
        let mut data = Data::default();
        data.write(0, b"abc").unwrap();
        assert_eq!(data.slice(1, 1), b"b");
        assert_eq!(data.slice(2, usize::MAX), b"c");
        assert_eq!(data.slice(3, 1), b"");
        assert_eq!(data.slice(u64::MAX, 1), b"");
    }

    #[test]
    fn memory_that_is_not_there_is_an_error_and_changes_nothing() {
        let mut data = Data::default();
        data.write(0, b"abc").unwrap();
        assert_eq!(data.resize(i64::MAX as u64 - 1), Err(Error::NoMemory));
        assert_eq!(data.write(u64::MAX, b"abc"), Err(Error::FileTooLarge));
        assert_eq!(data.slice(0, 100), b"abc");
    }
}
