//! The access check against a naive one, which asks for each right on its own.

use fslaunch_access::{
    AccessMask, Ace, AceFlags, AceKind, Acl, GenericMapping, Group, GroupState, SecurityDescriptor,
    Sid, Token, check, well_known,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const MAPPING: GenericMapping = GenericMapping::FILE;

/// Whether entries for a SID count, which may be entries that deny.
type Matches<'a> = dyn Fn(&Sid, bool) -> bool + 'a;

/// Whether one right is granted, by reading the entries until one speaks of it.
fn grants_bit(sd: &SecurityDescriptor, token: &Token, bit: u32) -> bool {
    let Some(dacl) = &sd.dacl else {
        return bit != AccessMask::ACCESS_SYSTEM_SECURITY.0;
    };
    let for_caller = |sid: &Sid, denying: bool| {
        *sid == token.user
            || token.groups.iter().any(|group| {
                group.sid == *sid
                    && (group.state == GroupState::Enabled
                        || (denying && group.state == GroupState::DenyOnly))
            })
    };
    let for_restriction = |sid: &Sid, _denying: bool| token.restricting.contains(sid);
    let passes: &[&Matches] = if token.restricting.is_empty() {
        &[&for_caller]
    } else {
        &[&for_caller, &for_restriction]
    };
    let owns = sd
        .owner
        .is_some_and(|owner| passes.iter().all(|matches| matches(&owner, false)));
    passes
        .iter()
        .all(|matches| pass_grants_bit(sd.owner, dacl, owns, matches, bit))
}

fn pass_grants_bit(
    owner: Option<Sid>,
    dacl: &Acl,
    owns: bool,
    matches: &Matches,
    bit: u32,
) -> bool {
    if bit == AccessMask::ACCESS_SYSTEM_SECURITY.0 {
        return false;
    }
    let mut effective = Vec::new();
    for ace in &dacl.aces {
        if ace.flags.0 & 8 == 0 {
            effective.push(*ace);
        }
    }
    let owner_rights: Sid = "S-1-3-4".parse().expect("it is a SID");
    let replaced = effective.iter().any(|ace| ace.trustee == owner_rights);
    if owns && !replaced && (bit == 0x2_0000 || bit == 0x4_0000) {
        return true;
    }
    for ace in effective {
        let trustee = if ace.trustee == owner_rights {
            owner
        } else {
            Some(ace.trustee)
        };
        let denying = ace.kind == AceKind::Deny;
        let is_matched = trustee.is_some_and(|sid| matches(&sid, denying));
        if is_matched && MAPPING.map(ace.mask).0 & bit != 0 {
            return !denying;
        }
    }
    false
}

/// Few SIDs, so that entries and callers often meet.
fn sid() -> impl Strategy<Value = Sid> {
    prop_oneof![
        Just(well_known::everyone()),
        Just(well_known::administrators()),
        Just(well_known::owner_rights()),
        Just(well_known::unix_user(7)),
        Just(well_known::unix_group(7)),
    ]
}

fn mask() -> impl Strategy<Value = AccessMask> {
    let bits = prop_oneof![
        (0..9_u32).prop_map(|bit| 1 << bit),
        (16..21_u32).prop_map(|bit| 1 << bit),
        Just(1 << 24),
        (28..32_u32).prop_map(|bit| 1 << bit),
    ];
    vec(bits, 0..4).prop_map(|bits| AccessMask(bits.into_iter().fold(0, |mask, bit| mask | bit)))
}

fn ace() -> impl Strategy<Value = Ace> {
    let kind = prop_oneof![Just(AceKind::Allow), Just(AceKind::Deny)];
    let flags = prop_oneof![
        4 => Just(AceFlags::NONE),
        1 => any::<u8>().prop_map(AceFlags),
    ];
    (kind, flags, mask(), sid()).prop_map(|(kind, flags, mask, trustee)| Ace {
        kind,
        flags,
        mask,
        trustee,
    })
}

fn descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    (option::of(sid()), option::weighted(0.9, vec(ace(), 0..8))).prop_map(|(owner, aces)| {
        SecurityDescriptor {
            owner,
            dacl: aces.map(|aces| Acl { aces }),
            ..SecurityDescriptor::default()
        }
    })
}

fn token() -> impl Strategy<Value = Token> {
    let state = prop_oneof![
        Just(GroupState::Enabled),
        Just(GroupState::Disabled),
        Just(GroupState::DenyOnly),
    ];
    let group = (sid(), state).prop_map(|(sid, state)| Group { sid, state });
    (sid(), vec(group, 0..4), vec(sid(), 0..3)).prop_map(|(user, groups, restricting)| Token {
        user,
        groups,
        restricting,
    })
}

/// The bits of a mask that can be rights of an object.
fn bits() -> impl Iterator<Item = u32> {
    (0..24).map(|bit| 1 << bit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn each_right_is_granted_as_the_naive_check_says(
        sd in descriptor(), token in token(), desired in mask()
    ) {
        let mapped = MAPPING.map(desired);
        let missing = (0..32)
            .map(|bit| 1 << bit)
            .filter(|bit| mapped.0 & bit != 0 && !grants_bit(&sd, &token, *bit))
            .fold(0, |mask, bit| mask | bit);
        match check(&sd, &token, desired, &MAPPING) {
            Ok(granted) => {
                prop_assert_eq!(missing, 0);
                prop_assert_eq!(granted, mapped);
                prop_assert!(!mapped.is_empty());
            }
            Err(denied) => {
                prop_assert_eq!(denied.missing, AccessMask(missing));
                prop_assert_eq!(denied.desired, mapped);
                prop_assert!(missing != 0 || mapped.is_empty());
            }
        }
    }

    #[test]
    fn maximum_allowed_is_the_sum_of_what_is_granted_alone(
        sd in descriptor(), token in token()
    ) {
        let universe = if sd.dacl.is_some() { u32::MAX } else { MAPPING.all.0 };
        let alone = bits()
            .filter(|bit| universe & bit != 0)
            .filter(|bit| check(&sd, &token, AccessMask(*bit), &MAPPING).is_ok())
            .fold(0, |mask, bit| mask | bit);
        let maximum = check(&sd, &token, AccessMask::MAXIMUM_ALLOWED, &MAPPING);
        prop_assert_eq!(maximum.unwrap_or(AccessMask::NONE), AccessMask(alone));
    }

    #[test]
    fn a_restriction_never_adds_a_right(
        sd in descriptor(), token in token(), desired in mask()
    ) {
        let mut free = token.clone();
        free.restricting.clear();
        if check(&sd, &token, desired, &MAPPING).is_ok() {
            prop_assert!(check(&sd, &free, desired, &MAPPING).is_ok());
        }
    }
}
