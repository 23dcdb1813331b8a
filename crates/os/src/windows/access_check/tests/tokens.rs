//! Tokens of this user with less and less to them.

use std::{
    os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle},
    ptr,
};

use fslaunch_access::{Sid, well_known};
use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{
        CreateRestrictedToken, DISABLE_MAX_PRIVILEGE, DuplicateTokenEx, SID_AND_ATTRIBUTES,
        SecurityImpersonation, TOKEN_ALL_ACCESS, TOKEN_DUPLICATE, TOKEN_IMPERSONATE, TOKEN_QUERY,
        TokenImpersonation,
    },
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

use super::{
    super::super::{
        raw::{check, owned},
        token,
    },
    generate::Random,
};

/// Tokens for impersonation, each with a name for what was done to it.
pub(super) fn all(random: &mut Random) -> Vec<(String, OwnedHandle)> {
    let own = own();
    let identity = token::identity(own.as_handle()).unwrap().token;
    let groups: Vec<Sid> = identity.groups.iter().map(|group| group.sid).collect();
    let mut tokens = vec![("as it is".to_owned(), restricted(&own, &[], &[]))];
    for _ in 0..6 {
        let some: Vec<Sid> = (0..3).map(|_| random.one_of(&groups)).collect();
        let name = format!("without {some:?}");
        tokens.push((name, restricted(&own, &some, &[])));
    }
    for _ in 0..4 {
        let disabled = [random.one_of(&groups)];
        let restricting = [random.one_of(&groups), well_known::everyone()];
        let name = format!("without {disabled:?}, restricted to {restricting:?}");
        tokens.push((name, restricted(&own, &disabled, &restricting)));
    }
    tokens
}

fn own() -> OwnedHandle {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle needs no closing, the pointer is there to be written, and the
    // handle is new.
    unsafe {
        check(OpenProcessToken(
            GetCurrentProcess(),
            TOKEN_ALL_ACCESS,
            &mut token,
        ))
        .unwrap();
        owned(token).unwrap()
    }
}

/// The token without privileges, with these groups to deny only, restricted to those SIDs.
fn restricted(token: &OwnedHandle, disabled: &[Sid], restricting: &[Sid]) -> OwnedHandle {
    let [disabled, restricting] = [disabled, restricting].map(|sids| {
        let bytes = sids.iter().map(aligned).collect::<Vec<_>>();
        let entries = bytes.iter().map(|bytes| SID_AND_ATTRIBUTES {
            Sid: bytes.as_ptr().cast_mut().cast(),
            Attributes: 0,
        });
        let entries = entries.collect::<Vec<_>>();
        (entries, bytes)
    });
    let mut made: HANDLE = ptr::null_mut();
    // SAFETY: the token is open, the lists have as many entries as is said, each with a SID that
    // is still there, and the handle is new.
    let made = unsafe {
        check(CreateRestrictedToken(
            token.as_raw_handle(),
            DISABLE_MAX_PRIVILEGE,
            disabled.0.len() as u32,
            disabled.0.as_ptr(),
            0,
            ptr::null(),
            restricting.0.len() as u32,
            restricting.0.as_ptr(),
            &mut made,
        ))
        .unwrap();
        owned(made).unwrap()
    };
    for_impersonation(made.as_handle())
}

fn for_impersonation(token: BorrowedHandle<'_>) -> OwnedHandle {
    let mut copy: HANDLE = ptr::null_mut();
    // SAFETY: the token is open, the pointer is there to be written, and the handle is new.
    unsafe {
        check(DuplicateTokenEx(
            token.as_raw_handle(),
            TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE,
            ptr::null(),
            SecurityImpersonation,
            TokenImpersonation,
            &mut copy,
        ))
        .unwrap();
        owned(copy).unwrap()
    }
}

fn aligned(sid: &Sid) -> Vec<u32> {
    let bytes = sid.to_bytes();
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}
