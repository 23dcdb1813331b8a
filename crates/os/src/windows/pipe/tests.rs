//! What is passed to the system. Wine enforces none of it.

mod owner;

use fslaunch_access::{AccessMask, GenericMapping, SecurityDescriptor, Token, check, well_known};

use super::*;

#[test]
fn the_first_instance_of_the_message_pipe_is_made_as_the_specification_has_it() {
    let first = Attributes::new(Kind::Messages, true);
    let expected = Attributes {
        // Duplex, overlapped, first.
        open_mode: 0x3 | 0x4000_0000 | 0x0008_0000,
        // Message type, message read mode, waiting, no remote clients.
        pipe_mode: 0x4 | 0x2 | 0x8,
        instances: 255,
        inbound: 4096,
        // Not 4096: a reply is written when it was read.
        outbound: 0,
    };
    assert_eq!(first, expected);
    let later = Attributes::new(Kind::Messages, false);
    let open_mode = 0x4000_0003;
    assert_eq!(
        later,
        Attributes {
            open_mode,
            ..expected
        }
    );
}

#[test]
fn the_byte_pipe_differs_in_its_kind_and_keeps_what_was_not_read() {
    let bytes = Attributes::new(Kind::Bytes, true);
    let messages = Attributes::new(Kind::Messages, true);
    assert_eq!(bytes.pipe_mode, 0x8);
    assert_eq!(
        bytes,
        Attributes {
            pipe_mode: 0x8,
            outbound: 4096,
            ..messages
        }
    );
}

#[test]
fn the_descriptor_of_the_system_is_word_for_word_that_of_the_specification() {
    let sddl = sddl(None);
    assert_eq!(sddl, "O:SYG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRDCCR;;;WD)");
    Descriptor::parse(&sddl).unwrap();
    Descriptor::parse(ADMINISTRATORS).unwrap();
}

#[test]
fn everybody_may_talk_and_nobody_but_administrators_may_make_instances() {
    let descriptor: SecurityDescriptor = sddl(None).parse().unwrap();
    let may = |token: &Token, rights| {
        check(
            &descriptor,
            token,
            AccessMask(rights),
            &GenericMapping::FILE,
        )
        .is_ok()
    };
    let user = Token::new(well_known::guests(), [well_known::everyone()]);
    // GENERIC_READ, FILE_WRITE_DATA, FILE_WRITE_ATTRIBUTES: what existing clients open with.
    assert!(may(&user, 0x8000_0000 | 0x2 | 0x100));
    // FILE_CREATE_PIPE_INSTANCE, WRITE_DAC, GENERIC_WRITE.
    for rights in [0x4, 0x4_0000, 0x4000_0000] {
        assert!(!may(&user, rights), "{rights:#x}");
    }
    let groups = [well_known::everyone(), well_known::administrators()];
    let administrator = Token::new(well_known::guests(), groups);
    assert!(may(&administrator, 0x4));
}

#[test]
fn the_pipe_of_a_user_is_for_that_user_alone() {
    let user = "S-1-5-21-1-2-3-1001".parse().unwrap();
    let sddl = sddl(Some(&user));
    let sid = "S-1-5-21-1-2-3-1001";
    assert_eq!(sddl, format!("O:{sid}G:{sid}D:P(A;;GA;;;{sid})"));
    let descriptor: SecurityDescriptor = sddl.parse().unwrap();
    let mapping = &GenericMapping::FILE;
    let right = AccessMask(0x1);
    let own = Token::new(user, [well_known::everyone()]);
    assert!(check(&descriptor, &own, right, mapping).is_ok());
    for other in [well_known::local_system(), well_known::administrators()] {
        let other = Token::new(other, [well_known::everyone()]);
        assert!(check(&descriptor, &other, right, mapping).is_err());
    }
}

#[test]
fn a_name_is_that_of_a_local_pipe() {
    for (name, good) in [
        (
            r"\\.\pipe\WinFsp.{14E7137D-22B4-437A-B0C1-D21D1BDF3767}",
            true,
        ),
        (r"\\.\pipe\", false),
        (r"\\.\pipe\a\b", false),
        (r"\\server\pipe\a", false),
        (r"C:\a", false),
        ("\\\\.\\pipe\\a\0b", false),
    ] {
        assert_eq!(is_pipe_name(Path::new(name)), good, "{name:?}");
    }
}
