//! The words of SDDL, apart from the SID aliases, which are beside the well-known SIDs.

use crate::{AccessMask, AceFlags};

/// The flag of a NULL list.
pub(super) const NO_ACCESS_CONTROL: &str = "NO_ACCESS_CONTROL";

/// Rights of one bit, ascending, which is the order in which they are printed.
pub(super) static SINGLE_RIGHTS: &[(&str, AccessMask)] = &[
    ("CC", AccessMask(0x0000_0001)),
    ("DC", AccessMask(0x0000_0002)),
    ("LC", AccessMask(0x0000_0004)),
    ("SW", AccessMask(0x0000_0008)),
    ("RP", AccessMask(0x0000_0010)),
    ("WP", AccessMask(0x0000_0020)),
    ("DT", AccessMask(0x0000_0040)),
    ("LO", AccessMask(0x0000_0080)),
    ("CR", AccessMask(0x0000_0100)),
    ("SD", AccessMask::DELETE),
    ("RC", AccessMask::READ_CONTROL),
    ("WD", AccessMask::WRITE_DAC),
    ("WO", AccessMask::WRITE_OWNER),
    ("GA", AccessMask::GENERIC_ALL),
    ("GX", AccessMask::GENERIC_EXECUTE),
    ("GW", AccessMask::GENERIC_WRITE),
    ("GR", AccessMask::GENERIC_READ),
];

/// Rights of several bits. Printed only for exactly these bits; of equal ones, the first.
pub(super) static COMPOSITE_RIGHTS: &[(&str, AccessMask)] = &[
    ("FA", AccessMask(0x001F_01FF)),
    ("FR", AccessMask(0x0012_0089)),
    ("FW", AccessMask(0x0012_0116)),
    ("FX", AccessMask(0x0012_00A0)),
    ("KA", AccessMask(0x000F_003F)),
    ("KR", AccessMask(0x0002_0019)),
    ("KW", AccessMask(0x0002_0006)),
    ("KX", AccessMask(0x0002_0019)),
];

/// What a mandatory label forbids to callers of lower integrity, ascending.
pub(super) static LABEL_POLICIES: &[(&str, AccessMask)] = &[
    ("NW", AccessMask(0x0000_0001)),
    ("NR", AccessMask(0x0000_0002)),
    ("NX", AccessMask(0x0000_0004)),
];

/// Flags of entries, ascending.
pub(super) static ACE_FLAGS: &[(&str, AceFlags)] = &[
    ("OI", AceFlags::OBJECT_INHERIT),
    ("CI", AceFlags::CONTAINER_INHERIT),
    ("NP", AceFlags::NO_PROPAGATE),
    ("IO", AceFlags::INHERIT_ONLY),
    ("ID", AceFlags::INHERITED),
    ("CR", AceFlags::CRITICAL),
    ("SA", AceFlags::SUCCESSFUL_ACCESS),
    ("FA", AceFlags::FAILED_ACCESS),
];

/// Kinds of entries that Windows knows and this crate does not.
pub(super) static UNSUPPORTED_ENTRIES: &[(&str, &str)] = &[
    ("OA", "object entries"),
    ("OD", "object entries"),
    ("OU", "object entries"),
    ("OL", "object entries"),
    ("XA", "conditional entries"),
    ("XD", "conditional entries"),
    ("XU", "conditional entries"),
    ("ZA", "conditional object entries"),
    ("RA", "resource attributes"),
    ("SP", "central access policies"),
    ("TL", "process trust labels"),
    ("FL", "access filters"),
];

/// What `word` means in `table`, in capitals or small letters.
pub(super) fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ace_flag_has_a_name() {
        let all = ACE_FLAGS.iter().fold(0, |bits, (_, flag)| bits | flag.0);
        assert_eq!(all, u8::MAX);
    }

    #[test]
    fn rights_are_printed_in_ascending_order() {
        assert!(SINGLE_RIGHTS.is_sorted_by_key(|(_, right)| right.0));
        assert!(SINGLE_RIGHTS.iter().all(|(_, r)| r.0.count_ones() == 1));
    }

    #[test]
    fn composite_rights_are_those_of_the_generic_mappings() {
        let right = |word| find(COMPOSITE_RIGHTS, word);
        let (file, key) = (crate::GenericMapping::FILE, crate::GenericMapping::KEY);
        assert_eq!(right("FR"), Some(file.read));
        assert_eq!(right("FW"), Some(file.write));
        assert_eq!(right("FX"), Some(file.execute));
        assert_eq!(right("FA"), Some(file.all));
        assert_eq!(right("KR"), Some(key.read));
        assert_eq!(right("KW"), Some(key.write));
        assert_eq!(right("KX"), Some(key.execute));
        assert_eq!(right("KA"), Some(key.all));
    }
}
