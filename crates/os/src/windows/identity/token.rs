//! Access tokens: whose they are, and how to have one that a process can run with.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::process;
use std::ptr;

use windows_sys::Win32::Security::{
    DuplicateTokenEx, GetSidSubAuthority, GetSidSubAuthorityCount, ImpersonateLoggedOnUser,
    IsTokenRestricted, LOGON32_LOGON_SERVICE, LOGON32_PROVIDER_DEFAULT, LogonUserW, RevertToSelf,
    SecurityImpersonation, SetTokenInformation, TOKEN_ADJUST_DEFAULT, TOKEN_ADJUST_SESSIONID,
    TOKEN_ASSIGN_PRIMARY, TOKEN_DUPLICATE, TOKEN_IMPERSONATE, TOKEN_MANDATORY_LABEL, TOKEN_QUERY,
    TokenIntegrityLevel, TokenPrimary, TokenSessionId,
};
use windows_sys::Win32::System::Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock};
use windows_sys::core::w;

use super::super::raw::{check, owned, wide};
use super::super::token::{self, session};

/// The launcher's own token.
pub(in crate::windows) fn own() -> io::Result<OwnedHandle> {
    token::own_for(TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE)
}

/// A token that a process can run with, of the same identity.
pub(in crate::windows) fn primary(token: BorrowedHandle<'_>) -> io::Result<OwnedHandle> {
    let access = TOKEN_QUERY
        | TOKEN_DUPLICATE
        | TOKEN_IMPERSONATE
        | TOKEN_ASSIGN_PRIMARY
        | TOKEN_ADJUST_DEFAULT
        | TOKEN_ADJUST_SESSIONID;
    let mut primary = ptr::null_mut();
    // SAFETY: the token is open, and the answer goes into a value of the right type; the handle
    // is new.
    unsafe {
        check(DuplicateTokenEx(
            token.as_raw_handle(),
            access,
            ptr::null(),
            SecurityImpersonation,
            TokenPrimary,
            &mut primary,
        ))?;
        owned(primary)
    }
}

/// An account of the system's own, which has no password.
pub(super) fn log_on(name: &str) -> io::Result<OwnedHandle> {
    let name = wide(name);
    let mut token = ptr::null_mut();
    // SAFETY: the texts end in NUL, and the answer goes into a value of the right type; the
    // handle is new.
    unsafe {
        check(LogonUserW(
            name.as_ptr(),
            w!("NT AUTHORITY"),
            ptr::null(),
            LOGON32_LOGON_SERVICE,
            LOGON32_PROVIDER_DEFAULT,
            &mut token,
        ))?;
        owned(token)
    }
}

/// Makes the token one of the session that the launcher is in.
pub(super) fn to_own_session(token: BorrowedHandle<'_>) -> io::Result<()> {
    let ours = session(own()?.as_handle())?;
    if session(token)? == ours {
        return Ok(());
    }
    // SAFETY: the value has the type and size that the class asks for.
    check(unsafe {
        SetTokenInformation(
            token.as_raw_handle(),
            TokenSessionId,
            (&raw const ours).cast(),
            size_of_val(&ours) as u32,
        )
    })
}

/// Whether one token of a user has fewer rights than another of the same user: a lower integrity,
/// as without elevation or in a sandbox, or restrictions.
pub(super) fn is_less(token: BorrowedHandle<'_>, than: BorrowedHandle<'_>) -> io::Result<bool> {
    // SAFETY: both are open tokens.
    let restricted =
        |token: BorrowedHandle<'_>| unsafe { IsTokenRestricted(token.as_raw_handle()) != 0 };
    Ok(integrity(token)? < integrity(than)? || (restricted(token) && !restricted(than)))
}

fn integrity(token: BorrowedHandle<'_>) -> io::Result<u32> {
    let found = token::information(token, TokenIntegrityLevel)?;
    // SAFETY: the information is aligned, begins with this structure, and holds what it points
    // to: a SID whose last sub-authority is the level.
    unsafe {
        let sid = (*found.as_ptr().cast::<TOKEN_MANDATORY_LABEL>()).Label.Sid;
        let count = u32::from(*GetSidSubAuthorityCount(sid));
        match count.checked_sub(1) {
            Some(last) => Ok(*GetSidSubAuthority(sid, last)),
            None => Ok(0),
        }
    }
}

/// The environment of a token's user, with nothing of this process's.
pub(super) fn environment(token: BorrowedHandle<'_>) -> io::Result<Vec<(String, String)>> {
    let mut block = ptr::null_mut();
    // SAFETY: the token is open, and the answer goes into a value of the right type.
    check(unsafe { CreateEnvironmentBlock(&mut block, token.as_raw_handle(), 0) })?;
    let mut variables = Vec::new();
    let mut at = block.cast::<u16>().cast_const();
    loop {
        // SAFETY: the block is of texts that end in NUL, and an empty one is at its end.
        let one = unsafe {
            let length = (0..).take_while(|&i| *at.add(i) != 0).count();
            std::slice::from_raw_parts(at, length)
        };
        if one.is_empty() {
            break;
        }
        // What begins with '=' is no variable, but a drive's current folder.
        match String::from_utf16_lossy(one).split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                variables.push((name.to_owned(), value.to_owned()));
            }
            Some(_) | None => {}
        }
        // SAFETY: another text follows the NUL.
        at = unsafe { at.add(one.len() + 1) };
    }
    // SAFETY: the block was made above, and nothing points into it any more.
    unsafe { DestroyEnvironmentBlock(block) };
    Ok(variables)
}

/// Does something with the rights of a token's user on this thread.
pub(in crate::windows) fn impersonate<T>(
    token: BorrowedHandle<'_>,
    action: impl FnOnce() -> T,
) -> io::Result<T> {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            // SAFETY: takes nothing.
            if unsafe { RevertToSelf() } == 0 {
                // Nothing that this thread did from now on would be with the right identity.
                process::abort();
            }
        }
    }
    // SAFETY: the token is open.
    check(unsafe { ImpersonateLoggedOnUser(token.as_raw_handle()) })?;
    let _back = Back;
    Ok(action())
}

#[cfg(test)]
mod tests {
    use super::super::super::token::own as own_for_queries;
    use super::*;
    use windows_sys::Win32::Security::{CreateRestrictedToken, DISABLE_MAX_PRIVILEGE};
    use windows_sys::Win32::System::Threading::{GetCurrentThread, OpenThreadToken};

    fn restricted() -> OwnedHandle {
        let own = primary(own().unwrap().as_handle()).unwrap();
        let mut token = ptr::null_mut();
        // SAFETY: the token is open, the lists are empty, and the handle is new.
        unsafe {
            check(CreateRestrictedToken(
                own.as_raw_handle(),
                DISABLE_MAX_PRIVILEGE,
                0,
                ptr::null(),
                0,
                ptr::null(),
                0,
                ptr::null(),
                &mut token,
            ))
            .unwrap();
            owned(token).unwrap()
        }
    }

    fn impersonates() -> bool {
        let mut token = ptr::null_mut();
        // SAFETY: the answer goes into a value of the right type, and the handle is new.
        unsafe {
            OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &mut token) != 0
                && owned(token).is_ok()
        }
    }

    #[test]
    fn a_thread_has_its_own_identity_again_whatever_was_done_with_another() {
        let token = restricted();
        assert!(impersonate(token.as_handle(), impersonates).unwrap());
        assert!(!impersonates());
        let panicked = std::panic::catch_unwind(|| {
            impersonate(token.as_handle(), || panic!("while impersonating"))
        });
        assert!(panicked.is_err());
        assert!(!impersonates());
    }

    #[test]
    fn a_token_is_no_less_than_itself() {
        let own = own_for_queries().unwrap();
        assert!(!is_less(own.as_handle(), own.as_handle()).unwrap());
    }

    #[test]
    fn a_token_of_the_launchers_session_stays_as_it_is() {
        let token = primary(own().unwrap().as_handle()).unwrap();
        to_own_session(token.as_handle()).unwrap();
        let ours = session(own().unwrap().as_handle()).unwrap();
        assert_eq!(session(token.as_handle()).unwrap(), ours);
    }

    #[test]
    fn an_environment_has_the_systems_variables_and_none_of_this_processs() {
        let found = environment(own().unwrap().as_handle()).unwrap();
        let has = |wanted: &str| {
            found
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        assert!(has("SystemRoot") && has("PATH"), "{found:?}");
        // Cargo sets it, so that it is there unless the test was started by hand.
        assert!(!has("CARGO_MANIFEST_DIR"), "{found:?}");
        let valid = |(name, _): &(String, String)| !name.is_empty() && !name.contains('=');
        assert!(found.iter().all(valid));
    }
}
