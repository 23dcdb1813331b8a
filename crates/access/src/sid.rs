//! Security identifiers: the names that descriptors and tokens use for users and groups.

mod binary;
mod error;
mod text;

use std::fmt;

pub use error::{SidError, SidPart};
pub(crate) use text::prefix_length;

/// A security identifier (SID), revision 1.
///
/// It has an identifier authority of 48 bits and 1 to 15 sub-authorities of 32 bits. The last
/// sub-authority is the relative identifier (RID); what comes before it is the domain.
///
/// ```
/// use fslaunch_access::{Sid, well_known};
///
/// let administrators: Sid = "S-1-5-32-544".parse()?;
/// assert_eq!(administrators, well_known::administrators());
/// assert_eq!(Sid::from_bytes(&administrators.to_bytes())?, administrators);
/// # Ok::<(), fslaunch_access::SidError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: u64,
    // Unused places are zero and the count is compared last, so that the derived order is that
    // of the identifiers read as lists of numbers.
    sub_authorities: [u32; Sid::MAX_SUB_AUTHORITIES],
    count: u8,
}

impl Sid {
    /// The most sub-authorities that a SID can have.
    pub const MAX_SUB_AUTHORITIES: usize = 15;

    /// The largest identifier authority: it has 48 bits.
    pub const MAX_AUTHORITY: u64 = (1 << 48) - 1;

    /// Makes a SID from its numbers.
    ///
    /// # Errors
    /// When the authority needs more than 48 bits, or when there are no sub-authorities or more
    /// than [`Sid::MAX_SUB_AUTHORITIES`].
    pub fn new(authority: u64, sub_authorities: &[u32]) -> Result<Self, SidError> {
        if authority > Self::MAX_AUTHORITY {
            return Err(SidError::AuthorityTooLarge(authority));
        }
        match sub_authorities.len() {
            0 => Err(SidError::NoSubAuthorities),
            1..=Self::MAX_SUB_AUTHORITIES => Ok(Self::from_parts(authority, sub_authorities)),
            count => Err(SidError::TooManySubAuthorities(count)),
        }
    }

    /// Makes a SID from numbers that are known to be in range: those of a table, in a constant.
    pub(crate) const fn from_parts(authority: u64, parts: &[u32]) -> Self {
        let mut sub_authorities = [0; Self::MAX_SUB_AUTHORITIES];
        let mut index = 0;
        while index < parts.len() {
            sub_authorities[index] = parts[index];
            index += 1;
        }
        Self {
            authority,
            sub_authorities,
            count: index as u8,
        }
    }

    /// The identifier authority, such as 5 for the NT authority.
    pub const fn authority(&self) -> u64 {
        self.authority
    }

    /// The sub-authorities, 1 to 15 of them.
    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities[..usize::from(self.count)]
    }

    /// The relative identifier: the last sub-authority.
    pub const fn rid(&self) -> u32 {
        self.sub_authorities[self.count as usize - 1]
    }

    /// This SID without its relative identifier; `None` if nothing but the authority is left.
    pub fn domain(&self) -> Option<Self> {
        match self.sub_authorities() {
            [] | [_] => None,
            [domain @ .., _] => Some(Self::from_parts(self.authority, domain)),
        }
    }

    /// The SID of an account of this domain.
    ///
    /// # Errors
    /// When this SID has as many sub-authorities as a SID can have.
    pub fn with_rid(&self, rid: u32) -> Result<Self, SidError> {
        let count = usize::from(self.count);
        let mut longer = *self;
        let Some(place) = longer.sub_authorities.get_mut(count) else {
            return Err(SidError::TooManySubAuthorities(count + 1));
        };
        *place = rid;
        longer.count += 1;
        Ok(longer)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_48_bits() {
        assert!(Sid::new(Sid::MAX_AUTHORITY, &[1]).is_ok());
        assert_eq!(
            Sid::new(1 << 48, &[1]),
            Err(SidError::AuthorityTooLarge(1 << 48))
        );
    }

    #[test]
    fn a_sid_has_one_to_fifteen_sub_authorities() {
        assert_eq!(Sid::new(5, &[]), Err(SidError::NoSubAuthorities));
        assert!(Sid::new(5, &[7; 15]).is_ok());
        assert_eq!(
            Sid::new(5, &[7; 16]),
            Err(SidError::TooManySubAuthorities(16))
        );
    }

    #[test]
    fn a_domain_and_a_rid_make_the_sid_of_an_account() {
        let domain = Sid::new(5, &[21, 1, 2, 3]).unwrap();
        let account = domain.with_rid(500).unwrap();
        assert_eq!(account.to_string(), "S-1-5-21-1-2-3-500");
        assert_eq!(account.rid(), 500);
        assert_eq!(account.domain(), Some(domain));
        assert_eq!(Sid::new(5, &[18]).unwrap().domain(), None);
    }

    #[test]
    fn a_full_domain_has_no_room_for_a_rid() {
        let domain = Sid::new(5, &[1; 15]).unwrap();
        assert_eq!(domain.with_rid(1), Err(SidError::TooManySubAuthorities(16)));
    }

    #[test]
    fn sids_are_ordered_as_lists_of_numbers() {
        let sid = |numbers: &[u32]| Sid::new(5, numbers).unwrap();
        assert!(sid(&[1]) < sid(&[1, 0]));
        assert!(sid(&[1, 9]) < sid(&[2]));
        assert!(sid(&[1, 0]) < sid(&[1, 0, 0]));
        assert!(Sid::new(1, &[9]).unwrap() < sid(&[1]));
    }
}
