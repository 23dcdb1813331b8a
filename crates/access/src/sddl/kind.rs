//! What DACLs and SACLs differ in.

use super::SddlProblem;
use super::names::{UNSUPPORTED_ENTRIES, find};
use crate::ace::{AceKind, SystemAceKind};
use crate::descriptor::DescriptorFlags;

/// The kinds of entries of one kind of list.
pub(super) trait EntryKind: Copy + 'static {
    /// All of the kinds.
    const ALL: &'static [Self];
    /// The list's flags, apart from the one of a NULL list, in the order of printing.
    const LIST_FLAGS: &'static [(&'static str, DescriptorFlags)];
    /// The flag of a NULL list.
    const NULL: DescriptorFlags;

    /// Whether entries of this kind have label policies in place of rights.
    fn is_label(self) -> bool;

    /// The word of the kind.
    fn word(self) -> &'static str;

    /// What is wrong with an entry of a kind that is not one of these.
    fn problem(word: &str) -> SddlProblem;

    /// The kind that a word stands for, if it is one of these.
    fn find(word: &str) -> Option<Self> {
        let mut kinds = Self::ALL.iter().copied();
        kinds.find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// The kind that a word stands for.
    fn parse(word: &str) -> Result<Self, SddlProblem> {
        Self::find(word).ok_or_else(|| {
            find(UNSUPPORTED_ENTRIES, word)
                .map_or_else(|| Self::problem(word), SddlProblem::UnsupportedEntry)
        })
    }
}

impl EntryKind for AceKind {
    const ALL: &'static [Self] = &[Self::Allow, Self::Deny];
    const LIST_FLAGS: &'static [(&'static str, DescriptorFlags)] = &[
        ("P", DescriptorFlags::DACL_PROTECTED),
        ("AR", DescriptorFlags::DACL_AUTO_INHERIT_REQUIRED),
        ("AI", DescriptorFlags::DACL_AUTO_INHERITED),
    ];
    const NULL: DescriptorFlags = DescriptorFlags::NULL_DACL;

    fn word(self) -> &'static str {
        match self {
            Self::Allow => "A",
            Self::Deny => "D",
        }
    }

    fn is_label(self) -> bool {
        match self {
            Self::Allow | Self::Deny => false,
        }
    }

    fn problem(word: &str) -> SddlProblem {
        match SystemAceKind::find(word) {
            Some(_) => SddlProblem::EntryForSacl,
            None => SddlProblem::UnknownEntry,
        }
    }
}

impl EntryKind for SystemAceKind {
    const ALL: &'static [Self] = &[Self::Audit, Self::Alarm, Self::MandatoryLabel];
    const LIST_FLAGS: &'static [(&'static str, DescriptorFlags)] = &[
        ("P", DescriptorFlags::SACL_PROTECTED),
        ("AR", DescriptorFlags::SACL_AUTO_INHERIT_REQUIRED),
        ("AI", DescriptorFlags::SACL_AUTO_INHERITED),
    ];
    const NULL: DescriptorFlags = DescriptorFlags::NULL_SACL;

    fn word(self) -> &'static str {
        match self {
            Self::Audit => "AU",
            Self::Alarm => "AL",
            Self::MandatoryLabel => "ML",
        }
    }

    fn is_label(self) -> bool {
        match self {
            Self::Audit | Self::Alarm => false,
            Self::MandatoryLabel => true,
        }
    }

    fn problem(word: &str) -> SddlProblem {
        match AceKind::find(word) {
            Some(_) => SddlProblem::EntryForDacl,
            None => SddlProblem::UnknownEntry,
        }
    }
}
