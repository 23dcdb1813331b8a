//! Security descriptors and their access control lists.

mod binary;

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::ace::{Ace, AceKind, SystemAceKind};
use crate::sid::Sid;

pub use binary::TooLong;

/// An access control list: entries in the order in which they are read.
///
/// `Acl` is a DACL, [`SystemAcl`] a SACL. An empty DACL grants nobody anything; see
/// [`SecurityDescriptor::dacl`] for none at all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Acl<K = AceKind> {
    /// The entries. The first one that speaks of a right and a caller decides.
    pub aces: Vec<Ace<K>>,
}

/// A SACL: what is audited, and the integrity level. Kept, but never used in a check.
pub type SystemAcl = Acl<SystemAceKind>;

impl<K> Acl<K> {
    /// The largest binary form, in bytes: its length is stored in 16 bits. A longer list can be
    /// made here, but not parsed, nor handed to Windows.
    pub const MAX_BINARY_LENGTH: usize = u16::MAX as usize;

    pub(crate) const HEADER_LENGTH: usize = 8;

    /// A list without entries.
    pub const fn new() -> Self {
        Self { aces: Vec::new() }
    }

    /// The length of the binary form, in bytes.
    pub fn binary_length(&self) -> usize {
        self.aces.iter().map(Ace::binary_length).sum::<usize>() + Self::HEADER_LENGTH
    }
}

impl<K> Default for Acl<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> FromIterator<Ace<K>> for Acl<K> {
    fn from_iter<I: IntoIterator<Item = Ace<K>>>(aces: I) -> Self {
        Self {
            aces: aces.into_iter().collect(),
        }
    }
}

/// A security descriptor: who owns an object, and who may do what with it.
///
/// It is parsed from SDDL with [`str::parse`] or [`SecurityDescriptor::parse_in_domain`], and
/// displayed as SDDL. What is displayed parses to an equal descriptor, as long as each list is at
/// most [`Acl::MAX_BINARY_LENGTH`] long and no flag is set for a list that is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SecurityDescriptor {
    /// The owner, who may always read the descriptor and change the DACL.
    pub owner: Option<Sid>,
    /// The primary group. It has no rights of its own.
    pub group: Option<Sid>,
    /// The list that decides about access.
    ///
    /// `None` grants everybody everything, and has two forms that differ in meaning to others
    /// but not in a check: *absent* (no `D:` at all), and *NULL* (`D:NO_ACCESS_CONTROL`), which
    /// is `None` with [`DescriptorFlags::NULL_DACL`]. An *empty* list (`D:`) is `Some`, and
    /// grants nothing but the owner's implicit rights.
    pub dacl: Option<Acl>,
    /// The list that decides about auditing, `None` when absent or, with
    /// [`DescriptorFlags::NULL_SACL`], NULL.
    pub sacl: Option<SystemAcl>,
    /// How the lists came about.
    pub flags: DescriptorFlags,
}

/// Flags of a descriptor's lists: `P`, `AR`, `AI` and `NO_ACCESS_CONTROL`.
///
/// None of them changes the outcome of a check. They have a meaning for a list that is there,
/// and the two of NULL lists only where the list is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DescriptorFlags(u8);

impl DescriptorFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The DACL is there, but NULL (`D:NO_ACCESS_CONTROL`).
    pub const NULL_DACL: Self = Self(0x01);
    /// The DACL does not inherit (`D:P`).
    pub const DACL_PROTECTED: Self = Self(0x02);
    /// Inheritance to the DACL's children was asked for (`D:AR`).
    pub const DACL_AUTO_INHERIT_REQUIRED: Self = Self(0x04);
    /// The DACL takes part in automatic inheritance (`D:AI`).
    pub const DACL_AUTO_INHERITED: Self = Self(0x08);
    /// The SACL is there, but NULL (`S:NO_ACCESS_CONTROL`).
    pub const NULL_SACL: Self = Self(0x10);
    /// The SACL does not inherit (`S:P`).
    pub const SACL_PROTECTED: Self = Self(0x20);
    /// Inheritance to the SACL's children was asked for (`S:AR`).
    pub const SACL_AUTO_INHERIT_REQUIRED: Self = Self(0x40);
    /// The SACL takes part in automatic inheritance (`S:AI`).
    pub const SACL_AUTO_INHERITED: Self = Self(0x80);

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for DescriptorFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for DescriptorFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for DescriptorFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DescriptorFlags({:#04x})", self.0)
    }
}
