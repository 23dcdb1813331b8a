#![allow(unsafe_code)]

use std::{os::windows::io::AsRawHandle, ptr};

use fslaunch_access::{Group, GroupState, Token};
use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{
        DuplicateTokenEx, SECURITY_IMPERSONATION_LEVEL, TOKEN_ACCESS_MASK, TOKEN_DUPLICATE,
        TOKEN_IMPERSONATE, TOKEN_QUERY, TokenImpersonation,
    },
};

use super::{
    super::raw::{check, owned},
    *,
};

fn identity(user: Sid, groups: &[(Sid, GroupState)], restricting: &[Sid]) -> Identity {
    let group = |&(sid, state): &(Sid, GroupState)| Group { sid, state };
    Identity {
        token: Token {
            user,
            groups: groups.iter().map(group).collect(),
            restricting: restricting.to_vec(),
        },
        user_is_enabled: true,
    }
}

fn alice() -> Sid {
    "S-1-5-21-1-2-3-1001".parse().unwrap()
}

fn operators() -> Sid {
    "S-1-5-21-1-2-3-2001".parse().unwrap()
}

#[test]
fn an_administrator_is_one_by_a_group_that_is_enabled_and_not_restricted_away() {
    use GroupState::{DenyOnly, Disabled, Enabled};
    let administrators = well_known::administrators();
    let plain = Identities::default();
    let configured = Identities {
        owner: None,
        administrators: Some(operators()),
    };
    let user_mode = Identities {
        owner: Some(alice()),
        administrators: None,
    };
    let member = |state| identity(alice(), &[(administrators, state)], &[]);
    let operator = || identity(alice(), &[(operators(), Enabled)], &[]);
    let sandboxed = |sids: &[Sid]| identity(alice(), &[(administrators, Enabled)], sids);
    let system = |sids: &[Sid]| identity(well_known::local_system(), &[], sids);
    let user = || identity(alice(), &[], &[]);
    for (identities, caller, administrator, is_system) in [
        (&plain, member(Enabled), true, false),
        // Without elevation, the group only denies.
        (&plain, member(DenyOnly), false, false),
        (&plain, member(Disabled), false, false),
        (&plain, sandboxed(&[alice()]), false, false),
        (&plain, sandboxed(&[administrators]), true, false),
        (&plain, operator(), false, false),
        (&configured, operator(), true, false),
        (&configured, user(), false, false),
        (&plain, system(&[]), true, true),
        (&plain, system(&[well_known::everyone()]), false, false),
        (&plain, user(), false, false),
        (&user_mode, user(), true, true),
        (
            &user_mode,
            identity(alice(), &[], &[well_known::everyone()]),
            false,
            false,
        ),
        (&user_mode, identity(operators(), &[], &[]), false, false),
    ] {
        assert_eq!(
            identities.is_administrator(&caller),
            administrator,
            "{caller:?}"
        );
        assert_eq!(identities.is_system(&caller), is_system, "{caller:?}");
    }
}

#[test]
fn a_user_who_is_there_only_to_be_denied_is_not_the_owner() {
    let identities = Identities {
        owner: Some(alice()),
        administrators: None,
    };
    let mut caller = identity(alice(), &[], &[]);
    caller.user_is_enabled = false;
    assert!(!identities.is_system(&caller));
    assert!(!identities.is_administrator(&caller));
}

#[test]
fn a_group_that_does_not_exist_is_named() {
    let words = Identities::new(false, Some("no such group"))
        .unwrap_err()
        .to_string();
    assert!(words.contains("\"no such group\""), "{words}");
}

/// As a client that lets itself be impersonated so far leads to it.
fn token_at(level: SECURITY_IMPERSONATION_LEVEL) -> OwnedHandle {
    token_with(level, TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE)
}

fn token_with(level: SECURITY_IMPERSONATION_LEVEL, access: TOKEN_ACCESS_MASK) -> OwnedHandle {
    let own = token::own_for(TOKEN_DUPLICATE | TOKEN_QUERY).unwrap();
    let mut copy: HANDLE = ptr::null_mut();
    // SAFETY: the token is open, the pointer is there to be written, and the handle is new.
    unsafe {
        check(DuplicateTokenEx(
            own.as_raw_handle(),
            access,
            ptr::null(),
            level,
            TokenImpersonation,
            &mut copy,
        ))
        .unwrap();
        owned(copy).unwrap()
    }
}

fn peer(handle: OwnedHandle, identities: Identities) -> Peer {
    Peer {
        user: accounts::own_sid().unwrap(),
        handle,
        identities: Arc::new(identities),
        standing: OnceLock::new(),
    }
}

#[test]
fn groups_are_read_when_something_depends_on_them_and_not_before() {
    let owner = Identities::new(true, None).unwrap();
    let peer = peer(token_at(SecurityImpersonation), owner);
    assert!(peer.may(&"O:SYG:SYD:P(A;;LC;;;WD)".parse().unwrap(), AccessMask(4)));
    assert!(peer.standing.get().is_none());
    assert!(peer.is_administrator() && peer.is_system());
}

#[test]
fn of_whom_no_groups_can_be_read_nothing_is_assumed() {
    let owner = Identities::new(true, None).unwrap();
    let handle = token_with(SecurityImpersonation, TOKEN_DUPLICATE);
    let peer = peer(handle, owner);
    assert!(!peer.is_administrator() && !peer.is_system() && !peer.is_service());
    assert!(!peer.may(&"O:SYG:SYD:P(A;;LC;;;WD)".parse().unwrap(), AccessMask(4)));
}

#[test]
fn only_what_is_more_than_identification_can_become_a_process() {
    for (level, code) in [
        (SecurityIdentification, Some(1346)),
        (SecurityImpersonation, None),
        (SecurityDelegation, None),
    ] {
        let peer = peer(token_at(level), Identities::default());
        let refused = peer.primary_token().err();
        assert_eq!(
            refused.and_then(|error| error.raw_os_error()),
            code,
            "{level}"
        );
    }
}

#[test]
fn an_anonymous_client_has_no_level() {
    let anonymous = token_at(SecurityAnonymous);
    let refused = level(anonymous.as_handle()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
}
