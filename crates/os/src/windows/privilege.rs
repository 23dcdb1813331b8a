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

#[cfg(test)]
mod tests {
    use windows_sys::Win32::{
        Foundation::ERROR_NO_SUCH_PRIVILEGE,
        Security::{PRIVILEGE_SET, PrivilegeCheck, TOKEN_QUERY},
    };

    use super::*;

    /// Whether the process makes use of a privilege.
    fn is_enabled(name: &str) -> bool {
        let mut luid = LUID::default();
        let mut token: HANDLE = ptr::null_mut();
        let mut enabled = 0;
        // SAFETY: the name ends with a NUL, and what is written to outlives the calls.
        unsafe {
            assert_ne!(
                LookupPrivilegeValueW(ptr::null(), wide(name).as_ptr(), &mut luid),
                0
            );
            assert_ne!(
                OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token),
                0
            );
            let token = OwnedHandle::from_raw_handle(token);
            let mut asked = PRIVILEGE_SET {
                PrivilegeCount: 1,
                Control: 1,
                Privilege: [LUID_AND_ATTRIBUTES {
                    Luid: luid,
                    Attributes: 0,
                }],
            };
            assert_ne!(
                PrivilegeCheck(token.as_raw_handle(), &mut asked, &mut enabled),
                0
            );
        }
        enabled != 0
    }

    #[test]
    fn a_privilege_that_the_process_has_is_enabled() {
        if !crate::dial::is_administrator() {
            println!("SKIPPED: only an administrator has the privilege");
            return;
        }
        enable(RESTORE).unwrap();
        assert!(is_enabled(RESTORE));
    }

    #[test]
    fn one_that_it_has_not_or_that_is_none_is_an_error() {
        // Nobody has it but the system's own security service.
        let missing = enable("SeCreateTokenPrivilege").unwrap_err();
        assert_eq!(
            missing.raw_os_error(),
            Some(ERROR_NOT_ALL_ASSIGNED as i32),
            "{missing}"
        );
        assert!(!is_enabled("SeCreateTokenPrivilege"));
        let none = enable("SeNoSuchPrivilege").unwrap_err();
        assert_eq!(none.raw_os_error(), Some(ERROR_NO_SUCH_PRIVILEGE as i32));
    }
}
