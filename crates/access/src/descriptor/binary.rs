//! The binary form of descriptors, self-relative, as MS-DTYP 2.4.4 to 2.4.6 have it.

use std::fmt;

use super::{Acl, DescriptorFlags, SecurityDescriptor};
use crate::ace::{AceKind, SystemAceKind};

const DESCRIPTOR_REVISION: u8 = 1;
const ACL_REVISION: u8 = 2;
const HEADER: usize = 20;

const DACL_PRESENT: u16 = 0x0004;
const SACL_PRESENT: u16 = 0x0010;
const SELF_RELATIVE: u16 = 0x8000;
const CONTROL: [(DescriptorFlags, u16); 8] = [
    (DescriptorFlags::NULL_DACL, DACL_PRESENT),
    (DescriptorFlags::DACL_AUTO_INHERIT_REQUIRED, 0x0100),
    (DescriptorFlags::DACL_AUTO_INHERITED, 0x0400),
    (DescriptorFlags::DACL_PROTECTED, 0x1000),
    (DescriptorFlags::NULL_SACL, SACL_PRESENT),
    (DescriptorFlags::SACL_AUTO_INHERIT_REQUIRED, 0x0200),
    (DescriptorFlags::SACL_AUTO_INHERITED, 0x0800),
    (DescriptorFlags::SACL_PROTECTED, 0x2000),
];

/// A list has more bytes than [`Acl::MAX_BINARY_LENGTH`]: it has no binary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong(pub usize);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = <Acl>::MAX_BINARY_LENGTH;
        write!(f, "a list has {} bytes, at most {most} fit", self.0)
    }
}

impl std::error::Error for TooLong {}

impl SecurityDescriptor {
    /// The binary form, with both lists.
    ///
    /// # Errors
    /// When a list has more than [`Acl::MAX_BINARY_LENGTH`] bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TooLong> {
        let set = CONTROL
            .iter()
            .filter(|(flag, _)| self.flags.contains(*flag));
        let mut control = set.fold(SELF_RELATIVE, |bits, (_, bit)| bits | bit);
        let mut parts = [
            self.owner.map(|sid| sid.to_bytes()),
            self.group.map(|sid| sid.to_bytes()),
            None,
            None,
        ];
        if let Some(list) = &self.sacl {
            control |= SACL_PRESENT;
            parts[2] = Some(list.to_bytes()?);
        }
        if let Some(list) = &self.dacl {
            control |= DACL_PRESENT;
            parts[3] = Some(list.to_bytes()?);
        }
        let mut bytes = vec![DESCRIPTOR_REVISION, 0];
        bytes.extend_from_slice(&control.to_le_bytes());
        // Where each part begins; 0 for one that is not there.
        let mut end = HEADER;
        for part in &parts {
            let begin = if part.is_some() { end } else { 0 };
            // Two lists and two SIDs: it fits by far.
            bytes.extend_from_slice(&(begin as u32).to_le_bytes());
            end += part.as_ref().map_or(0, Vec::len);
        }
        bytes.extend(parts.into_iter().flatten().flatten());
        Ok(bytes)
    }
}

impl<K: Copy + Into<u8>> Acl<K> {
    fn to_bytes(&self) -> Result<Vec<u8>, TooLong> {
        let too_long = |_| TooLong(self.binary_length());
        let length = u16::try_from(self.binary_length()).map_err(too_long)?;
        // Each entry has bytes, and all of them fit.
        let count = self.aces.len() as u16;
        let mut bytes = Vec::with_capacity(usize::from(length));
        bytes.extend_from_slice(&[ACL_REVISION, 0]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0, 0]);
        for ace in &self.aces {
            bytes.extend_from_slice(&[ace.kind.into(), ace.flags.0]);
            bytes.extend((ace.binary_length() as u16).to_le_bytes());
            bytes.extend(ace.mask.0.to_le_bytes());
            bytes.extend(ace.trustee.to_bytes());
        }
        Ok(bytes)
    }
}

impl From<AceKind> for u8 {
    fn from(kind: AceKind) -> Self {
        match kind {
            AceKind::Allow => 0x00,
            AceKind::Deny => 0x01,
        }
    }
}

impl From<SystemAceKind> for u8 {
    fn from(kind: SystemAceKind) -> Self {
        match kind {
            SystemAceKind::Audit => 0x02,
            SystemAceKind::Alarm => 0x03,
            SystemAceKind::MandatoryLabel => 0x11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessMask, Ace, well_known};

    fn bytes(sddl: &str) -> Vec<u8> {
        let descriptor: SecurityDescriptor = sddl.parse().unwrap();
        descriptor.to_bytes().unwrap()
    }

    #[test]
    fn each_part_is_where_the_header_says() {
        let bytes = bytes("O:SYG:BAD:P(D;CI;RP;;;WD)S:AI(ML;;NW;;;HI)");
        let header = [
            1, 0, 0x14, 0x98, // revision, control: both lists, protected, inherited, relative
            20, 0, 0, 0, // the owner
            32, 0, 0, 0, // the group
            48, 0, 0, 0, // the SACL
            76, 0, 0, 0, // the DACL
        ];
        assert_eq!(bytes[..20], header);
        assert_eq!(bytes[20..32], well_known::local_system().to_bytes());
        assert_eq!(bytes[32..48], well_known::administrators().to_bytes());
        let label = [
            2, 0, 28, 0, 1, 0, 0, 0, // the list
            0x11, 0, 20, 0, 1, 0, 0, 0, // the entry
            1, 1, 0, 0, 0, 0, 0, 16, 0, 0x30, 0, 0, // high integrity
        ];
        assert_eq!(bytes[48..76], label);
        let entry = [
            2, 0, 28, 0, 1, 0, 0, 0, // the list
            1, 2, 20, 0, 16, 0, 0, 0, // the entry: it denies, and containers inherit it
            1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // everyone
        ];
        assert_eq!(bytes[76..], entry);
    }

    #[test]
    fn a_list_that_is_absent_null_or_empty_stays_so() {
        let empty = [2, 0, 8, 0, 0, 0, 0, 0];
        assert_eq!(bytes("O:SY")[2..4], [0x00, 0x80]);
        assert_eq!(bytes("D:NO_ACCESS_CONTROL")[2..4], [0x04, 0x80]);
        assert_eq!(bytes("D:NO_ACCESS_CONTROL")[16..], [0; 4]);
        assert_eq!(bytes("D:")[2..4], [0x04, 0x80]);
        assert_eq!(bytes("D:")[16..], [&[20, 0, 0, 0][..], &empty].concat());
    }

    #[test]
    fn a_list_that_is_too_long_is_an_error() {
        let entry = Ace::allow(AccessMask(1), well_known::everyone());
        let mut descriptor = SecurityDescriptor {
            dacl: Some(std::iter::repeat_n(entry, 3276).collect()),
            ..SecurityDescriptor::default()
        };
        assert_eq!(descriptor.to_bytes().unwrap().len(), 20 + 8 + 3276 * 20);
        let list = descriptor.dacl.as_mut().unwrap();
        list.aces.push(entry);
        assert_eq!(descriptor.to_bytes(), Err(TooLong(8 + 3277 * 20)));
    }
}
