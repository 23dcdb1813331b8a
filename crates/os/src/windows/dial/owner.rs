//! Whose a pipe is, and who the caller is.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle},
    ptr, slice,
};

use fslaunch_access::{Sid, well_known};
use windows_sys::Win32::{
    Foundation::{ERROR_NO_TOKEN, ERROR_SUCCESS, LocalFree},
    Security::{
        Authorization::{GetSecurityInfo, SE_KERNEL_OBJECT},
        CheckTokenMembership, GetLengthSid, GetTokenInformation, LookupAccountSidW,
        OWNER_SECURITY_INFORMATION, PSID, SECURITY_MAX_SID_SIZE, TOKEN_QUERY, TOKEN_USER,
        TokenUser,
    },
    System::Threading::{GetCurrentProcess, GetCurrentThread, OpenProcessToken, OpenThreadToken},
};

/// Whether who owns a pipe may have the caller's secrets and act as the
/// caller. The names of the system's pipes are everybody's to find: there only
/// the system itself is trusted.
pub(super) fn is_trusted(owner: &Sid, own: &Sid, pipe_of_system: bool) -> bool {
    *owner == well_known::local_system()
        || *owner == well_known::administrators()
        || (owner == own && !pipe_of_system)
}

/// Who owns the pipe that a handle is of.
pub(super) fn owner(pipe: BorrowedHandle<'_>) -> io::Result<Sid> {
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
        return Err(io::Error::from_raw_os_error(result as i32));
    }
    let sid = match owner.is_null() {
        true => Err(io::Error::other("the pipe has no owner")),
        // SAFETY: the owner lies in the descriptor, which is freed below.
        false => unsafe { copied(owner) },
    };
    // SAFETY: the system has allocated the descriptor for this call.
    unsafe { LocalFree(descriptor) };
    sid
}

/// The user that the current thread acts as.
pub(super) fn current_user() -> io::Result<Sid> {
    const BYTES: usize = size_of::<TOKEN_USER>() + SECURITY_MAX_SID_SIZE as usize;
    let token = current_token()?;
    let mut buffer = [0_u64; BYTES.div_ceil(8)];
    let mut length = 0;
    // SAFETY: the token is open, and the buffer is as large as is said and
    // aligned for any structure.
    let read = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size_of_val(&buffer) as u32,
            &mut length,
        )
    };
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has put a TOKEN_USER there, whose SID is in the
    // buffer behind it.
    unsafe { copied((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// Whether the caller is an administrator of the system, and acts as one: an
/// account of administrators that was not raised to act as such is none.
pub fn is_administrator() -> bool {
    let administrators = well_known::administrators().to_bytes();
    let mut member = 0;
    // SAFETY: the SID is valid and not written to; without a token, that of
    // the thread counts.
    let asked = unsafe {
        CheckTokenMembership(
            ptr::null_mut(),
            administrators.as_ptr().cast_mut().cast(),
            &mut member,
        )
    };
    asked != 0 && member != 0
}

/// The name of an account as `DOMAIN\user`, or its SID if it has none.
pub(super) fn account_name(sid: &Sid) -> String {
    const LENGTH: usize = 512;
    let bytes = sid.to_bytes();
    let (mut name, mut domain) = ([0_u16; LENGTH], [0_u16; LENGTH]);
    let (mut name_length, mut domain_length) = (LENGTH as u32, LENGTH as u32);
    let mut kind = 0;
    // SAFETY: the SID is valid and not written to; the buffers are as long as
    // is said and outlive the call.
    let found = unsafe {
        LookupAccountSidW(
            ptr::null(),
            bytes.as_ptr().cast_mut().cast(),
            name.as_mut_ptr(),
            &mut name_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    let text = |units: &[u16], length: u32| {
        String::from_utf16_lossy(units.get(..length as usize).unwrap_or_default())
    };
    match (found, text(&domain, domain_length)) {
        (0, _) => sid.to_string(),
        (_, domain) if domain.is_empty() => text(&name, name_length),
        (_, domain) => format!(r"{domain}\{}", text(&name, name_length)),
    }
}

/// The token of the thread if it acts as somebody else, or the process's.
fn current_token() -> io::Result<OwnedHandle> {
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle is always valid, and the token's place
    // outlives the call. The process itself looks at the thread's token.
    let opened = unsafe { OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &mut token) };
    if opened == 0 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(ERROR_NO_TOKEN as i32) {
            return Err(error);
        }
        // SAFETY: as above.
        if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
    }
    // SAFETY: the token was just opened and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}

/// A copy of a SID of the system.
///
/// # Safety
/// `sid` points to a valid SID.
unsafe fn copied(sid: PSID) -> io::Result<Sid> {
    // SAFETY: the caller vouches for the SID, which is as long as it says.
    let bytes = unsafe { slice::from_raw_parts(sid.cast::<u8>(), GetLengthSid(sid) as usize) };
    Sid::from_bytes(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(rid: u32) -> Sid {
        Sid::new(5, &[21, 1, 2, 3, rid]).unwrap()
    }

    #[test]
    fn the_system_and_its_administrators_are_trusted_everywhere() {
        for owner in [well_known::local_system(), well_known::administrators()] {
            assert!(is_trusted(&owner, &user(1000), true));
            assert!(is_trusted(&owner, &user(1000), false));
        }
    }

    #[test]
    fn the_callers_own_pipe_is_trusted_under_other_names_than_the_systems() {
        assert!(is_trusted(&user(1000), &user(1000), false));
        assert!(!is_trusted(&user(1000), &user(1000), true));
    }

    #[test]
    fn nobody_else_is_trusted() {
        for owner in [user(1001), well_known::everyone()] {
            assert!(!is_trusted(&owner, &user(1000), false));
            assert!(!is_trusted(&owner, &user(1000), true));
        }
    }

    #[test]
    fn the_current_user_has_a_sid_and_accounts_have_names() {
        let user = current_user().unwrap();
        assert!(user.to_string().starts_with("S-1-5-"), "{user}");
        let name = account_name(&well_known::local_system());
        assert!(name.ends_with("SYSTEM"), "{name}");
        let nobody = Sid::new(5, &[21, 9, 9, 9, 9]).unwrap();
        assert_eq!(account_name(&nobody), nobody.to_string());
    }
}
