//! What the generic rights mean for a kind of object.

use crate::AccessMask;

/// The rights that each generic right stands for, for one kind of object.
///
/// ```
/// use fslaunch_access::{AccessMask, GenericMapping};
///
/// let mapped = GenericMapping::FILE.map(AccessMask::GENERIC_READ | AccessMask::DELETE);
/// assert_eq!(mapped, AccessMask(0x0013_0089));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GenericMapping {
    /// What `GENERIC_READ` stands for.
    pub read: AccessMask,
    /// What `GENERIC_WRITE` stands for.
    pub write: AccessMask,
    /// What `GENERIC_EXECUTE` stands for.
    pub execute: AccessMask,
    /// What `GENERIC_ALL` stands for: all rights of the object.
    pub all: AccessMask,
}

impl GenericMapping {
    /// The mapping of files, folders and pipes.
    pub const FILE: Self = Self {
        read: AccessMask(0x0012_0089),
        write: AccessMask(0x0012_0116),
        execute: AccessMask(0x0012_00A0),
        all: AccessMask(0x001F_01FF),
    };

    /// The mapping of registry keys.
    pub const KEY: Self = Self {
        read: AccessMask(0x0002_0019),
        write: AccessMask(0x0002_0006),
        execute: AccessMask(0x0002_0019),
        all: AccessMask(0x000F_003F),
    };

    /// The mapping of services of the Service Control Manager.
    pub const SERVICE: Self = Self {
        read: AccessMask(0x0002_008D),
        write: AccessMask(0x0002_0002),
        execute: AccessMask(0x0002_0170),
        all: AccessMask(0x000F_01FF),
    };

    /// `mask` with its generic rights replaced by what they stand for.
    #[must_use]
    pub fn map(&self, mask: AccessMask) -> AccessMask {
        let generic = [
            (AccessMask::GENERIC_READ, self.read),
            (AccessMask::GENERIC_WRITE, self.write),
            (AccessMask::GENERIC_EXECUTE, self.execute),
            (AccessMask::GENERIC_ALL, self.all),
        ];
        generic.into_iter().fold(mask, |mapped, (right, meaning)| {
            if mapped.contains(right) {
                mapped.without(right) | meaning
            } else {
                mapped
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generic_right_becomes_its_meaning() {
        let mapping = GenericMapping::SERVICE;
        for (mask, mapped) in [
            (AccessMask(0), AccessMask(0)),
            (AccessMask(0x10), AccessMask(0x10)),
            (AccessMask::GENERIC_READ, mapping.read),
            (AccessMask::GENERIC_WRITE, mapping.write),
            (AccessMask::GENERIC_EXECUTE, mapping.execute),
            (AccessMask::GENERIC_ALL, mapping.all),
            (AccessMask(0xA000_0002), AccessMask(0x0002_01FF)),
        ] {
            assert_eq!(mapping.map(mask), mapped, "{mask:?}");
        }
    }
}
