//! The rules of the access check, one test each.

use fslaunch_access::{
    AccessMask, Denied, GenericMapping, Group, GroupState, SecurityDescriptor, Sid, Token, check,
    well_known,
};

const QUERY: AccessMask = AccessMask(0x04);
const START: AccessMask = AccessMask(0x10);
const STOP: AccessMask = AccessMask(0x20);
const MAXIMUM: AccessMask = AccessMask::MAXIMUM_ALLOWED;
const OWNER_IMPLICIT: AccessMask = AccessMask(0x0006_0000);

/// A user `S-1-22-1-7` in the built-in users and everyone.
fn caller() -> Token {
    Token::new(
        well_known::unix_user(7),
        [well_known::users(), well_known::everyone()],
    )
}

fn with_group(sid: Sid, state: GroupState) -> Token {
    let mut token = caller();
    token.groups.push(Group { sid, state });
    token
}

fn restricted_to(sids: &[Sid]) -> Token {
    let mut token = caller();
    token.restricting = sids.to_vec();
    token
}

fn ask(sddl: &str, token: &Token, desired: AccessMask) -> Result<AccessMask, Denied> {
    let sd: SecurityDescriptor = sddl.parse().expect("the test's descriptor is valid");
    check(&sd, token, desired, &GenericMapping::SERVICE)
}

#[track_caller]
fn grants(sddl: &str, token: &Token, desired: AccessMask, granted: AccessMask) {
    assert_eq!(ask(sddl, token, desired), Ok(granted), "{sddl}");
}

#[track_caller]
fn denies(sddl: &str, token: &Token, desired: AccessMask, missing: AccessMask) {
    assert_eq!(
        ask(sddl, token, desired).map_err(|denied| denied.missing),
        Err(missing),
        "{sddl}"
    );
}

#[test]
fn an_entry_for_the_user_or_an_enabled_group_grants() {
    grants("D:(A;;RP;;;S-1-22-1-7)", &caller(), START, START);
    grants("D:(A;;RP;;;BU)", &caller(), START, START);
}

#[test]
fn an_entry_for_somebody_else_grants_nothing() {
    denies("D:(A;;RP;;;BA)", &caller(), START, START);
}

#[test]
fn rights_from_several_entries_add_up() {
    let sddl = "D:(A;;RP;;;BU)(A;;WP;;;WD)";
    grants(sddl, &caller(), START | STOP, START | STOP);
}

#[test]
fn only_what_was_asked_for_is_granted() {
    grants("D:(A;;RPWPLC;;;WD)", &caller(), QUERY, QUERY);
}

#[test]
fn a_refusal_names_exactly_the_missing_rights() {
    denies(
        "D:(A;;RP;;;WD)",
        &caller(),
        START | STOP | QUERY,
        STOP | QUERY,
    );
}

#[test]
fn a_deny_entry_before_an_allow_entry_denies() {
    denies("D:(D;;RP;;;BU)(A;;RPWP;;;WD)", &caller(), START, START);
}

#[test]
fn a_deny_entry_after_an_allow_entry_comes_too_late() {
    grants("D:(A;;RP;;;WD)(D;;RP;;;BU)", &caller(), START, START);
}

#[test]
fn a_deny_entry_denies_only_its_own_rights() {
    grants("D:(D;;RP;;;BU)(A;;RPWP;;;WD)", &caller(), STOP, STOP);
}

#[test]
fn an_inherit_only_entry_is_skipped() {
    denies("D:(A;CIIO;RP;;;WD)", &caller(), START, START);
    grants("D:(D;CIIO;RP;;;WD)(A;;RP;;;WD)", &caller(), START, START);
}

#[test]
fn an_inherited_entry_counts() {
    grants("D:(A;CIOIID;RP;;;WD)", &caller(), START, START);
}

#[test]
fn an_absent_dacl_grants_everything() {
    grants("O:SYG:SY", &caller(), START | STOP, START | STOP);
    grants("O:SY", &caller(), MAXIMUM, GenericMapping::SERVICE.all);
}

#[test]
fn a_null_dacl_grants_everything() {
    let sddl = "O:SYD:NO_ACCESS_CONTROL";
    grants(sddl, &caller(), START | STOP, START | STOP);
    grants(sddl, &caller(), MAXIMUM, GenericMapping::SERVICE.all);
    let odd = AccessMask(0x8000);
    let all = GenericMapping::SERVICE.all | odd;
    grants(sddl, &caller(), MAXIMUM | odd, all);
}

#[test]
fn an_empty_dacl_grants_nothing() {
    denies("O:SYD:", &caller(), START, START);
    denies("O:SYD:P", &caller(), MAXIMUM, AccessMask::NONE);
}

#[test]
fn an_empty_dacl_grants_the_owner_the_implicit_rights() {
    let sddl = "O:S-1-22-1-7D:";
    grants(sddl, &caller(), OWNER_IMPLICIT, OWNER_IMPLICIT);
    grants(sddl, &caller(), MAXIMUM, OWNER_IMPLICIT);
    denies(sddl, &caller(), START, START);
}

#[test]
fn the_implicit_rights_cannot_be_denied() {
    let sddl = "O:S-1-22-1-7D:(D;;GA;;;WD)";
    grants(sddl, &caller(), OWNER_IMPLICIT, OWNER_IMPLICIT);
}

#[test]
fn an_enabled_group_that_owns_the_object_gives_the_implicit_rights() {
    grants(
        "O:BUD:",
        &caller(),
        AccessMask::WRITE_DAC,
        AccessMask::WRITE_DAC,
    );
}

#[test]
fn a_group_that_is_not_enabled_does_not_own() {
    for state in [GroupState::Disabled, GroupState::DenyOnly] {
        let token = with_group(well_known::administrators(), state);
        denies("O:BAD:", &token, OWNER_IMPLICIT, OWNER_IMPLICIT);
    }
}

#[test]
fn the_primary_group_has_no_implicit_rights() {
    denies("O:SYG:BUD:", &caller(), OWNER_IMPLICIT, OWNER_IMPLICIT);
}

#[test]
fn without_an_owner_nobody_has_implicit_rights() {
    denies("D:", &caller(), OWNER_IMPLICIT, OWNER_IMPLICIT);
    denies("D:(A;;RP;;;OW)", &caller(), START, START);
}

#[test]
fn an_owner_rights_entry_replaces_the_implicit_rights() {
    let sddl = "O:S-1-22-1-7D:(A;;RPRC;;;OW)";
    grants(sddl, &caller(), START, START);
    denies(sddl, &caller(), OWNER_IMPLICIT, AccessMask::WRITE_DAC);
    denies(
        "O:S-1-22-1-7D:(D;;WD;;;OW)(A;;RP;;;WD)",
        &caller(),
        OWNER_IMPLICIT,
        OWNER_IMPLICIT,
    );
}

#[test]
fn an_owner_rights_entry_says_nothing_about_others() {
    denies("O:SYD:(A;;RP;;;OW)", &caller(), START, START);
    grants("O:SYD:(D;;RP;;;OW)(A;;RP;;;WD)", &caller(), START, START);
}

#[test]
fn an_inherit_only_owner_rights_entry_replaces_nothing() {
    let sddl = "O:S-1-22-1-7D:(A;OICIIO;RP;;;OW)";
    grants(sddl, &caller(), OWNER_IMPLICIT, OWNER_IMPLICIT);
}

#[test]
fn the_entry_for_the_creator_owner_matches_nobody() {
    denies("O:S-1-22-1-7D:(A;;RP;;;CO)", &caller(), START, START);
}

#[test]
fn generic_rights_in_the_request_are_mapped() {
    let sddl = "D:(A;;CCLCSWLORC;;;WD)";
    let read = GenericMapping::SERVICE.read;
    grants(sddl, &caller(), AccessMask::GENERIC_READ, read);
    denies(sddl, &caller(), AccessMask::GENERIC_WRITE, AccessMask(0x2));
}

#[test]
fn generic_rights_in_an_entry_are_mapped() {
    grants("D:(A;;GX;;;WD)", &caller(), START | STOP, START | STOP);
    denies("D:(D;;GX;;;WD)(A;;GA;;;WD)", &caller(), START, START);
    grants(
        "D:(A;;GA;;;WD)",
        &caller(),
        MAXIMUM,
        GenericMapping::SERVICE.all,
    );
}

#[test]
fn maximum_allowed_grants_what_the_entries_add_up_to() {
    let sddl = "D:(A;;RP;;;BU)(D;;RPWP;;;WD)(A;;WPLC;;;WD)(A;;CC;;;BA)";
    grants(sddl, &caller(), MAXIMUM, START | QUERY);
}

#[test]
fn maximum_allowed_does_not_excuse_a_missing_right() {
    let sddl = "D:(A;;RP;;;WD)";
    grants(sddl, &caller(), MAXIMUM | START, START);
    denies(sddl, &caller(), MAXIMUM | STOP, STOP);
}

#[test]
fn maximum_allowed_is_denied_where_there_is_nothing() {
    denies("D:(A;;RP;;;BA)", &caller(), MAXIMUM, AccessMask::NONE);
}

#[test]
fn maximum_allowed_never_grants_bits_that_are_no_rights() {
    grants("D:(A;;0x3000010;;;WD)", &caller(), MAXIMUM, START);
}

#[test]
fn access_to_the_sacl_is_never_granted() {
    let sacl = AccessMask::ACCESS_SYSTEM_SECURITY;
    for sddl in ["O:SY", "D:NO_ACCESS_CONTROL", "D:(A;;0x1000010;;;WD)"] {
        denies(sddl, &caller(), sacl, sacl);
        denies(sddl, &caller(), sacl | START, sacl);
        denies(sddl, &caller(), sacl | MAXIMUM, sacl);
    }
}

#[test]
fn to_ask_for_nothing_is_denied() {
    for sddl in ["O:SY", "D:NO_ACCESS_CONTROL", "D:(A;;GA;;;WD)"] {
        denies(sddl, &caller(), AccessMask::NONE, AccessMask::NONE);
    }
}

#[test]
fn a_disabled_group_is_ignored() {
    let token = with_group(well_known::administrators(), GroupState::Disabled);
    denies("D:(A;;RP;;;BA)", &token, START, START);
    grants("D:(D;;RP;;;BA)(A;;RP;;;WD)", &token, START, START);
}

#[test]
fn a_deny_only_group_matches_deny_entries_only() {
    let token = with_group(well_known::administrators(), GroupState::DenyOnly);
    denies("D:(A;;RP;;;BA)", &token, START, START);
    denies("D:(D;;RP;;;BA)(A;;RP;;;WD)", &token, START, START);
}

#[test]
fn a_restricted_caller_needs_the_grant_for_a_restricting_sid_as_well() {
    let token = restricted_to(&[well_known::restricted_code()]);
    denies("D:(A;;RPWP;;;WD)", &token, START, START);
    denies("D:(A;;RPWP;;;RC)", &token, START, START);
    let both = "D:(A;;RPWP;;;WD)(A;;RP;;;RC)";
    grants(both, &token, START, START);
    denies(both, &token, START | STOP, STOP);
    grants(both, &token, MAXIMUM, START);
}

#[test]
fn a_deny_entry_for_a_restricting_sid_denies() {
    let token = restricted_to(&[well_known::restricted_code(), well_known::everyone()]);
    denies("D:(D;;RP;;;RC)(A;;RP;;;WD)", &token, START, START);
    grants("D:(D;;RP;;;RC)(A;;RPWP;;;WD)", &token, STOP, STOP);
}

#[test]
fn a_restricted_owner_has_the_implicit_rights_only_if_a_restricting_sid_owns() {
    let sddl = "O:S-1-22-1-7D:";
    let restricted = restricted_to(&[well_known::restricted_code()]);
    denies(sddl, &restricted, OWNER_IMPLICIT, OWNER_IMPLICIT);
    let owning = restricted_to(&[well_known::unix_user(7)]);
    grants(sddl, &owning, OWNER_IMPLICIT, OWNER_IMPLICIT);
    denies("O:RCD:", &restricted, OWNER_IMPLICIT, OWNER_IMPLICIT);
}

#[test]
fn a_null_dacl_grants_a_restricted_caller_everything() {
    let token = restricted_to(&[well_known::restricted_code()]);
    grants("D:NO_ACCESS_CONTROL", &token, START, START);
}

#[test]
fn audit_entries_and_labels_decide_nothing() {
    let sddl = "D:(A;;RP;;;WD)S:(AU;FA;RP;;;WD)(ML;;NWNRNX;;;SI)";
    grants(sddl, &caller(), START, START);
    denies("D:S:(AU;SA;RP;;;WD)", &caller(), START, START);
}

#[test]
fn a_refusal_is_told_in_words() {
    let message = |sddl, desired| ask(sddl, &caller(), desired).unwrap_err().to_string();
    assert_eq!(
        message("D:(A;;RP;;;WD)", START | STOP),
        "access denied: WP of RPWP is not granted"
    );
    assert_eq!(
        message("D:", AccessMask::NONE),
        "access denied: no right was asked for"
    );
    assert_eq!(message("D:", MAXIMUM), "access denied: no right is granted");
}
