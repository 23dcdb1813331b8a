//! What a token says of whom it stands for.
#![allow(unsafe_code)]

use std::{
    ffi::c_void,
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use fslaunch_access::{Group, GroupState, Sid, Token};
use windows_sys::Win32::{
    Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_FUNCTION, ERROR_INVALID_SID, HANDLE},
    Security::{
        GetLengthSid, GetTokenInformation, IsValidSid, PSID, SID_AND_ATTRIBUTES, TOKEN_ACCESS_MASK,
        TOKEN_GROUPS, TOKEN_INFORMATION_CLASS, TOKEN_QUERY, TOKEN_USER, TokenGroups,
        TokenRestrictedSids, TokenSessionId, TokenUser,
    },
    System::{
        SystemServices::{SE_GROUP_ENABLED, SE_GROUP_USE_FOR_DENY_ONLY},
        Threading::{GetCurrentProcess, OpenProcessToken},
    },
};

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The SIDs that descriptors are checked against.
    pub(super) token: Token,
    /// Not so where the user's SID only denies: then nothing is granted to it.
    pub(super) user_is_enabled: bool,
}

impl Identity {
    /// Whether something could be granted to the caller as `sid`: the SID is the user or an
    /// enabled group, and, where the caller is restricted, a restricting SID as well.
    pub(super) fn acts_as(&self, sid: &Sid) -> bool {
        let Token {
            user,
            groups,
            restricting,
        } = &self.token;
        let is_user = user == sid && self.user_is_enabled;
        let in_group = groups
            .iter()
            .any(|group| group.sid == *sid && group.state == GroupState::Enabled);
        (is_user || in_group) && (restricting.is_empty() || restricting.contains(sid))
    }
}

/// Reads a token, which must be open for queries.
pub(super) fn identity(token: BorrowedHandle<'_>) -> io::Result<Identity> {
    let (user, attributes) = user(token)?;
    Ok(Identity {
        token: Token {
            user,
            groups: groups(token, TokenGroups)?,
            restricting: restricting(token)?,
        },
        user_is_enabled: attributes & SE_GROUP_USE_FOR_DENY_ONLY as u32 == 0,
    })
}

/// The session that a token belongs to.
pub(super) fn session(token: BorrowedHandle<'_>) -> io::Result<u32> {
    number(token, TokenSessionId)
}

/// What the system tells of a token in one number.
pub(super) fn number(token: BorrowedHandle<'_>, class: TOKEN_INFORMATION_CLASS) -> io::Result<u32> {
    let mut number = 0_u32;
    let mut length = 0;
    // SAFETY: the pointer is to as many bytes as the length says.
    let done = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            class,
            (&raw mut number).cast(),
            size_of::<u32>() as u32,
            &mut length,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(number)
}

/// The token of this process, for queries.
pub(super) fn own() -> io::Result<OwnedHandle> {
    own_for(TOKEN_QUERY)
}

/// The token of this process, for what `access` names.
pub(super) fn own_for(access: TOKEN_ACCESS_MASK) -> io::Result<OwnedHandle> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle needs no closing, and the pointer is there to be written.
    if unsafe { OpenProcessToken(GetCurrentProcess(), access, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is ours alone from here on.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}

/// A SID of the system's as a value.
///
/// # Safety
/// The pointer is null, or to a SID that stays for the call.
pub(super) unsafe fn sid(pointer: PSID) -> io::Result<Sid> {
    let invalid = || io::Error::from_raw_os_error(ERROR_INVALID_SID as i32);
    // SAFETY: as promised by the caller.
    if pointer.is_null() || unsafe { IsValidSid(pointer) } == 0 {
        return Err(invalid());
    }
    // SAFETY: the SID was found valid, so it has as many bytes as it says.
    let bytes = unsafe {
        let length = GetLengthSid(pointer) as usize;
        std::slice::from_raw_parts(pointer.cast::<u8>(), length)
    };
    Sid::from_bytes(bytes).map_err(|_| invalid())
}

/// The user of a token, and the attributes that it has there.
pub(super) fn user(token: BorrowedHandle<'_>) -> io::Result<(Sid, u32)> {
    let buffer = information(token, TokenUser)?;
    // SAFETY: the system filled the buffer, which is aligned for the structure.
    let user = unsafe { &*buffer.as_ptr().cast::<TOKEN_USER>() }.User;
    // SAFETY: the SID is in the buffer.
    Ok((unsafe { sid(user.Sid) }?, user.Attributes))
}

/// Wine knows no restricting SIDs, and says that it can't tell.
fn restricting(token: BorrowedHandle<'_>) -> io::Result<Vec<Sid>> {
    match groups(token, TokenRestrictedSids) {
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_FUNCTION as i32) => Ok(vec![]),
        other => Ok(other?.into_iter().map(|group| group.sid).collect()),
    }
}

fn groups(token: BorrowedHandle<'_>, class: TOKEN_INFORMATION_CLASS) -> io::Result<Vec<Group>> {
    let buffer = information(token, class)?;
    if size_of_val(buffer.as_slice()) < size_of::<TOKEN_GROUPS>() {
        return Ok(vec![]);
    }
    let list = buffer.as_ptr().cast::<TOKEN_GROUPS>();
    // SAFETY: the system filled the buffer, which is aligned for the structure, with as many
    // entries as it says; the pointer covers all of the buffer.
    let entries = unsafe {
        let count = (*list).GroupCount as usize;
        let first = (&raw const (*list).Groups).cast::<SID_AND_ATTRIBUTES>();
        std::slice::from_raw_parts(first, count)
    };
    entries
        .iter()
        .map(|entry| {
            // SAFETY: the SID is in the buffer.
            let sid = unsafe { sid(entry.Sid) }?;
            let state = state(entry.Attributes);
            Ok(Group { sid, state })
        })
        .collect()
}

fn state(attributes: u32) -> GroupState {
    if attributes & SE_GROUP_USE_FOR_DENY_ONLY as u32 != 0 {
        GroupState::DenyOnly
    } else if attributes & SE_GROUP_ENABLED as u32 != 0 {
        GroupState::Enabled
    } else {
        GroupState::Disabled
    }
}

/// What the system tells of a token, aligned for its structures.
pub(super) fn information(
    token: BorrowedHandle<'_>,
    class: TOKEN_INFORMATION_CLASS,
) -> io::Result<Vec<u64>> {
    let mut buffer = vec![0_u64; 128];
    loop {
        let room = size_of_val(buffer.as_slice()) as u32;
        let mut length = 0;
        // SAFETY: the pointer is to as many bytes as the length says.
        let done = unsafe {
            GetTokenInformation(
                token.as_raw_handle(),
                class,
                buffer.as_mut_ptr().cast::<c_void>(),
                room,
                &mut length,
            )
        };
        if done != 0 {
            return Ok(buffer);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(ERROR_INSUFFICIENT_BUFFER as i32) || length <= room {
            return Err(error);
        }
        buffer.resize((length as usize).div_ceil(8), 0);
    }
}

#[cfg(test)]
mod tests {
    use fslaunch_access::well_known;

    use super::*;

    #[test]
    fn this_process_is_somebody_and_of_everyone() {
        let own = own().unwrap();
        let identity = identity(std::os::windows::io::AsHandle::as_handle(&own)).unwrap();
        assert!(identity.user_is_enabled);
        assert!(identity.acts_as(&identity.token.user));
        assert!(identity.acts_as(&well_known::everyone()));
        assert!(identity.token.restricting.is_empty());
    }

    #[test]
    fn a_restricted_caller_acts_only_as_what_is_in_both_lists() {
        let user = well_known::guests();
        let group = |sid, state| Group { sid, state };
        let mut identity = Identity {
            token: Token {
                user,
                groups: vec![
                    group(well_known::administrators(), GroupState::Enabled),
                    group(well_known::users(), GroupState::DenyOnly),
                    group(well_known::everyone(), GroupState::Disabled),
                ],
                restricting: vec![],
            },
            user_is_enabled: true,
        };
        assert!(identity.acts_as(&user));
        assert!(identity.acts_as(&well_known::administrators()));
        assert!(!identity.acts_as(&well_known::users()));
        assert!(!identity.acts_as(&well_known::everyone()));
        identity.token.restricting = vec![user];
        assert!(identity.acts_as(&user));
        assert!(!identity.acts_as(&well_known::administrators()));
        identity.user_is_enabled = false;
        assert!(!identity.acts_as(&user));
    }
}
