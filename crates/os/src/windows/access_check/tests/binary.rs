//! A descriptor of the system's, read byte by byte (MS-DTYP 2.4.6).

use std::ptr;

use fslaunch_access::{
    AccessMask, Ace, AceFlags, AceKind, Acl, DescriptorFlags, SecurityDescriptor, Sid,
};
use windows_sys::Win32::Security::{
    Authorization::{ConvertSecurityDescriptorToStringSecurityDescriptorW, SDDL_REVISION_1},
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetSecurityDescriptorLength,
    OWNER_SECURITY_INFORMATION,
};

use super::super::super::{descriptor::Descriptor, memory::LocalMemory, raw::check};

const DACL_PRESENT: u16 = 0x4;
const FLAGS: [(u16, DescriptorFlags); 3] = [
    (0x1000, DescriptorFlags::DACL_PROTECTED),
    (0x0100, DescriptorFlags::DACL_AUTO_INHERIT_REQUIRED),
    (0x0400, DescriptorFlags::DACL_AUTO_INHERITED),
];

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn sid(bytes: &[u8]) -> Sid {
    let length = 8 + 4 * usize::from(bytes[1]);
    Sid::from_bytes(&bytes[..length]).unwrap()
}

/// The descriptor without its SACL.
pub(super) fn read(descriptor: &Descriptor) -> SecurityDescriptor {
    // SAFETY: the descriptor is the system's own, and has as many bytes as the system says.
    let bytes = unsafe {
        let length = GetSecurityDescriptorLength(descriptor.as_ptr()) as usize;
        std::slice::from_raw_parts(descriptor.as_ptr().cast::<u8>(), length)
    };
    read_bytes(bytes)
}

/// The descriptor without its SACL.
pub(super) fn read_bytes(bytes: &[u8]) -> SecurityDescriptor {
    let control = u16_at(bytes, 2);
    let at = |field: usize| match u32_at(bytes, field) {
        0 => None,
        offset => Some(&bytes[offset as usize..]),
    };
    let set = FLAGS.iter().filter(|(bit, _)| control & bit != 0);
    let dacl = at(16).filter(|_| control & DACL_PRESENT != 0);
    SecurityDescriptor {
        owner: at(4).map(sid),
        group: at(8).map(sid),
        dacl: dacl.map(acl),
        sacl: None,
        flags: set.fold(DescriptorFlags::NONE, |all, (_, flag)| all | *flag),
    }
}

fn acl(bytes: &[u8]) -> Acl {
    let count = usize::from(u16_at(bytes, 4));
    let mut rest = &bytes[8..usize::from(u16_at(bytes, 2))];
    let mut aces = Vec::new();
    for _ in 0..count {
        let (ace, after) = rest.split_at(usize::from(u16_at(rest, 2)));
        rest = after;
        aces.push(Ace {
            kind: match ace[0] {
                0 => AceKind::Allow,
                1 => AceKind::Deny,
                other => panic!("an entry of kind {other}"),
            },
            flags: AceFlags(ace[1]),
            mask: AccessMask(u32_at(ace, 4)),
            trustee: sid(&ace[8..]),
        });
    }
    Acl { aces }
}

/// The text that the system writes for it.
pub(super) fn text(descriptor: &Descriptor) -> String {
    let (mut text, mut length) = (ptr::null_mut(), 0);
    let parts = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // SAFETY: the descriptor is the system's own, and the pointers are there to be written.
    check(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.as_ptr(),
            SDDL_REVISION_1,
            parts,
            &mut text,
            &mut length,
        )
    })
    .unwrap();
    // SAFETY: the function gave the memory over, to be freed with `LocalFree`.
    let _memory = unsafe { LocalMemory::new(text.cast()) };
    // SAFETY: the text has as many units as was said, and the memory is still there.
    let units = unsafe { std::slice::from_raw_parts(text, length as usize) };
    let units = units.split(|unit| *unit == 0).next().unwrap();
    String::from_utf16(units).unwrap()
}
