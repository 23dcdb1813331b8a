use thiserror::Error;

use crate::SidError;

/// Text that is not a security descriptor: what is wrong, where, and with which word.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} at character {position} of the security descriptor", Self::describe(.problem, .token))]
#[non_exhaustive]
pub struct SddlError {
    /// How many characters come before the word.
    pub position: usize,
    /// The offending word, or its first [`SddlError::MAX_TOKEN`] characters; empty at the end of
    /// the text, or where a word is missing.
    pub token: String,
    /// What is wrong with it.
    pub problem: SddlProblem,
}

impl SddlError {
    /// The longest [`token`](Self::token), in characters, so that an error is never long.
    pub const MAX_TOKEN: usize = 64;

    /// The word is escaped: it comes from outside, and must not forge lines of a log.
    fn describe(problem: &SddlProblem, token: &str) -> String {
        if token.is_empty() {
            problem.to_string()
        } else {
            format!("{problem}: {token:?}")
        }
    }
}

/// What can be wrong with a descriptor's text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SddlProblem {
    /// Something other than a section stands where one must begin.
    #[error("expected O:, G:, D: or S:")]
    ExpectedSection,
    /// A section is there twice.
    #[error("repeated section")]
    RepeatedSection,
    /// The word is none of `P`, `AR`, `AI` and `NO_ACCESS_CONTROL`.
    #[error("unknown flag of an access control list")]
    UnknownListFlag,
    /// A list that is NULL has entries.
    #[error("entries after NO_ACCESS_CONTROL")]
    EntriesInNullList,
    /// The binary form of the list would be longer than 64 KiB.
    #[error("access control list of more than 65535 bytes")]
    ListTooLong,
    /// An entry lacks a separator or its end.
    #[error("expected {0:?} in an entry")]
    Expected(char),
    /// The kind of entry is not known.
    #[error("unknown kind of entry")]
    UnknownEntry,
    /// The kind of entry is known to Windows, but not supported.
    #[error("{0} are not supported")]
    UnsupportedEntry(&'static str),
    /// An entry for a DACL is in a SACL.
    #[error("entry that belongs in the DACL, not in the SACL")]
    EntryForDacl,
    /// An entry for a SACL is in a DACL.
    #[error("entry that belongs in the SACL, not in the DACL")]
    EntryForSacl,
    /// An entry has an object GUID.
    #[error("object GUIDs are not supported")]
    ObjectGuid,
    /// The flag of an entry is not known.
    #[error("unknown flag of an entry")]
    UnknownAceFlag,
    /// The right is not known, or not for this kind of entry.
    #[error("unknown right")]
    UnknownRight,
    /// The number is not a mask of 32 bits.
    #[error("access mask that is not a number of 32 bits")]
    Mask,
    /// There is nothing where a SID must be.
    #[error("expected a SID")]
    ExpectedSid,
    /// The word is neither an alias of a SID nor a SID.
    #[error("unknown SID alias")]
    UnknownAlias,
    /// The alias stands for an account of a domain, and none was given.
    #[error("SID alias that needs a domain")]
    AliasNeedsDomain,
    /// The SID is malformed, or an alias makes one that is too long.
    #[error("invalid SID, {0}")]
    Sid(SidError),
}
