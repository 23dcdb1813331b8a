use super::*;

fn user(number: u32) -> Sid {
    format!("S-1-5-21-1-2-3-{number}").parse().unwrap()
}

fn service(number: u32) -> Caller {
    Caller {
        user: user(number),
        is_system: false,
        session: 0,
        is_service: true,
    }
}

const TARGET: &str = r"\Device\Volume{1}";

#[test]
fn only_the_system_and_services_of_session_0_may_ask() {
    for (is_system, session, is_service, may) in [
        (true, 0, false, true),
        (true, 1, false, true),
        (false, 0, true, true),
        (false, 0, false, false),
        (false, 1, true, false),
        (false, 1, false, false),
    ] {
        let caller = Caller {
            user: user(1),
            is_system,
            session,
            is_service,
        };
        let expected = if may {
            Ok(())
        } else {
            Err(Refused::NotAService('X'))
        };
        assert_eq!(
            may_define(&caller, 'X', TARGET, None),
            expected,
            "{caller:?}"
        );
        let definition = Definition {
            user: user(1),
            target: TARGET.into(),
            client: None,
        };
        let removed = may_remove(&caller, 'X', None, Some(&definition), Some(TARGET));
        assert_eq!(removed.is_ok(), may, "{caller:?}");
    }
}

#[test]
fn a_letter_is_defined_where_it_is_free_and_leads_to_a_device() {
    let caller = service(1);
    for (letter, target, there, expected) in [
        ('X', TARGET, None, Ok(())),
        ('A', r"\device\a\b", None, Ok(())),
        ('X', TARGET, Some(TARGET), Err(Refused::Taken('X'))),
        (
            'C',
            TARGET,
            Some(r"\Device\HarddiskVolume1"),
            Err(Refused::Taken('C')),
        ),
        ('x', TARGET, None, Err(Refused::NotALetter)),
        ('1', TARGET, None, Err(Refused::NotALetter)),
        ('X', "", None, Err(Refused::NotATarget)),
        ('X', r"\Device\", None, Err(Refused::NotATarget)),
        ('X', r"\Device", None, Err(Refused::NotATarget)),
        ('X', r"\DeviceX\a", None, Err(Refused::NotATarget)),
        ('X', r"\??\C:\Windows", None, Err(Refused::NotATarget)),
        ('X', r"\Device\..\??\C:", None, Err(Refused::NotATarget)),
        ('X', r"\Device\a\\b", None, Err(Refused::NotATarget)),
        ('X', "\\Device\\a\0b", None, Err(Refused::NotATarget)),
        ('X', r"Device\a", None, Err(Refused::NotATarget)),
        ('X', "\\Dev\u{131}ce\\a", None, Err(Refused::NotATarget)),
    ] {
        assert_eq!(
            may_define(&caller, letter, target, there),
            expected,
            "{target:?}"
        );
    }
    let long = format!(r"\Device\{}", "x".repeat(TARGET_UNITS));
    assert_eq!(
        may_define(&caller, 'X', &long, None),
        Err(Refused::NotATarget)
    );
}

#[test]
fn a_letter_is_removed_by_the_user_who_defined_it_and_while_it_leads_there() {
    let ours = Definition {
        user: user(1),
        target: TARGET.into(),
        client: None,
    };
    let other = r"\Device\Volume{2}";
    for (caller, target, definition, there, expected) in [
        (1, None, Some(&ours), Some(TARGET), Ok(TARGET.to_owned())),
        (
            1,
            Some(TARGET),
            Some(&ours),
            Some(TARGET),
            Ok(TARGET.to_owned()),
        ),
        (
            1,
            Some(other),
            Some(&ours),
            Some(TARGET),
            Err(Refused::NotYours('X')),
        ),
        (
            2,
            None,
            Some(&ours),
            Some(TARGET),
            Err(Refused::NotYours('X')),
        ),
        (1, None, None, Some(TARGET), Err(Refused::NotYours('X'))),
        (1, None, None, None, Err(Refused::NotYours('X'))),
        (1, None, Some(&ours), None, Err(Refused::Gone('X'))),
        (1, None, Some(&ours), Some(other), Err(Refused::Gone('X'))),
    ] {
        let decided = may_remove(&service(caller), 'X', target, definition, there);
        assert_eq!(decided, expected, "{caller} {target:?} {there:?}");
    }
    // LocalSystem removes no other's either.
    let system = Caller {
        is_system: true,
        ..service(2)
    };
    let decided = may_remove(&system, 'X', None, Some(&ours), Some(TARGET));
    assert_eq!(decided, Err(Refused::NotYours('X')));
}

#[test]
fn each_refusal_has_its_number() {
    for (refused, code) in [
        (Refused::NotALetter, 87),
        (Refused::NotATarget, 87),
        (Refused::NotAService('X'), 5),
        (Refused::NotYours('X'), 5),
        (Refused::Gone('X'), 5),
        (Refused::Taken('X'), 85),
    ] {
        assert_eq!(Error::from(refused).win32(), code, "{refused:?}");
    }
}

#[test]
fn a_letter_is_left_if_it_still_leads_where_it_was_defined_to() {
    let ours = Definition {
        user: user(1),
        target: TARGET.into(),
        client: None,
    };
    for (there, left) in [
        (Some(TARGET), true),
        (Some(r"\device\VOLUME{1}"), true),
        (Some(r"\Device\Volume{2}"), false),
        (None, false),
    ] {
        assert_eq!(is_left(&ours, there), left, "{there:?}");
    }
}

#[test]
fn a_process_with_the_id_of_one_that_ended_is_not_taken_for_it() {
    let own = Client::of(std::process::id()).expect("this process runs");
    let user = user(1);
    let drives = Drives::new();
    let definition = Definition {
        user,
        target: r"\Device\Nowhere".into(),
        client: Some(own),
    };
    drives.defined.lock().unwrap().insert('Q', definition);
    drives.clear_after(own.pid, own.start_time - 1);
    assert!(drives.defined.lock().unwrap().contains_key(&'Q'));
    drives.clear_after(own.pid, own.start_time);
    assert!(drives.defined.lock().unwrap().is_empty());
}
