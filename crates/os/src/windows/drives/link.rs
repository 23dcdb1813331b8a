//! The links that drive letters are: `X:` in the system's folder of global names.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use fslaunch_access::{AccessMask, Ace, Acl, SecurityDescriptor, Sid};
use windows_sys::{
    Wdk::{Foundation::OBJECT_ATTRIBUTES, Storage::FileSystem::NtOpenSymbolicLinkObject},
    Win32::{
        Foundation::{
            ERROR_FILE_NOT_FOUND, HANDLE, OBJ_CASE_INSENSITIVE, RtlNtStatusToDosError,
            UNICODE_STRING,
        },
        Security::{
            Authorization::{
                ConvertSecurityDescriptorToStringSecurityDescriptorW, GetSecurityInfo,
                SDDL_REVISION_1, SE_KERNEL_OBJECT,
            },
            DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SetKernelObjectSecurity,
        },
        Storage::FileSystem::{
            DDD_EXACT_MATCH_ON_REMOVE, DDD_RAW_TARGET_PATH, DDD_REMOVE_DEFINITION,
            DefineDosDeviceW, QueryDosDeviceW,
        },
    },
};

use super::super::{
    descriptor::Descriptor,
    memory::LocalMemory,
    raw::{check, wide},
};

/// Where a letter leads, if anywhere.
pub(super) fn target(letter: char) -> io::Result<Option<String>> {
    let mut target = vec![0_u16; 1024];
    // SAFETY: the name ends with a NUL, and the buffer has the length that is said.
    let length = unsafe {
        QueryDosDeviceW(
            wide(drive(letter)).as_ptr(),
            target.as_mut_ptr(),
            target.len() as u32,
        )
    };
    if length == 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(code) if code as u32 == ERROR_FILE_NOT_FOUND => Ok(None),
            Some(_) | None => Err(error),
        };
    }
    // The first of a list is what the letter is now.
    let end = target.iter().position(|unit| *unit == 0);
    let target = &target[..end.unwrap_or(target.len())];
    Ok(Some(String::from_utf16_lossy(target)))
}

/// Defines a letter. What the system writes about it first would be a push: the letter is free.
pub(super) fn define(letter: char, target: &str) -> io::Result<()> {
    let (name, target) = (wide(drive(letter)), wide(target));
    // SAFETY: both texts end with a NUL.
    check(unsafe { DefineDosDeviceW(DDD_RAW_TARGET_PATH, name.as_ptr(), target.as_ptr()) })
}

/// Removes a letter, if it leads to exactly this.
pub(super) fn remove(letter: char, target: &str) -> io::Result<()> {
    let flags = DDD_RAW_TARGET_PATH | DDD_REMOVE_DEFINITION | DDD_EXACT_MATCH_ON_REMOVE;
    let (name, target) = (wide(drive(letter)), wide(target));
    // SAFETY: both texts end with a NUL.
    check(unsafe { DefineDosDeviceW(flags, name.as_ptr(), target.as_ptr()) })
}

/// Lets a user delete the link that a letter is.
pub(super) fn let_delete(letter: char, user: &Sid) -> io::Result<()> {
    let link = open(letter, AccessMask::READ_CONTROL | AccessMask::WRITE_DAC)?;
    let mut descriptor = descriptor(&link)?;
    grant_delete(&mut descriptor, user);
    let descriptor = Descriptor::parse(&descriptor.to_string())?;
    // SAFETY: the link is open, and the descriptor is there for the call.
    check(unsafe {
        SetKernelObjectSecurity(
            link.as_raw_handle(),
            DACL_SECURITY_INFORMATION,
            descriptor.as_ptr(),
        )
    })
}

/// An entry for the user before all others. Without a list everybody may already.
fn grant_delete(descriptor: &mut SecurityDescriptor, user: &Sid) {
    let entry = Ace::allow(AccessMask::DELETE, *user);
    if let Some(Acl { aces }) = &mut descriptor.dacl {
        aces.insert(0, entry);
    }
}

fn descriptor(link: &OwnedHandle) -> io::Result<SecurityDescriptor> {
    let mut found: PSECURITY_DESCRIPTOR = ptr::null_mut();
    // SAFETY: the link is open, and the pointer is there to be written.
    let error = unsafe {
        GetSecurityInfo(
            link.as_raw_handle(),
            SE_KERNEL_OBJECT,
            DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut found,
        )
    };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error as i32));
    }
    // SAFETY: the function gave the memory over, to be freed with `LocalFree`.
    let found = unsafe { LocalMemory::new(found) };
    let (mut text, mut length) = (ptr::null_mut(), 0);
    // SAFETY: the descriptor is the system's own, and the pointers are there to be written.
    check(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            found.as_ptr(),
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            &mut text,
            &mut length,
        )
    })?;
    // SAFETY: as above.
    let memory = unsafe { LocalMemory::new(text.cast()) };
    // SAFETY: the text has as many units as was said, and the memory is still there.
    let units = unsafe { std::slice::from_raw_parts(text, length as usize) };
    let units = units.split(|unit| *unit == 0).next().unwrap_or_default();
    let text = String::from_utf16_lossy(units);
    drop(memory);
    text.parse()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn open(letter: char, access: AccessMask) -> io::Result<OwnedHandle> {
    let name = wide(format!(r"\GLOBAL??\{}", drive(letter)));
    let bytes = size_of_val(&name[..name.len() - 1]) as u16;
    let name = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes + 2,
        Buffer: name.as_ptr().cast_mut(),
    };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: ptr::null_mut(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let mut link: HANDLE = ptr::null_mut();
    // SAFETY: the name and the attributes are there for the call, and the pointer to be written.
    let status = unsafe { NtOpenSymbolicLinkObject(&mut link, access.0, &attributes) };
    if status < 0 {
        // SAFETY: it takes a value only.
        let code = unsafe { RtlNtStatusToDosError(status) };
        return Err(io::Error::from_raw_os_error(code as i32));
    }
    // SAFETY: the handle is ours alone from here on.
    Ok(unsafe { OwnedHandle::from_raw_handle(link) })
}

fn drive(letter: char) -> String {
    format!("{letter}:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drive_of_the_system_leads_somewhere_and_a_free_letter_nowhere() {
        assert!(target('C').unwrap().is_some());
        let free = ('D'..='Y').find(|letter| target(*letter).unwrap().is_none());
        assert!(free.is_some());
    }

    #[test]
    fn the_user_gets_delete_and_nothing_else_and_nobody_loses_anything() {
        let user = "S-1-5-21-1-2-3-4".parse().unwrap();
        let mut descriptor: SecurityDescriptor = "D:(A;;0x1;;;WD)(A;;GA;;;SY)".parse().unwrap();
        grant_delete(&mut descriptor, &user);
        let words = "D:(A;;SD;;;S-1-5-21-1-2-3-4)(A;;CC;;;WD)(A;;GA;;;SY)";
        assert_eq!(descriptor.to_string(), words);
        let mut open: SecurityDescriptor = "D:NO_ACCESS_CONTROL".parse().unwrap();
        grant_delete(&mut open, &user);
        assert_eq!(open.to_string(), "D:NO_ACCESS_CONTROL");
    }
}
