//! The system's own access check.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle},
};

use fslaunch_access::{AccessMask, GenericMapping, SecurityDescriptor, well_known};
use windows_sys::Win32::Security::{AccessCheck, GENERIC_MAPPING, MapGenericMask, PRIVILEGE_SET};

/// What of `desired` the system grants on an object with this descriptor to
/// whom an impersonation token stands for: all of it, or nothing.
///
/// The system refuses to check a descriptor without owner and group. Where one
/// has none it is LocalSystem, who needs no more rights.
///
/// # Errors
/// The descriptor is too long, or the system can't read it, or can't check the token.
pub(super) fn check(
    token: BorrowedHandle<'_>,
    descriptor: &SecurityDescriptor,
    desired: AccessMask,
    mapping: &GenericMapping,
) -> io::Result<Option<AccessMask>> {
    let mut descriptor = descriptor.clone();
    descriptor.owner.get_or_insert(well_known::local_system());
    descriptor.group.get_or_insert(well_known::local_system());
    let descriptor = aligned(&descriptor)?;
    let mapping = GENERIC_MAPPING {
        GenericRead: mapping.read.0,
        GenericWrite: mapping.write.0,
        GenericExecute: mapping.execute.0,
        GenericAll: mapping.all.0,
    };
    let mut desired = desired.0;
    // SAFETY: both are there for the call.
    unsafe { MapGenericMask(&mut desired, &mapping) };
    let mut privileges = Privileges::default();
    let mut length = size_of::<Privileges>() as u32;
    let (mut granted, mut allowed) = (0, 0);
    // SAFETY: the descriptor is whole and is only read, the handle is borrowed, `length` is the
    // size of the memory that privileges are written to, and the other pointers are there to be
    // written.
    let done = unsafe {
        AccessCheck(
            descriptor.as_ptr().cast_mut().cast(),
            token.as_raw_handle(),
            desired,
            &mapping,
            (&raw mut privileges).cast(),
            &mut length,
            &mut granted,
            &mut allowed,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((allowed != 0).then_some(AccessMask(granted)))
}

/// The descriptor in its binary form, aligned as the system expects it.
fn aligned(descriptor: &SecurityDescriptor) -> io::Result<Vec<u32>> {
    let bytes = descriptor.to_bytes().map_err(io::Error::other)?;
    // Each of its parts is a whole number of words.
    let (words, _) = bytes.as_chunks::<4>();
    Ok(words.iter().map(|word| u32::from_ne_bytes(*word)).collect())
}

/// Room for the privileges that a check made use of: there are 36 in all.
#[repr(C)]
#[derive(Default)]
struct Privileges {
    set: PRIVILEGE_SET,
    more: [[u64; 32]; 2],
}

#[cfg(test)]
mod tests;
