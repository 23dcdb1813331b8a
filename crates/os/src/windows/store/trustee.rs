//! The users and groups that a class names in plain words.
#![allow(unsafe_code)]

use std::ptr;

use fslaunch_access::{Sid, well_known};
use fslaunch_core::record::Trustee;
use windows_sys::Win32::Security::{
    LookupAccountNameW, SID_NAME_USE, SidTypeAlias, SidTypeGroup, SidTypeUser,
    SidTypeWellKnownGroup,
};

/// The SID of a user or group, by name (with its domain, if it has one) or in
/// digits.
pub(super) fn resolve(trustee: &Trustee) -> Option<Sid> {
    match trustee {
        Trustee::User(name) => account(name, &[SidTypeUser]),
        Trustee::Group(name) => account(name, &[SidTypeGroup, SidTypeAlias, SidTypeWellKnownGroup]),
        Trustee::Everyone => Some(well_known::everyone()),
        Trustee::Administrators => Some(well_known::administrators()),
    }
}

fn account(name: &str, kinds: &[SID_NAME_USE]) -> Option<Sid> {
    if let Ok(sid) = name.parse() {
        return Some(sid);
    }
    if name.is_empty() || name.contains('\0') {
        return None;
    }
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // A SID has at most 68 bytes, a domain's name at most 255 characters.
    let (mut sid, mut domain) = ([0_u8; 68], [0_u16; 256]);
    let (mut length, mut domain_length, mut kind) = (68, 256, 0);
    // SAFETY: the name ends with a NUL, and both rooms are as long as is said.
    let found = unsafe {
        LookupAccountNameW(
            ptr::null(),
            wide.as_ptr(),
            sid.as_mut_ptr().cast(),
            &mut length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    if found == 0 || !kinds.contains(&kind) {
        return None;
    }
    let length = 8 + 4 * usize::from(sid[1]);
    Sid::from_bytes(sid.get(..length)?).ok()
}
