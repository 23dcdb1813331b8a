//! Drive letters, and whether something can be opened.

#![allow(unsafe_code)]

use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING, QueryDosDeviceW,
};

use super::{narrow, wide};
use crate::name::Drive;

/// What a drive letter leads to, for the caller's logon session.
pub(super) fn device(drive: Drive) -> Option<String> {
    let name = wide(&drive.to_string());
    let mut target = vec![0; 4096];
    let length = target.len() as u32;
    // SAFETY: the name ends with a NUL, and the room is as long as is said.
    let written = unsafe { QueryDosDeviceW(name.as_ptr(), target.as_mut_ptr(), length) };
    (written != 0).then(|| narrow(&target))
}

/// Whether a folder can be opened now.
pub(super) fn opens(folder: &str) -> bool {
    open(folder, FILE_READ_ATTRIBUTES, FILE_FLAG_BACKUP_SEMANTICS).is_some()
}

/// Opens what is there already, letting everybody else do what they want.
pub(super) fn open(path: &str, access: u32, flags: u32) -> Option<OwnedHandle> {
    let path = wide(path);
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the path ends with a NUL and outlives the call; the other
    // pointers may be null.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            access,
            share,
            ptr::null(),
            OPEN_EXISTING,
            flags,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return None;
    }
    // SAFETY: the handle was just opened and belongs to nobody else.
    Some(unsafe { OwnedHandle::from_raw_handle(handle) })
}
