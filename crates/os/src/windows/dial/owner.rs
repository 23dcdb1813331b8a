//! Whose a pipe is, and who the caller is.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use fslaunch_access::{Sid, well_known};
use windows_sys::Win32::{
    Foundation::{ERROR_NO_TOKEN, ERROR_SUCCESS, LocalFree},
    Security::{
        Authorization::{GetSecurityInfo, SE_KERNEL_OBJECT},
        CheckTokenMembership, OWNER_SECURITY_INFORMATION, PSID, TOKEN_QUERY,
    },
    System::Threading::{GetCurrentThread, OpenThreadToken},
};

use crate::windows::{accounts, token};

/// Whether who owns a pipe may have the caller's secrets and act as the
/// caller. The names of the system's pipes are everybody's to find: there only
/// the system itself is trusted.
pub(super) fn is_trusted(owner: &Sid, own: &Sid, pipe_of_system: bool) -> bool {
    *owner == well_known::local_system()
        || *owner == well_known::administrators()
        || (owner == own && !pipe_of_system)
}

/// Who owns the pipe that a handle is of.
pub(in crate::windows) fn owner(pipe: BorrowedHandle<'_>) -> io::Result<Sid> {
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
        false => unsafe { token::sid(owner) },
    };
    // SAFETY: the system has allocated the descriptor for this call.
    unsafe { LocalFree(descriptor) };
    sid
}

/// The user that the current thread acts as.
pub(super) fn current_user() -> io::Result<Sid> {
    Ok(token::user(current_token()?.as_handle())?.0)
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
    accounts::name_of(sid).unwrap_or_else(|| sid.to_string())
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
        return token::own();
    }
    // SAFETY: the token was just opened and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
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
