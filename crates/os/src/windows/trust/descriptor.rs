//! The binary form of a security descriptor, as far as it tells who owns a
//! file and who may change it (MS-DTYP 2.4.4 to 2.4.6).

use fslaunch_access::{AccessMask, AceFlags, Sid};

/// Who owns a file, and to whom it grants what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) owner: Option<Sid>,
    /// `None` grants everybody everything.
    pub(super) grants: Option<Vec<Grant>>,
}

/// An entry that grants rights, whatever else it asks for: a condition counts
/// as met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) flags: AceFlags,
    pub(super) mask: AccessMask,
    /// `None` for an entry of a kind that is not known.
    pub(super) trustee: Option<Sid>,
}

const DACL_PRESENT: u16 = 0x0004;
const SELF_RELATIVE: u16 = 0x8000;
const OBJECT_TYPE_PRESENT: u32 = 1;
const INHERITED_OBJECT_TYPE_PRESENT: u32 = 2;

impl Descriptor {
    /// Reads a self-relative descriptor; `None` if it is not one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Descriptor> {
        let control = u16_at(bytes, 2)?;
        if bytes.first() != Some(&1) || control & SELF_RELATIVE == 0 {
            return None;
        }
        let owner = match u32_at(bytes, 4)? {
            0 => None,
            offset => Some(sid(bytes.get(offset..)?)?),
        };
        let grants = match u32_at(bytes, 16)? {
            offset if offset == 0 || control & DACL_PRESENT == 0 => None,
            offset => Some(grants(bytes.get(offset..)?)?),
        };
        Some(Descriptor { owner, grants })
    }
}

fn grants(acl: &[u8]) -> Option<Vec<Grant>> {
    let length = usize::from(u16_at(acl, 2)?);
    let count = u16_at(acl, 4)?;
    let mut rest = acl.get(8..length)?;
    let mut grants = Vec::new();
    for _ in 0..count {
        let length = usize::from(u16_at(rest, 2)?);
        let (ace, next) = rest.split_at_checked(length.max(4))?;
        grants.extend(grant(ace)?);
        rest = next;
    }
    Some(grants)
}

/// An entry, unless it grants nothing; `None` if it is not whole.
fn grant(ace: &[u8]) -> Option<Option<Grant>> {
    let (&kind, flags) = (ace.first()?, AceFlags(*ace.get(1)?));
    let before_sid = match kind {
        // Allowed; allowed on a condition, which follows the SID.
        0x00 | 0x09 => 8,
        // The same for a kind of object.
        0x05 | 0x0b => {
            let present = u32_at(ace, 8)? as u32;
            let guid = |flag| if present & flag == 0 { 0 } else { 16 };
            12 + guid(OBJECT_TYPE_PRESENT) + guid(INHERITED_OBJECT_TYPE_PRESENT)
        }
        // Those that deny: that they take nothing away here errs on the safe side.
        0x01 | 0x06 | 0x0a | 0x0c => return Some(None),
        _ => {
            let mask = AccessMask::GENERIC_ALL;
            return Some(Some(Grant {
                flags,
                mask,
                trustee: None,
            }));
        }
    };
    let mask = AccessMask(u32_at(ace, 4)? as u32);
    let trustee = Some(sid(ace.get(before_sid..)?)?);
    Some(Some(Grant {
        flags,
        mask,
        trustee,
    }))
}

/// The SID that some bytes begin with.
fn sid(bytes: &[u8]) -> Option<Sid> {
    let length = 8 + 4 * usize::from(*bytes.get(1)?);
    Sid::from_bytes(bytes.get(..length)?).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// As an offset: Windows has at least 32 bits for one.
fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}
