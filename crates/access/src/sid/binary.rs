//! The binary form of SIDs, as MS-DTYP 2.4.2.2 has it.

use super::{Sid, SidError};

const REVISION: u8 = 1;
const HEADER: usize = 8;

impl Sid {
    /// The length of the binary form, in bytes: 12 to 68.
    pub fn binary_length(&self) -> usize {
        HEADER + 4 * self.sub_authorities().len()
    }

    /// The binary form: revision, count, authority (big-endian), sub-authorities (little-endian).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.binary_length());
        bytes.push(REVISION);
        bytes.push(self.count);
        bytes.extend_from_slice(&self.authority().to_be_bytes()[2..]);
        for number in self.sub_authorities() {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Reads the binary form, which must fill `bytes`.
    ///
    /// # Errors
    /// When the revision is not 1, the number of sub-authorities is not 1 to 15, or the length
    /// is not the one that this number asks for.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SidError> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(SidError::Length {
                expected: HEADER,
                actual: bytes.len(),
            });
        };
        let [revision, count, authority @ ..] = header;
        if *revision != REVISION {
            return Err(SidError::Revision(*revision));
        }
        let count = usize::from(*count);
        if count > Self::MAX_SUB_AUTHORITIES {
            return Err(SidError::TooManySubAuthorities(count));
        }
        if rest.len() != 4 * count {
            return Err(SidError::Length {
                expected: HEADER + 4 * count,
                actual: bytes.len(),
            });
        }
        let authority = authority
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let mut numbers = [0; Self::MAX_SUB_AUTHORITIES];
        let (words, _) = rest.as_chunks::<4>();
        for (number, word) in numbers.iter_mut().zip(words) {
            *number = u32::from_le_bytes(*word);
        }
        Self::new(authority, &numbers[..count])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMINISTRATORS: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];

    #[test]
    fn the_binary_form_is_that_of_windows() {
        let sid = Sid::new(5, &[32, 544]).unwrap();
        assert_eq!(sid.to_bytes(), ADMINISTRATORS);
        assert_eq!(sid.binary_length(), 16);
        assert_eq!(Sid::from_bytes(&ADMINISTRATORS), Ok(sid));
    }

    #[test]
    fn the_authority_is_big_endian() {
        let sid = Sid::new(0x0102_0304_0506, &[1]).unwrap();
        assert_eq!(sid.to_bytes()[2..8], [1, 2, 3, 4, 5, 6]);
        assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid));
    }

    #[test]
    fn a_binary_form_of_another_length_is_refused() {
        let length = |expected, actual| Err(SidError::Length { expected, actual });
        assert_eq!(Sid::from_bytes(&[]), length(8, 0));
        assert_eq!(Sid::from_bytes(&ADMINISTRATORS[..15]), length(16, 15));
        let mut trailing = ADMINISTRATORS.to_vec();
        trailing.push(0);
        assert_eq!(Sid::from_bytes(&trailing), length(16, 17));
    }

    #[test]
    fn a_binary_form_with_a_bad_header_is_refused() {
        let with = |place: usize, byte| {
            let mut bytes = ADMINISTRATORS;
            bytes[place] = byte;
            Sid::from_bytes(&bytes)
        };
        assert_eq!(with(0, 2), Err(SidError::Revision(2)));
        assert_eq!(with(1, 16), Err(SidError::TooManySubAuthorities(16)));
        let empty = [1, 0, 0, 0, 0, 0, 0, 5];
        assert_eq!(Sid::from_bytes(&empty), Err(SidError::NoSubAuthorities));
    }
}
