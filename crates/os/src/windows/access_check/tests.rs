//! The system's parser and the system's access check against those of `fslaunch_access`, on
//! generated descriptors and tokens.

mod binary;
mod generate;
mod tokens;

use std::os::windows::io::AsHandle;

use fslaunch_access::{GenericMapping, GroupState, Token, check};

use windows_sys::Win32::Security::{GetSecurityDescriptorLength, IsValidSecurityDescriptor};

use super::{
    super::{console::is_wine, descriptor::Descriptor, token},
    *,
};
use generate::Random;

const ROUNDS: u32 = 3000;

#[test]
fn the_system_reads_what_we_write_as_we_meant_it() {
    let mut random = Random::new(1);
    for _ in 0..ROUNDS {
        let ours = random.descriptor(&generate::strangers());
        let text = ours.to_string();
        let system = Descriptor::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(binary::read(&system), ours, "{text}");
    }
}

#[test]
fn the_system_finds_our_binary_form_valid_and_whole() {
    let mut random = Random::new(4);
    let generated = (0..ROUNDS).map(|_| random.descriptor(&generate::strangers()));
    let texts = [
        "D:NO_ACCESS_CONTROL",
        "D:",
        "O:SY",
        "O:SYG:BAD:P(A;;RP;;;WD)S:(AU;SAFA;GA;;;WD)",
        "D:S:AI(ML;;NW;;;HI)(AU;FA;RP;;;S-1-5-21-1-2-3-1001)",
    ];
    let written = texts.map(|text| text.parse::<SecurityDescriptor>().unwrap());
    for ours in generated.chain(written) {
        let words = aligned(&ours).unwrap();
        let pointer = words.as_ptr().cast_mut().cast();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        // SAFETY: the descriptor is whole, and only read.
        let length = unsafe {
            assert_ne!(IsValidSecurityDescriptor(pointer), 0, "{ours}");
            GetSecurityDescriptorLength(pointer) as usize
        };
        assert_eq!(length, bytes.len(), "{ours}");
        let read = binary::read_bytes(&bytes);
        let parts =
            |descriptor: SecurityDescriptor| (descriptor.owner, descriptor.group, descriptor.dacl);
        // What is read is without SACL, and without the flags of NULL lists.
        assert_eq!(parts(read), parts(ours));
    }
}

#[test]
fn we_read_what_the_system_writes_as_it_meant_it() {
    let mut random = Random::new(2);
    for _ in 0..ROUNDS {
        let ours = random.descriptor(&generate::strangers());
        let system = Descriptor::parse(&ours.to_string()).unwrap();
        let text = binary::text(&system);
        assert_eq!(
            text.parse::<SecurityDescriptor>().as_ref(),
            Ok(&ours),
            "{text}"
        );
    }
}

#[test]
fn texts_of_people_mean_the_same_to_both() {
    for text in [
        "D:P(A;;RPWPLC;;;WD)",
        "O:SYG:SYD:P(A;;RPWPLC;;;SY)(A;;RPWPLC;;;BA)",
        "O:SYG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRDCCR;;;WD)",
        "O:BAG:DUD:(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(D;;FW;;;AN)",
        "D:(A;;KA;;;BA)(A;;KR;;;AU)(A;;KW;;;IU)(A;;KX;;;SU)",
        "D:(A;;0x1f01ff;;;BU)(D;;0x00000004;;;S-1-5-32-545)",
        "D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;LS)(A;;GXGW;;;NS)",
        "D:AI(A;ID;FR;;;WD)(A;NP;FX;;;WD)",
        "G:S-1-5-18D:",
    ] {
        let Ok(ours) = text.parse::<SecurityDescriptor>() else {
            // Accounts of a domain need the domain, which only the system knows.
            assert!(text.contains("DU"), "{text}");
            continue;
        };
        assert_eq!(
            binary::read(&Descriptor::parse(text).unwrap()),
            ours,
            "{text}"
        );
    }
}

#[test]
fn what_we_refuse_or_the_system_refuses_is_refused_by_both() {
    for text in [
        "D:(A;;RP;;;)",
        "D:(A;;RP;;WD)",
        "D:(A;;QQ;;;WD)",
        "D:(Q;;RP;;;WD)",
        "D:(A;;RP;;;S-1-)",
        "D:(A;;RP;;;WD",
        "D(A;;RP;;;WD)",
        "nonsense",
    ] {
        assert!(text.parse::<SecurityDescriptor>().is_err(), "{text}");
        assert!(Descriptor::parse(text).is_err(), "{text}");
    }
}

/// Wine lets groups that only deny deny nothing, and knows no restricting SIDs.
fn as_checked(mut caller: Token) -> Token {
    for group in &mut caller.groups {
        if is_wine() && group.state == GroupState::DenyOnly {
            group.state = GroupState::Disabled;
        }
    }
    caller
}

#[test]
fn both_checks_grant_the_same_to_every_token() {
    let mut random = Random::new(3);
    let tokens = tokens::all(&mut random);
    let mut granted = 0;
    for (name, token) in &tokens {
        let caller = as_checked(token::identity(token.as_handle()).unwrap().token);
        let trustees = generate::trustees(&caller);
        for _ in 0..ROUNDS / tokens.len() as u32 {
            let descriptor = random.descriptor(&trustees);
            let desired = random.desired(is_wine());
            let ours = check(&descriptor, &caller, desired, &GenericMapping::SERVICE).ok();
            let mapping = &GenericMapping::SERVICE;
            let system = super::check(token.as_handle(), &descriptor, desired, mapping).unwrap();
            assert_eq!(
                system, ours,
                "{name}: {desired} on {descriptor} for {:?}",
                caller
            );
            granted += u32::from(ours.is_some());
        }
    }
    // Neither check can pass by granting everything, or nothing.
    assert!(
        (ROUNDS / 20..ROUNDS - ROUNDS / 20).contains(&granted),
        "{granted} of {ROUNDS}"
    );
}
