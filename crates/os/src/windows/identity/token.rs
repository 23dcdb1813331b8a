//! Access tokens: whose they are, and how to have one that a process can run with.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use std::process;
use std::ptr;

use fslaunch_access::Sid;
use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows_sys::Win32::Security::{
    DuplicateTokenEx, GetSidSubAuthority, GetSidSubAuthorityCount, GetTokenInformation,
    ImpersonateLoggedOnUser, IsTokenRestricted, LOGON32_LOGON_SERVICE, LOGON32_PROVIDER_DEFAULT,
    LogonUserW, LookupAccountSidW, RevertToSelf, SecurityImpersonation, SetTokenInformation,
    TOKEN_ADJUST_DEFAULT, TOKEN_ADJUST_SESSIONID, TOKEN_ASSIGN_PRIMARY, TOKEN_DUPLICATE,
    TOKEN_IMPERSONATE, TOKEN_INFORMATION_CLASS, TOKEN_MANDATORY_LABEL, TOKEN_QUERY, TOKEN_USER,
    TokenIntegrityLevel, TokenPrimary, TokenSessionId, TokenUser,
};
use windows_sys::Win32::System::Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::Win32::UI::Shell::GetUserProfileDirectoryW;
use windows_sys::core::w;

use super::super::raw::{check, owned, text, wide};

/// The launcher's own token.
pub(super) fn own() -> io::Result<OwnedHandle> {
    let mut token = ptr::null_mut();
    let access = TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE;
    // SAFETY: the answer goes into a value of the right type; the handle is new.
    unsafe {
        check(OpenProcessToken(GetCurrentProcess(), access, &mut token))?;
        owned(token)
    }
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
    use std::os::windows::io::AsHandle;
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

fn session(token: BorrowedHandle<'_>) -> io::Result<u32> {
    let found = information(token, TokenSessionId)?;
    let found = found.first().copied().unwrap_or_default();
    // The first half of a word.
    Ok(found as u32)
}

/// Whose token it is.
pub(super) fn user(token: BorrowedHandle<'_>) -> io::Result<Sid> {
    let found = information(token, TokenUser)?;
    // SAFETY: the information is aligned, begins with this structure, and holds what it points to.
    let sid = unsafe { (*found.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    // SAFETY: a SID has eight bytes and four for each of its sub-authorities; it is within the
    // information.
    let bytes = unsafe {
        let length = 8 + 4 * usize::from(*GetSidSubAuthorityCount(sid));
        std::slice::from_raw_parts(sid.cast::<u8>(), length)
    };
    Sid::from_bytes(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
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
    let found = information(token, TokenIntegrityLevel)?;
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

/// In words of 8 bytes, so that it is aligned for its structure; never empty.
fn information(token: BorrowedHandle<'_>, class: TOKEN_INFORMATION_CLASS) -> io::Result<Vec<u64>> {
    let mut length = 64;
    for _ in 0..8 {
        let mut found = vec![0_u64; (length as usize).div_ceil(8).max(1)];
        let room = size_of_val(found.as_slice()) as u32;
        // SAFETY: the system writes no more than the room there is.
        let answer = check(unsafe {
            GetTokenInformation(
                token.as_raw_handle(),
                class,
                found.as_mut_ptr().cast(),
                room,
                &mut length,
            )
        });
        match answer {
            Err(e) if e.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER as i32) => {}
            other => return other.map(|()| found),
        }
    }
    Err(io::Error::other(
        "the system can't say how long a token's information is",
    ))
}

/// `DOMAIN\user`. This may ask another machine.
pub(super) fn account_name(sid: &Sid) -> io::Result<String> {
    let mut bytes = sid.to_bytes();
    let (mut name, mut domain) = ([0; 257], [0; 257]);
    let (mut name_room, mut domain_room) = (name.len() as u32, domain.len() as u32);
    let mut kind = 0;
    // SAFETY: the SID is a whole one, and the texts have the room that is said.
    check(unsafe {
        LookupAccountSidW(
            ptr::null(),
            bytes.as_mut_ptr().cast(),
            name.as_mut_ptr(),
            &mut name_room,
            domain.as_mut_ptr(),
            &mut domain_room,
            &mut kind,
        )
    })?;
    match (text(&domain), text(&name)) {
        (domain, name) if domain.is_empty() => Ok(name),
        (domain, name) => Ok(format!(r"{domain}\{name}")),
    }
}

/// The profile folder of a token's user.
pub(super) fn profile(token: BorrowedHandle<'_>) -> io::Result<String> {
    let mut length = 0;
    // SAFETY: without room this only tells the length, as an error.
    unsafe { GetUserProfileDirectoryW(token.as_raw_handle(), ptr::null_mut(), &mut length) };
    let mut folder = vec![0; length.max(1) as usize];
    // SAFETY: the text has the room that is said.
    check(unsafe {
        GetUserProfileDirectoryW(token.as_raw_handle(), folder.as_mut_ptr(), &mut length)
    })?;
    Ok(text(&folder))
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
