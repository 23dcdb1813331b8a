//! SDDL and SIDs with arbitrary values and arbitrary text.

use fslaunch_access::{
    AccessMask, Ace, AceFlags, AceKind, Acl, DescriptorFlags, SddlError, SecurityDescriptor, Sid,
    SystemAceKind, well_known,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn sid() -> impl Strategy<Value = Sid> {
    prop_oneof![
        Just(well_known::local_system()),
        Just(well_known::administrators()),
        Just(well_known::low_integrity()),
        (0..=Sid::MAX_AUTHORITY, vec(any::<u32>(), 1..=15))
            .prop_map(|(authority, numbers)| Sid::new(authority, &numbers).expect("it is in range")),
    ]
}

fn mask() -> impl Strategy<Value = AccessMask> {
    prop_oneof![
        any::<u32>(),
        (0..32_u32).prop_map(|bit| 1 << bit),
        (0..0x200_u32),
        Just(0x1F_01FF),
        Just(0),
    ]
    .prop_map(AccessMask)
}

fn list<K: std::fmt::Debug + Clone + 'static>(kinds: Vec<K>) -> impl Strategy<Value = Acl<K>> {
    let kind = proptest::sample::select(kinds);
    let ace = (kind, any::<u8>(), mask(), sid()).prop_map(|(kind, flags, mask, trustee)| Ace {
        kind,
        flags: AceFlags(flags),
        mask,
        trustee,
    });
    vec(ace, 0..6).prop_map(|aces| Acl { aces })
}

/// One section's list and flags: absent, NULL, or there.
fn section<K: std::fmt::Debug + Clone + 'static>(
    kinds: Vec<K>,
    [protected, required, inherited, null]: [DescriptorFlags; 4],
) -> impl Strategy<Value = (Option<Acl<K>>, DescriptorFlags)> {
    let flags = proptest::sample::subsequence(vec![protected, required, inherited], 0..=3)
        .prop_map(|flags| {
            flags
                .into_iter()
                .fold(DescriptorFlags::NONE, |all, f| all | f)
        });
    (option::of(list(kinds)), flags, any::<bool>()).prop_map(move |(list, flags, is_null)| {
        match list {
            Some(list) => (Some(list), flags),
            None if is_null => (None, flags | null),
            None => (None, DescriptorFlags::NONE),
        }
    })
}

fn descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    use DescriptorFlags as F;
    let dacl = section(
        vec![AceKind::Allow, AceKind::Deny],
        [
            F::DACL_PROTECTED,
            F::DACL_AUTO_INHERIT_REQUIRED,
            F::DACL_AUTO_INHERITED,
            F::NULL_DACL,
        ],
    );
    let sacl = section(
        vec![
            SystemAceKind::Audit,
            SystemAceKind::Alarm,
            SystemAceKind::MandatoryLabel,
        ],
        [
            F::SACL_PROTECTED,
            F::SACL_AUTO_INHERIT_REQUIRED,
            F::SACL_AUTO_INHERITED,
            F::NULL_SACL,
        ],
    );
    (option::of(sid()), option::of(sid()), dacl, sacl).prop_map(
        |(owner, group, (dacl, dacl_flags), (sacl, sacl_flags))| SecurityDescriptor {
            owner,
            group,
            dacl,
            sacl,
            flags: dacl_flags | sacl_flags,
        },
    )
}

/// Words of SDDL in any order, which reach further into the parser than arbitrary characters.
fn words() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "O:",
        "G:",
        "D:",
        "S:",
        "P",
        "AI",
        "NO_ACCESS_CONTROL",
        "(",
        ")",
        ";",
        ";;;",
        "A",
        "D",
        "AU",
        "ML",
        "OA",
        "XA",
        "OICI",
        "GA",
        "RP",
        "NW",
        "0x",
        "0",
        "10",
        "BA",
        "SY",
        "DA",
        "S-1-5-18",
        "S-1-0x",
        "-",
        " ",
        "\u{e9}",
        "\0",
    ]);
    vec(word, 0..24).prop_map(|words| words.concat())
}

/// A mistake in valid text: characters taken out and others put in.
fn mutated() -> impl Strategy<Value = String> {
    let parts = (descriptor(), any::<prop::sample::Index>(), 0..4_usize);
    let replacement = prop_oneof!["[A-Z0-9:;() -]{0,3}", any::<String>()];
    (parts, replacement).prop_map(|((sd, place, removed), replacement)| {
        let mut text: Vec<char> = sd.to_string().chars().collect();
        let start = place.index(text.len() + 1);
        let end = text.len().min(start + removed);
        text.splice(start..end, replacement.chars());
        text.into_iter().collect()
    })
}

/// Parses without a panic; what parses is printed and parsed again, and what does not has its
/// word at its place.
fn parses_or_says_where(text: &str) -> Result<(), TestCaseError> {
    let domain = Sid::new(5, &[21, 1, 2, 3]).expect("it is in range");
    match SecurityDescriptor::parse_in_domain(text, Some(&domain)) {
        Ok(sd) => prop_assert_eq!(sd.to_string().parse(), Ok(sd)),
        Err(SddlError {
            position, token, ..
        }) => {
            let rest: String = text.chars().skip(position).collect();
            prop_assert!(rest.starts_with(&token), "{:?} at {}", token, position);
            prop_assert!(position <= text.chars().count());
            prop_assert!(!token.is_empty() || rest.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_printed_is_parsed_as_the_same_descriptor(sd in descriptor()) {
        prop_assert_eq!(sd.to_string().parse(), Ok(sd));
    }

    #[test]
    fn text_in_small_letters_means_the_same(sd in descriptor()) {
        prop_assert_eq!(sd.to_string().to_ascii_lowercase().parse(), Ok(sd));
    }

    #[test]
    fn arbitrary_text_does_no_harm(text in any::<String>()) {
        parses_or_says_where(&text)?;
    }

    #[test]
    fn arbitrary_words_do_no_harm(text in words()) {
        parses_or_says_where(&text)?;
    }

    #[test]
    fn valid_text_with_a_mistake_does_no_harm(text in mutated()) {
        parses_or_says_where(&text)?;
    }

    #[test]
    fn sids_come_back_from_text_and_from_bytes(sid in sid()) {
        prop_assert_eq!(sid.to_string().parse(), Ok(sid));
        prop_assert_eq!(sid.to_bytes().len(), sid.binary_length());
        prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid));
    }

    #[test]
    fn arbitrary_bytes_are_a_sid_in_one_way_or_none(bytes in vec(any::<u8>(), 0..80)) {
        if let Ok(sid) = Sid::from_bytes(&bytes) {
            prop_assert_eq!(sid.to_bytes(), bytes);
        }
    }

    #[test]
    fn arbitrary_text_is_a_sid_or_an_error(text in "S-1-[0-9x]{0,3}(-[0-9]{0,11}){0,17}") {
        if let Ok(sid) = text.parse::<Sid>() {
            prop_assert_eq!(sid.to_string().parse(), Ok(sid));
        }
    }

    #[test]
    fn sids_are_ordered_as_lists(a in sid(), b in sid()) {
        let list = |sid: &Sid| (sid.authority(), sid.sub_authorities().to_vec());
        prop_assert_eq!(a.cmp(&b), list(&a).cmp(&list(&b)));
    }
}
