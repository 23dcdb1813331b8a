//! What text that is not SDDL gets: the problem, its place and the word.

use fslaunch_access::{Acl, SddlError, SddlProblem, SecurityDescriptor, Sid, SidError};

fn refuse(text: &str) -> SddlError {
    match text.parse::<SecurityDescriptor>() {
        Ok(sd) => panic!("{text} was taken for {sd:?}"),
        Err(error) => error,
    }
}

#[test]
fn each_mistake_is_named_with_its_place_and_word() {
    use SddlProblem::*;
    for (text, problem, position, token) in [
        ("X:", ExpectedSection, 0, "X:"),
        ("nonsense", ExpectedSection, 0, "nonsense"),
        ("D:(A;;GA;;;WD)x", ExpectedSection, 14, "x"),
        ("O:SY)", ExpectedSection, 4, ")"),
        ("O:SYO:BA", RepeatedSection, 4, "O:"),
        ("D:S:D:", RepeatedSection, 4, "D:"),
        ("D:PX", UnknownListFlag, 3, "X"),
        ("D:AX(A;;GA;;;WD)", UnknownListFlag, 2, "AX"),
        (
            "D:NO_ACCESS_CONTROL(A;;GA;;;WD)",
            EntriesInNullList,
            19,
            "(",
        ),
        ("D:(", UnknownEntry, 3, ""),
        ("D:(Q;;GA;;;WD)", UnknownEntry, 3, "Q"),
        ("D:(AU;SA;GA;;;WD)", EntryForSacl, 3, "AU"),
        ("S:(A;;GA;;;WD)", EntryForDacl, 3, "A"),
        ("D:(A;QQ;GA;;;WD)", UnknownAceFlag, 5, "QQ"),
        ("D:(A;OIC;GA;;;WD)", UnknownAceFlag, 7, "C"),
        ("D:(A;;GAZZ;;;WD)", UnknownRight, 8, "ZZ"),
        ("D:(A;;G;;;WD)", UnknownRight, 6, "G"),
        ("D:(A;;GA0x1;;;WD)", UnknownRight, 8, "0x"),
        ("D:(A;;NW;;;WD)", UnknownRight, 6, "NW"),
        ("S:(ML;;GA;;;LW)", UnknownRight, 7, "GA"),
        ("D:(A;;0x;;;WD)", Mask, 6, "0x"),
        ("D:(A;;0x+1;;;WD)", Mask, 6, "0x+1"),
        ("D:(A;;0x100000000;;;WD)", Mask, 6, "0x100000000"),
        ("D:(A;;08;;;WD)", Mask, 6, "08"),
        ("D:(A;;4294967296;;;WD)", Mask, 6, "4294967296"),
        ("D:(A;;1GA;;;WD)", Mask, 6, "1GA"),
        (
            "D:(A;;GA;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)",
            ObjectGuid,
            9,
            "bf967aba-0de6-11d0-a285-00aa003049e2",
        ),
        ("D:(A;;GA;;x;WD)", ObjectGuid, 10, "x"),
        ("D:(A", Expected(';'), 4, ""),
        ("D:(A;;GA;WD)", ObjectGuid, 9, "WD"),
        ("D:(A;;GA)", Expected(';'), 8, ")"),
        ("D:(A;;GA;;;WD", Expected(')'), 13, ""),
        ("D:(A;;GA;;;WD;x)", Expected(')'), 13, ";"),
        ("D:(A;;GA;;;WDx)", Expected(')'), 13, "x"),
        ("D:(A;;GA;;;)", ExpectedSid, 11, ")"),
        ("O:", ExpectedSid, 2, ""),
        ("O:QQ", UnknownAlias, 2, "QQ"),
        ("O:S", UnknownAlias, 2, "S"),
        ("O:G:SY", UnknownAlias, 2, "G:"),
        ("O:DA", AliasNeedsDomain, 2, "DA"),
        ("O:S-1-5D:", Sid(SidError::NoSubAuthorities), 2, "S-1-5"),
        ("\u{e9}", ExpectedSection, 0, "\u{e9}"),
        (
            "D:(A;;GA;;;\u{e9}\u{e9}\u{e9})",
            UnknownAlias,
            11,
            "\u{e9}\u{e9}",
        ),
        ("D:(A;;\u{1f512};;;WD)", UnknownRight, 6, "\u{1f512}"),
    ] {
        let error = refuse(text);
        assert_eq!(
            (error.problem, error.position, error.token.as_str()),
            (problem, position, token),
            "{text}"
        );
    }
}

#[test]
fn the_position_counts_characters_and_not_bytes() {
    let error = refuse("D:(A;;GA;\u{e9}\u{e9};;WD)");
    assert_eq!(error.position, 9);
    let error = refuse("O:SY\u{a0}");
    assert_eq!((error.position, error.token.as_str()), (4, "\u{a0}"));
}

#[test]
fn entries_that_are_not_supported_are_refused_by_name() {
    for (kinds, name) in [
        ("OA OD OU OL", "object entries"),
        ("XA XD XU", "conditional entries"),
        ("ZA", "conditional object entries"),
        ("RA", "resource attributes"),
        ("SP", "central access policies"),
        ("TL", "process trust labels"),
        ("FL", "access filters"),
    ] {
        for kind in kinds.split(' ') {
            for list in ["D", "S"] {
                let error = refuse(&format!("{list}:({kind};;GA;;;WD;(@User.x == 1))"));
                assert_eq!(error.problem, SddlProblem::UnsupportedEntry(name));
                assert_eq!((error.position, error.token.as_str()), (3, kind));
            }
        }
    }
}

#[test]
fn an_error_is_told_in_one_line() {
    for (text, message) in [
        (
            "D:(A;;GAZZ;;;WD)",
            "unknown right: \"ZZ\" at character 8 of the security descriptor",
        ),
        (
            "D:(OA;;GA;;;WD)",
            "object entries are not supported: \"OA\" at character 3 of the security descriptor",
        ),
        (
            "D:(A;;GA;;;WD",
            "expected ')' in an entry at character 13 of the security descriptor",
        ),
        (
            "O:S-1-5-",
            "invalid SID, sub-authority 1 of the SID is not a number in range: \"S-1-5-\" \
             at character 2 of the security descriptor",
        ),
    ] {
        assert_eq!(refuse(text).to_string(), message);
    }
}

#[test]
fn an_error_is_never_long_and_never_breaks_a_line() {
    let error = refuse(&"\u{1b}".repeat(100_000));
    assert_eq!(error.token.chars().count(), SddlError::MAX_TOKEN);
    let message = error.to_string();
    assert!(message.len() < 1000);
    assert!(!message.contains(char::is_control));
}

#[test]
fn a_list_may_be_64_kib_long_and_no_longer() {
    // An entry for SY has 20 bytes, and the list's header 8: 3276 entries make 65,528.
    let entries = |count| format!("D:{}", "(A;;GA;;;SY)".repeat(count));
    let full: SecurityDescriptor = entries(3276).parse().unwrap();
    let length = full.dacl.map(|dacl| dacl.binary_length());
    assert_eq!(length, Some(65_528));
    assert!(length < Some(Acl::<fslaunch_access::AceKind>::MAX_BINARY_LENGTH));
    let error = refuse(&entries(3277));
    assert_eq!(error.problem, SddlProblem::ListTooLong);
    assert_eq!(error.position, 2 + 3276 * 12);
}

#[test]
fn a_million_brackets_are_an_error() {
    assert_eq!(
        refuse(&format!("D:{}", "(".repeat(1_000_000))).problem,
        SddlProblem::UnknownEntry
    );
}

#[test]
fn a_run_of_a_million_words_is_read_once() {
    let runs = [
        format!("D:(A;;{};;;WD)", "GA".repeat(400_000)),
        format!("D:(A;{};GA;;;WD)", "OI".repeat(400_000)),
        format!("D:{}", "P".repeat(800_000)),
        format!("D:(A;;GA;;;WD){}", " ".repeat(800_000)),
    ];
    for text in runs {
        assert!(text.parse::<SecurityDescriptor>().is_ok());
    }
    let error = refuse(&format!("O:S-1-5{}", "-1".repeat(400_000)));
    assert_eq!(
        error.problem,
        SddlProblem::Sid(SidError::TooManySubAuthorities(16))
    );
}

#[test]
fn a_domain_without_room_for_a_rid_is_an_error() {
    let domain = Sid::new(5, &[21; 15]).unwrap();
    let error = SecurityDescriptor::parse_in_domain("O:DA", Some(&domain)).unwrap_err();
    assert_eq!(
        error.problem,
        SddlProblem::Sid(SidError::TooManySubAuthorities(16))
    );
}
