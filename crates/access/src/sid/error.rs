use thiserror::Error;

/// Why something is not a SID.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SidError {
    /// The text does not begin with `S-1-`.
    #[error("a SID begins with S-1-")]
    Prefix,
    /// The binary form has another revision than 1.
    #[error("SID revision {0} is not known")]
    Revision(u8),
    /// A number of the text is not one: empty, with a sign, with leading zeros, or too large.
    #[error("{part} of the SID is not a number in range")]
    Number {
        /// Which number.
        part: SidPart,
    },
    /// The identifier authority needs more than 48 bits.
    #[error("SID authority {0} has more than 48 bits")]
    AuthorityTooLarge(u64),
    /// There is no sub-authority.
    #[error("a SID has at least one sub-authority")]
    NoSubAuthorities,
    /// There are more than 15 sub-authorities: this many, as far as they were counted.
    #[error("a SID has at most 15 sub-authorities, not {0}")]
    TooManySubAuthorities(usize),
    /// The binary form has another length than its count of sub-authorities says.
    #[error("a SID of {expected} bytes was expected in {actual} bytes")]
    Length {
        /// The length that the header asks for, in bytes.
        expected: usize,
        /// The length there is, in bytes.
        actual: usize,
    },
}

/// A place in the text form of a SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidPart {
    /// The identifier authority.
    Authority,
    /// A sub-authority, counted from 1.
    SubAuthority(usize),
}

impl std::fmt::Display for SidPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authority => write!(f, "the authority"),
            Self::SubAuthority(number) => write!(f, "sub-authority {number}"),
        }
    }
}
