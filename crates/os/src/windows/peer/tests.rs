use fslaunch_access::{Group, GroupState};

use super::*;

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

#[test]
fn only_what_is_more_than_identification_can_become_a_process() {
    assert!(Level::Identification < Level::Impersonation);
    assert!(Level::Impersonation < Level::Delegation);
    let own = token::own().unwrap();
    let peer = Peer {
        token: token::identity(own.as_handle()).unwrap().token,
        administrator: false,
        system: false,
        handle: own,
        level: Level::Identification,
        session: 0,
        service: false,
    };
    let error = peer.primary_token().unwrap_err();
    assert_eq!(error.raw_os_error(), Some(1346));
}
