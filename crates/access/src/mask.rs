//! Access masks: sets of rights, one bit each.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use crate::sddl::print;

/// A set of access rights.
///
/// Bits 0 to 15 mean something to the kind of object only; bits 16 to 20 are the standard
/// rights, bit 24 is [`ACCESS_SYSTEM_SECURITY`](Self::ACCESS_SYSTEM_SECURITY), bit 25 is
/// [`MAXIMUM_ALLOWED`](Self::MAXIMUM_ALLOWED), and bits 28 to 31 are the generic rights.
///
/// It is displayed as SDDL writes it: `RPWP`, or `0x120089` where bits have no name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// No right.
    pub const NONE: Self = Self(0);
    /// The rights that belong to the kind of object.
    pub const SPECIFIC_RIGHTS_ALL: Self = Self(0x0000_FFFF);
    /// To delete the object (`SD`).
    pub const DELETE: Self = Self(0x0001_0000);
    /// To read the descriptor without its SACL (`RC`).
    pub const READ_CONTROL: Self = Self(0x0002_0000);
    /// To change the DACL (`WD`).
    pub const WRITE_DAC: Self = Self(0x0004_0000);
    /// To change the owner (`WO`).
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// To wait for the object.
    pub const SYNCHRONIZE: Self = Self(0x0010_0000);
    /// The standard rights that every object has.
    pub const STANDARD_RIGHTS_REQUIRED: Self = Self(0x000F_0000);
    /// All standard rights.
    pub const STANDARD_RIGHTS_ALL: Self = Self(0x001F_0000);
    /// To read and write the SACL. It comes with a privilege, never from a descriptor.
    pub const ACCESS_SYSTEM_SECURITY: Self = Self(0x0100_0000);
    /// In a request: whatever can be granted.
    pub const MAXIMUM_ALLOWED: Self = Self(0x0200_0000);
    /// All rights of the kind of object (`GA`).
    pub const GENERIC_ALL: Self = Self(0x1000_0000);
    /// Its rights to execute (`GX`).
    pub const GENERIC_EXECUTE: Self = Self(0x2000_0000);
    /// Its rights to write (`GW`).
    pub const GENERIC_WRITE: Self = Self(0x4000_0000);
    /// Its rights to read (`GR`).
    pub const GENERIC_READ: Self = Self(0x8000_0000);

    /// Whether no right is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `rights` are in the set.
    pub const fn contains(self, rights: Self) -> bool {
        self.0 & rights.0 == rights.0
    }

    /// Whether any of `rights` is in the set.
    pub const fn intersects(self, rights: Self) -> bool {
        self.0 & rights.0 != 0
    }

    /// The rights of both sets, for constants: elsewhere `|` does the same.
    #[must_use]
    pub const fn union(self, rights: Self) -> Self {
        Self(self.0 | rights.0)
    }

    /// The set without `rights`.
    #[must_use]
    pub const fn without(self, rights: Self) -> Self {
        Self(self.0 & !rights.0)
    }
}

impl BitOr for AccessMask {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for AccessMask {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitAndAssign for AccessMask {
    fn bitand_assign(&mut self, other: Self) {
        self.0 &= other.0;
    }
}

impl Not for AccessMask {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Display for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::rights(f, *self)
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessMask({:#x})", self.0)
    }
}

impl fmt::LowerHex for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_sets_of_rights() {
        let read = AccessMask(0x5);
        assert!(read.contains(AccessMask(0x4)));
        assert!(!read.contains(AccessMask(0x6)));
        assert!(read.intersects(AccessMask(0x6)));
        assert_eq!(read.without(AccessMask(0x4)), AccessMask(0x1));
        assert_eq!(read.union(AccessMask(0x2)), read | AccessMask(0x2));
        assert!((read & AccessMask(0x2)).is_empty());
        assert_eq!(!AccessMask::NONE, AccessMask(u32::MAX));
    }

    #[test]
    fn masks_are_displayed_as_sddl_writes_them() {
        assert_eq!(AccessMask(0x34).to_string(), "LCRPWP");
        assert_eq!(AccessMask(0x0010_0001).to_string(), "0x100001");
        assert_eq!(format!("{:?}", AccessMask(0x34)), "AccessMask(0x34)");
    }
}
