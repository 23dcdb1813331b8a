//! Access control entries.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::{AccessMask, Sid};

/// What an entry of a DACL does with its rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AceKind {
    /// It grants them (`A`).
    Allow,
    /// It denies them (`D`).
    Deny,
}

/// What an entry of a SACL is for. None of them decides about access here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemAceKind {
    /// Use of the rights is written to the security log (`AU`).
    Audit,
    /// Use of the rights raises an alarm (`AL`); Windows reserves it.
    Alarm,
    /// The integrity level of the object (`ML`).
    MandatoryLabel,
}

/// An access control entry (ACE): rights for one trustee.
///
/// `Ace` is an entry of a DACL, [`SystemAce`] one of a SACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ace<K = AceKind> {
    /// What the entry does.
    pub kind: K,
    /// How it is inherited, and what it audits.
    pub flags: AceFlags,
    /// The rights; generic ones allowed. In a mandatory label, the policy.
    pub mask: AccessMask,
    /// Whom it is about.
    pub trustee: Sid,
}

/// An entry of a SACL.
pub type SystemAce = Ace<SystemAceKind>;

impl Ace {
    /// An entry that grants `mask` to `trustee`, without flags.
    pub const fn allow(mask: AccessMask, trustee: Sid) -> Self {
        Self {
            kind: AceKind::Allow,
            flags: AceFlags::NONE,
            mask,
            trustee,
        }
    }

    /// An entry that denies `mask` to `trustee`, without flags.
    pub const fn deny(mask: AccessMask, trustee: Sid) -> Self {
        Self {
            kind: AceKind::Deny,
            flags: AceFlags::NONE,
            mask,
            trustee,
        }
    }
}

impl<K> Ace<K> {
    /// The length of the binary form, in bytes: 20 to 76.
    pub fn binary_length(&self) -> usize {
        const HEADER_AND_MASK: usize = 8;
        HEADER_AND_MASK + self.trustee.binary_length()
    }
}

/// The flags of an entry, with the bits that Windows gives them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `OI`: objects that are no containers inherit it.
    pub const OBJECT_INHERIT: Self = Self(0x01);
    /// `CI`: containers inherit it.
    pub const CONTAINER_INHERIT: Self = Self(0x02);
    /// `NP`: who inherits it does not pass it on.
    pub const NO_PROPAGATE: Self = Self(0x04);
    /// `IO`: it is only there to be inherited, and says nothing about this object.
    pub const INHERIT_ONLY: Self = Self(0x08);
    /// `ID`: it was inherited.
    pub const INHERITED: Self = Self(0x10);
    /// `CR`: it must not be removed.
    pub const CRITICAL: Self = Self(0x20);
    /// `SA`: successful use is audited.
    pub const SUCCESSFUL_ACCESS: Self = Self(0x40);
    /// `FA`: refused use is audited.
    pub const FAILED_ACCESS: Self = Self(0x80);

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for AceFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for AceFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for AceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AceFlags({:#04x})", self.0)
    }
}
