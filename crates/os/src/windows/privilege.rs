//! Privileges of this process.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use windows_sys::Win32::{
    Foundation::{ERROR_NOT_ALL_ASSIGNED, GetLastError, HANDLE, LUID},
    Security::{
        AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_PRIVILEGE_ENABLED,
        TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES,
    },
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

use super::raw::wide;

/// To make any account the owner of a thing.
pub(super) const RESTORE: &str = "SeRestorePrivilege";

/// Makes use of a privilege that this process has.
pub(super) fn enable(name: &str) -> io::Result<()> {
    let mut luid = LUID::default();
    // SAFETY: the name ends with a NUL, and the pointer is there to be written.
    if unsafe { LookupPrivilegeValueW(ptr::null(), wide(name).as_ptr(), &mut luid) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle needs no closing, and the pointer is there to be written.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is ours alone from here on.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let privileges = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES {
            Luid: luid,
            Attributes: SE_PRIVILEGE_ENABLED,
        }],
    };
    // SAFETY: the token is open, and the privileges are there for the call.
    let adjusted = unsafe {
        AdjustTokenPrivileges(
            token.as_raw_handle(),
            0,
            &privileges,
            0,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    // SAFETY: it takes nothing. It says whether a success was one.
    let error = unsafe { GetLastError() };
    if adjusted == 0 || error == ERROR_NOT_ALL_ASSIGNED {
        return Err(io::Error::from_raw_os_error(error as i32));
    }
    Ok(())
}
