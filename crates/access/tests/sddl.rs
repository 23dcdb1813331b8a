//! SDDL, rule by rule.

use fslaunch_access::{
    AccessMask, Ace, AceFlags, Acl, DescriptorFlags, SddlError, SddlProblem, SecurityDescriptor,
    Sid, SystemAceKind, well_known,
};

fn parse(text: &str) -> SecurityDescriptor {
    text.parse()
        .unwrap_or_else(|error: SddlError| panic!("{text}: {error}"))
}

fn entry(ace: &str) -> Ace {
    let sd = parse(&format!("D:({ace})"));
    let aces = sd.dacl.expect("there is a DACL").aces;
    assert_eq!(aces.len(), 1);
    aces[0]
}

fn mask(rights: &str) -> u32 {
    entry(&format!("A;;{rights};;;WD")).mask.0
}

/// What Windows itself prints comes back letter by letter.
#[test]
fn descriptors_of_windows_are_printed_as_they_were() {
    for text in [
        "",
        "D:",
        "D:P",
        "D:NO_ACCESS_CONTROL",
        "O:SYG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;DCCRGR;;;WD)",
        "O:SYG:SYD:P(A;;LCRPWP;;;SY)(A;;LCRPWP;;;BA)",
        "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)",
        "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:PAI(A;;FA;;;SY)\
         (A;OICIIO;SDGXGWGR;;;AU)(A;OICI;0x1200a9;;;BU)",
        "G:BAD:ARAI(A;CIID;KR;;;BU)(A;CIIOID;GA;;;CO)S:AI(AU;SAFA;FA;;;WD)",
        "O:LSS:P(ML;;NW;;;LW)",
        "S:NO_ACCESS_CONTROL",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn owner_and_group_are_aliases_or_sids() {
    let sd = parse("O:BAG:S-1-5-21-1-2-3-1000");
    assert_eq!(sd.owner, Some(well_known::administrators()));
    assert_eq!(sd.group, "S-1-5-21-1-2-3-1000".parse().ok());
    assert_eq!(sd.dacl, None);
    assert_eq!(
        parse("O:S-1-5-18D:").owner,
        Some(well_known::local_system())
    );
}

#[test]
fn sections_may_come_in_any_order() {
    assert_eq!(parse("S:D:G:BAO:SY"), parse("O:SYG:BAD:S:"));
}

#[test]
fn absent_null_and_empty_dacl_are_three_things() {
    let absent = parse("O:SY");
    let null = parse("O:SYD:NO_ACCESS_CONTROL");
    let empty = parse("O:SYD:");
    assert_eq!((&absent.dacl, absent.flags), (&None, DescriptorFlags::NONE));
    assert_eq!(
        (&null.dacl, null.flags),
        (&None, DescriptorFlags::NULL_DACL)
    );
    assert_eq!(
        (&empty.dacl, empty.flags),
        (&Some(Acl::new()), DescriptorFlags::NONE)
    );
}

#[test]
fn the_flags_of_both_lists_are_kept_apart() {
    let sd = parse("D:PARAIS:P");
    let expected = DescriptorFlags::DACL_PROTECTED
        | DescriptorFlags::DACL_AUTO_INHERIT_REQUIRED
        | DescriptorFlags::DACL_AUTO_INHERITED
        | DescriptorFlags::SACL_PROTECTED;
    assert_eq!(sd.flags, expected);
    let null = parse("D:PNO_ACCESS_CONTROL");
    assert_eq!(
        null.flags,
        DescriptorFlags::DACL_PROTECTED | DescriptorFlags::NULL_DACL
    );
}

#[test]
fn every_right_has_its_bits() {
    for (word, bits) in [
        ("CC", 0x1),
        ("DC", 0x2),
        ("LC", 0x4),
        ("SW", 0x8),
        ("RP", 0x10),
        ("WP", 0x20),
        ("DT", 0x40),
        ("LO", 0x80),
        ("CR", 0x100),
        ("SD", 0x1_0000),
        ("RC", 0x2_0000),
        ("WD", 0x4_0000),
        ("WO", 0x8_0000),
        ("GA", 0x1000_0000),
        ("GX", 0x2000_0000),
        ("GW", 0x4000_0000),
        ("GR", 0x8000_0000),
        ("FA", 0x1F_01FF),
        ("FR", 0x12_0089),
        ("FW", 0x12_0116),
        ("FX", 0x12_00A0),
        ("KA", 0xF_003F),
        ("KR", 0x2_0019),
        ("KW", 0x2_0006),
        ("KX", 0x2_0019),
    ] {
        assert_eq!(mask(word), bits, "{word}");
    }
    assert_eq!(mask("GRDCCR"), 0x8000_0102);
}

#[test]
fn masks_may_be_hexadecimal_octal_or_decimal() {
    for (number, bits) in [
        ("0x1200a9", 0x12_00A9),
        ("0XFFFFFFFF", u32::MAX),
        ("0x0000000010", 0x10),
        ("020", 0x10),
        ("16", 16),
        ("4294967295", u32::MAX),
        ("0", 0),
        ("00", 0),
        ("", 0),
    ] {
        assert_eq!(mask(number), bits, "{number}");
    }
}

#[test]
fn every_ace_flag_has_its_bit() {
    for (word, bits) in [
        ("OI", 0x01),
        ("CI", 0x02),
        ("NP", 0x04),
        ("IO", 0x08),
        ("ID", 0x10),
        ("CR", 0x20),
        ("SA", 0x40),
        ("FA", 0x80),
        ("FASAIOCI", 0xCA),
    ] {
        let ace = entry(&format!("A;{word};GA;;;WD"));
        assert_eq!(ace.flags, AceFlags(bits), "{word}");
    }
}

#[test]
fn every_alias_stands_for_its_sid() {
    for (alias, sid) in include_str!("aliases.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
    {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let parsed = SecurityDescriptor::parse_in_domain(&format!("O:{alias}"), Some(&domain));
        assert_eq!(parsed.unwrap().owner.unwrap().to_string(), sid, "{alias}");
    }
}

#[test]
fn an_alias_of_a_domain_needs_a_domain() {
    for alias in [
        "DA", "DU", "DG", "DC", "DD", "LA", "LG", "CA", "SA", "EA", "PA", "RO", "RS", "CN", "AP",
        "KA", "EK",
    ] {
        let text = format!("D:(A;;GA;;;{alias})");
        let error = text.parse::<SecurityDescriptor>().unwrap_err();
        assert_eq!(error.problem, SddlProblem::AliasNeedsDomain);
        assert_eq!((error.position, error.token.as_str()), (11, alias));
    }
}

#[test]
fn the_sacl_is_kept() {
    let sd = parse("S:AR(AU;SAFA;RPWP;;;WD)(AL;;GA;;;BA)(ML;;NWNR;;;HI)");
    let sacl = sd.sacl.clone().expect("there is a SACL");
    let kinds: Vec<_> = sacl.aces.iter().map(|ace| ace.kind).collect();
    assert_eq!(
        kinds,
        [
            SystemAceKind::Audit,
            SystemAceKind::Alarm,
            SystemAceKind::MandatoryLabel
        ]
    );
    assert_eq!(sacl.aces[2].mask, AccessMask(3));
    assert_eq!(
        sd.to_string(),
        "S:AR(AU;SAFA;RPWP;;;WD)(AL;;GA;;;BA)(ML;;NWNR;;;HI)"
    );
}

#[test]
fn white_space_may_stand_between_all_words() {
    let plain = parse("O:SYG:BAD:PAI(A;OICI;GRGW;;;WD)(D;;0x10;;;S-1-5-7)S:(AU;SA;FA;;;WD)");
    let spaced = parse(
        "  O: SY\tG:\nBA D: P AI ( A ; OI CI ; GR GW ; ; ; WD )\r\n\
         ( D ; ; 0x10 ; ; ; S-1-5-7 ) S: (AU;SA;FA;;;WD) ",
    );
    assert_eq!(spaced, plain);
}

#[test]
fn small_letters_are_as_good_as_capitals() {
    assert_eq!(
        parse("o:syd:p(a;oici;grfa;;;s-1-5-18)s:no_access_control"),
        parse("O:SYD:P(A;OICI;GRFA;;;SY)S:NO_ACCESS_CONTROL")
    );
}

#[test]
fn a_mask_without_names_for_all_its_bits_is_printed_as_a_number() {
    for (mask, text) in [
        (0, "0x0"),
        (0x10, "RP"),
        (0x200, "0x200"),
        (0x10_0000, "0x100000"),
        (0x20_0019, "0x200019"),
        (0xF_003F, "KA"),
        (0xF000_0000, "GAGXGWGR"),
    ] {
        assert_eq!(AccessMask(mask).to_string(), text);
        assert_eq!(self::mask(text), mask);
    }
}
