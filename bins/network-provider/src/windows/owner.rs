//! Whose a pipe is. Anybody may make one of a name that is free.

#![allow(unsafe_code)]

use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, LocalFree};
use windows_sys::Win32::Security::Authorization::{GetSecurityInfo, SE_KERNEL_OBJECT};
use windows_sys::Win32::Security::{
    IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSID, WinBuiltinAdministratorsSid,
    WinLocalSystemSid,
};

/// Whether a pipe belongs to the system or its administrators. Only its owner
/// and those whom the owner lets can serve it.
pub(super) fn is_trusted(pipe: BorrowedHandle<'_>) -> bool {
    let mut owner: PSID = ptr::null_mut();
    let mut descriptor = ptr::null_mut();
    // SAFETY: the handle is open, and what is written to outlives the call.
    let result = unsafe {
        GetSecurityInfo(
            pipe.as_raw_handle(),
            SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &mut owner,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut descriptor,
        )
    };
    if result != ERROR_SUCCESS {
        return false;
    }
    // SAFETY: the owner lies in the descriptor, which is freed below.
    let trusted = !owner.is_null() && unsafe { is_of_system(owner) || is_ours(owner) };
    // SAFETY: the system has allocated the descriptor for this call.
    unsafe { LocalFree(descriptor) };
    trusted
}

/// # Safety
/// The pointer is of a SID.
unsafe fn is_of_system(owner: PSID) -> bool {
    let known = [WinLocalSystemSid, WinBuiltinAdministratorsSid];
    known
        .into_iter()
        // SAFETY: the caller says that the pointer is of a SID.
        .any(|known| unsafe { IsWellKnownSid(owner, known) } != 0)
}

/// # Safety
/// The pointer is of a SID.
#[cfg(not(feature = "test-seams"))]
unsafe fn is_ours(_owner: PSID) -> bool {
    false
}

/// For tests: a pipe of the user's own, under another name than the system's.
///
/// # Safety
/// The pointer is of a SID.
#[cfg(feature = "test-seams")]
unsafe fn is_ours(owner: PSID) -> bool {
    use std::os::windows::io::{FromRawHandle, OwnedHandle};
    use windows_sys::Win32::Security::{
        EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser,
    };
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle is always valid, and the token's place outlives the call.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return false;
    }
    // SAFETY: the token was just opened and belongs to nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut room = [0_u64; 64];
    let (bytes, mut length) = (size_of_val(&room) as u32, 0);
    let place = room.as_mut_ptr();
    // SAFETY: the room is as long as is said.
    let told = unsafe {
        let token = token.as_raw_handle();
        GetTokenInformation(token, TokenUser, place.cast(), bytes, &mut length)
    };
    // SAFETY: the system has written the structure there, and its SID after it.
    told != 0 && unsafe { EqualSid(owner, (*place.cast::<TOKEN_USER>()).User.Sid) } != 0
}
