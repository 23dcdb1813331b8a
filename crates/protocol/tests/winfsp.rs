//! The WinFsp pipe's messages: one row for each raw message that the
//! compatibility specification lists, and what holds for any bytes.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]

use fslaunch_protocol::winfsp::{
    self, Answer, DriveRequest, MESSAGE_BYTES, Message, Rejected, Undecodable, Unencodable,
};
use fslaunch_protocol::{Error, Info, Instance, Reply, Request, Secret, Start, State, Target};
use proptest::prelude::*;

/// The bytes of a message in which `|` stands for NUL.
fn wire(text: &str) -> Vec<u8> {
    let units = text.encode_utf16();
    let nul = |unit| if unit == u16::from(b'|') { 0 } else { unit };
    units.flat_map(|unit| nul(unit).to_le_bytes()).collect()
}

fn request(text: &str) -> Request {
    match winfsp::decode(&wire(text)) {
        Ok(Message::Request(request)) => request,
        other => panic!("{text}: {other:?}"),
    }
}

fn drive(text: &str) -> DriveRequest {
    match winfsp::decode(&wire(text)) {
        Ok(Message::Drive(request)) => request,
        other => panic!("{text}: {other:?}"),
    }
}

/// The error that bytes are answered with, and its words.
fn refused(bytes: &[u8]) -> (Vec<u8>, String) {
    match winfsp::decode(bytes) {
        Err(Rejected::Malformed(error)) => {
            (winfsp::encode_error(&error).to_vec(), error.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn start(class: &str, instance: &str, arguments: &[&str]) -> Request {
    Request::Start(Start {
        class: class.into(),
        instance: instance.into(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..Start::default()
    })
}

fn start_with_secret(arguments: &[&str], secret: &str) -> Request {
    match start("a", "b", arguments) {
        Request::Start(start) => Request::Start(Start {
            secret: Some(Secret::new(secret.into())),
            ..start
        }),
        other => other,
    }
}

#[test]
fn each_command_is_read_as_the_specification_has_it() {
    let stop = Request::Stop(Target::new("a", "b"));
    let info = Request::Info(Target::new("a", "b"));
    for (message, expected) in [
        ("L", Request::List),
        ("L|", Request::List),
        ("Lxyz", Request::List),
        ("Lx|y|", Request::List),
        ("Sa|b|", start("a", "b", &[])),
        ("Sa|b||", start("a", "b", &[""])),
        ("Sa|b|c|d|", start("a", "b", &["c", "d"])),
        // A last part without its NUL counts as absent.
        ("Sa|b|c|d", start("a", "b", &["c"])),
        ("Sa|b|c", start("a", "b", &[])),
        // An empty instance name is accepted; an empty class is not found later.
        ("Sa||", start("a", "", &[])),
        ("S||", start("", "", &[])),
        (
            "Sa|b|1|2|3|4|5|6|7|8|9|",
            start("a", "b", &["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        ),
        (
            "Sa|b|1|2|3|4|5|6|7|8|9|10|11|",
            start("a", "b", &["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        ),
        ("Xa|b|s|", start_with_secret(&[], "s")),
        ("Xa|b||", start_with_secret(&[], "")),
        ("Xa|b|c|d|s|", start_with_secret(&["c", "d"], "s")),
        ("Xa|b|c|s|unended", start_with_secret(&["c"], "s")),
        (
            "Xa|b|1|2|3|4|5|6|7|8|9|10|",
            start_with_secret(&["1", "2", "3", "4", "5", "6", "7", "8"], "9"),
        ),
        ("Ta|b|", stop.clone()),
        ("Ta|b||", stop.clone()),
        ("Ta|b|extra|", stop),
        ("Ia|b|", info.clone()),
        ("Ia|b|extra", info),
    ] {
        assert_eq!(request(message), expected, "{message}");
    }
}

#[test]
fn what_lacks_a_part_or_has_no_known_command_is_error_87() {
    for message in [
        "Z", "S", "Sa|", "Sa|b", "Ta|b", "Xa|b|", "D", "Q", "Q|", "T", "I", "Ia|", "X", "Xa|b|s",
        "s", "l", "|", "$", "Sa", "Ta|", "\u{4c4c}",
    ] {
        let (answer, words) = refused(&wire(message));
        assert_eq!(answer, wire("!87|"), "{message}");
        assert!(
            words.starts_with("the message is not a request: "),
            "{words}"
        );
    }
}

#[test]
fn an_empty_class_name_is_not_found_and_one_of_300_characters_is_refused() {
    let invalid = |what: &str, name: String| Error::InvalidName {
        what: what.into(),
        name,
        reason: "it is none".into(),
    };
    for (error, answer) in [
        (invalid("class name", String::new()), "!2|"),
        (invalid("class name", "a/b".into()), "!2|"),
        (invalid("class name", "x".repeat(255)), "!2|"),
        (invalid("class name", "x".repeat(300)), "!87|"),
        (invalid("instance name", "x".repeat(1025)), "!87|"),
        (Error::IdentificationOnly { class: "a".into() }, "!1346|"),
        (Error::ShuttingDown {}, "!1115|"),
    ] {
        assert_eq!(*winfsp::encode_error(&error), wire(answer), "{error}");
    }
}

#[test]
fn a_request_of_a_length_that_none_has_ends_the_connection() {
    for length in [0, 1, MESSAGE_BYTES + 1, 2 * MESSAGE_BYTES] {
        assert_eq!(
            winfsp::decode(&vec![b'L'; length]),
            Err(Rejected::Length(length))
        );
    }
    let mut longest = wire("L");
    longest.resize(MESSAGE_BYTES, 0);
    assert_eq!(winfsp::decode(&longest), Ok(Request::List.into()));
    assert_eq!(winfsp::decode(b"L\0"), Ok(Request::List.into()));
}

#[test]
fn an_odd_byte_at_the_end_is_ignored() {
    let mut bytes = wire("Ta|b|");
    bytes.push(b'x');
    assert_eq!(
        winfsp::decode(&bytes),
        Ok(Request::Stop(Target::new("a", "b")).into())
    );
}

#[test]
fn half_a_surrogate_pair_is_refused_where_it_counts_and_never_replaced() {
    let with = |before: &str, after: &str| {
        let half = 0xd800_u16.to_le_bytes();
        [wire(before), half.to_vec(), wire(after)].concat()
    };
    for (bytes, what) in [
        (with("S", "|b|"), "class name"),
        (with("Ta|", "|"), "instance name"),
        (with("Sa|b|", "|"), "argument"),
        (with("Xa|b|c|", "|"), "argument"),
        (with("D+X:|", "|"), "target"),
    ] {
        let (answer, words) = refused(&bytes);
        assert_eq!(answer, wire("!87|"));
        assert!(
            words.contains(&format!("its {what} is not UTF-16")),
            "{words}"
        );
    }
    for ignored in [
        with("Ta|b|", "|"),
        with("L", ""),
        with("Sa|b|1|2|3|4|5|6|7|8|9|", "|"),
    ] {
        assert!(winfsp::decode(&ignored).is_ok());
    }
}

#[test]
fn a_drive_is_a_sign_a_capital_letter_and_a_colon() {
    let define = DriveRequest::Define {
        letter: 'X',
        target: r"\Device\Volume{1}".into(),
    };
    assert_eq!(drive(r"D+X:|\Device\Volume{1}|"), define);
    let remove = |target: Option<&str>| DriveRequest::Remove {
        letter: 'Z',
        target: target.map(str::to_owned),
    };
    assert_eq!(drive("D-Z:|"), remove(None));
    assert_eq!(drive(r"D-Z:|\Device\a|more|"), remove(Some(r"\Device\a")));
    for message in [
        "D|",
        "D+X:|",
        "D+X:",
        r"D+x:|\Device\a|",
        r"DX:|\Device\a|",
        r"D+X|\Device\a|",
        r"D+X:\|\Device\a|",
        r"D+ÄX:|\Device\a|",
        r"D+1:|\Device\a|",
        r"D=X:|\Device\a|",
        r"D++X:|\Device\a|",
        r"D+XY:|\Device\a|",
        r"D+Ⅹ:|\Device\a|",
        "D-Z:",
    ] {
        assert_eq!(refused(&wire(message)).0, wire("!87|"), "{message}");
    }
}

fn instance(class: &str, instance: &str, state: State) -> Instance {
    Instance {
        class: class.into(),
        instance: instance.into(),
        state,
        pid: None,
        starter: String::new(),
        run_as: String::new(),
        since: String::new(),
        mount_point: None,
        failure: None,
    }
}

fn info(command_line: String, state: State) -> Reply {
    Reply::Info(Box::new(Info {
        instance: instance("a", "b", state),
        command_line,
        arguments: vec![],
        output: None,
    }))
}

#[test]
fn replies_are_written_as_the_specification_has_them() {
    let started = Reply::Started(instance("a", "b", State::Running));
    let list = Reply::Instances(vec![
        instance("a", "b", State::Running),
        instance("c", "", State::Stopping),
    ]);
    for (reply, expected) in [
        (started, "$"),
        (Reply::Stopped, "$"),
        (
            info("\"x.exe\" 1".into(), State::Running),
            "$a|b|\"x.exe\" 1|",
        ),
        (list, "$a|b|c||"),
        (Reply::Instances(vec![]), "$"),
    ] {
        assert_eq!(*winfsp::encode_reply(&reply), wire(expected));
    }
}

#[test]
fn an_instance_that_failed_is_not_there_for_clients_that_know_none() {
    let failed = instance("a", "b", State::Failed);
    let list = Reply::Instances(vec![failed, instance("c", "d", State::Starting)]);
    assert_eq!(*winfsp::encode_reply(&list), wire("$c|d|"));
    let info = info("x".into(), State::Failed);
    assert_eq!(*winfsp::encode_reply(&info), wire("!2|"));
}

#[test]
fn info_that_does_not_fit_is_error_122() {
    // `$`, two names of one character, and four NULs less one.
    let most = MESSAGE_BYTES / 2 - 6;
    let fits = winfsp::encode_reply(&info("x".repeat(most), State::Running));
    assert_eq!(fits.len(), MESSAGE_BYTES);
    let longer = winfsp::encode_reply(&info("x".repeat(most + 1), State::Running));
    assert_eq!(*longer, wire("!122|"));
}

#[test]
fn a_list_that_does_not_fit_is_cut_at_an_instance() {
    let instances: Vec<Instance> = (0..1000)
        .map(|number| instance("class", &format!("i{number:04}"), State::Running))
        .collect();
    let bytes = winfsp::encode_reply(&Reply::Instances(instances));
    // Twelve units each, after the `$`.
    assert_eq!(bytes.len(), 2 + 2 * 12 * 170);
    match winfsp::decode_reply(&bytes) {
        Ok(Answer::Success(data)) => {
            let names = data.instances().unwrap();
            assert_eq!(names.len(), 170);
            assert_eq!(names[169], Target::new("class", "i0169"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_are_success_a_number_or_neither() {
    for (bytes, number) in [
        ("!87|", 87),
        ("!5", 5),
        ("!4294967295|", u32::MAX),
        ("!2|x", 2),
    ] {
        assert_eq!(
            winfsp::decode_reply(&wire(bytes)),
            Ok(Answer::Failure(number))
        );
    }
    for bytes in [
        "",
        "!",
        "!|",
        "!0|",
        "!x|",
        "!-1|",
        "!4294967296|",
        "?",
        "OK",
        "!٣|",
    ] {
        assert_eq!(
            winfsp::decode_reply(&wire(bytes)),
            Err(Undecodable::Neither),
            "{bytes}"
        );
    }
    match winfsp::decode_reply(&wire("$a|b|c|")) {
        Ok(Answer::Success(data)) => {
            assert_eq!(data.units().len(), 6);
            assert_eq!(data.info(), Ok((Target::new("a", "b"), "c".into())));
            assert_eq!(data.instances(), Err(Undecodable::Missing("instance name")));
            assert_eq!(format!("{data:?}"), "Data(6 units)");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_pipe_cannot_carry_is_refused_by_the_client() {
    let encode = |request: Request| winfsp::encode(&request.into()).unwrap_err();
    assert_eq!(encode(Request::Classes), Unencodable::NoCommand("classes"));
    assert_eq!(encode(start("a", "b", &["x", "y\0z"])), Unencodable::Nul(4));
    let many = Unencodable::TooManyArguments {
        count: 10,
        limit: 9,
    };
    assert_eq!(encode(start("a", "b", &["x"; 10])), many);
    assert_eq!(encode(start_with_secret(&["x"; 9], "s")), many);
    assert_eq!(
        encode(start("a", "b", &["x".repeat(2048).as_str()])),
        Unencodable::TooLong
    );
    let named = Start {
        named: [("a".to_owned(), "b".to_owned())].into(),
        ..Start::default()
    };
    assert_eq!(encode(Request::Start(named)), Unencodable::Named);
}

#[test]
fn parts_of_any_units_are_sent_as_they_are() {
    let bytes = winfsp::encode_parts(u16::from(b'S'), &[&[0xd800, 0x41], &[]]).unwrap();
    assert_eq!(*bytes, [b'S', 0, 0, 0xd8, 0x41, 0, 0, 0, 0, 0]);
    assert_eq!(
        winfsp::encode_parts(0x53, &[&[0]]),
        Err(Unencodable::Nul(1))
    );
    let long = [0x41; MESSAGE_BYTES / 2];
    assert_eq!(
        winfsp::encode_parts(0x53, &[&long]),
        Err(Unencodable::TooLong)
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \"\\\\äé😀]{0,12}", ".{0,20}"].prop_map(|text| text.replace('\0', ""))
}

fn message() -> impl Strategy<Value = Message> {
    let target = || (text(), text()).prop_map(|(class, instance)| Target { class, instance });
    let secret = prop::option::of(text());
    let start = (target(), prop::collection::vec(text(), 0..=8), secret);
    let start = start.prop_map(|(Target { class, instance }, arguments, secret)| {
        Request::Start(Start {
            class,
            instance,
            arguments,
            secret: secret.map(Secret::new),
            ..Start::default()
        })
    });
    let letter = || prop::char::range('A', 'Z');
    let define = (letter(), text());
    let remove = (letter(), prop::option::of(text()));
    prop_oneof![
        start.prop_map(Message::Request),
        target().prop_map(|target| Request::Stop(target).into()),
        target().prop_map(|target| Request::Info(target).into()),
        Just(Request::List.into()),
        define.prop_map(|(letter, target)| Message::Drive(DriveRequest::Define { letter, target })),
        remove.prop_map(|(letter, target)| Message::Drive(DriveRequest::Remove { letter, target })),
    ]
}

/// Bytes that often are a command with parts.
fn nearly_a_request() -> impl Strategy<Value = Vec<u8>> {
    let unit = prop_oneof![
        3 => Just(0_u16),
        3 => prop::sample::select("SXTILDQ+-AZ:\\".encode_utf16().collect::<Vec<_>>()),
        1 => any::<u16>(),
    ];
    let units = prop::collection::vec(unit, 0..40);
    (units, prop::bool::ANY).prop_map(|(units, odd)| {
        let bytes = units.iter().flat_map(|unit| unit.to_le_bytes());
        bytes.chain(odd.then_some(7)).collect()
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoders_panic(
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..5000), nearly_a_request()]
    ) {
        match winfsp::decode(&bytes) {
            Ok(_) => prop_assert!((2..=MESSAGE_BYTES).contains(&bytes.len())),
            Err(Rejected::Length(length)) => {
                prop_assert_eq!(length, bytes.len());
                prop_assert!(!(2..=MESSAGE_BYTES).contains(&length));
            }
            Err(Rejected::Malformed(error)) => prop_assert_eq!(winfsp::code(&error), 87),
        }
        if let Ok(Answer::Success(data)) = winfsp::decode_reply(&bytes) {
            let _ = data.instances();
            let _ = data.info();
        }
    }

    #[test]
    fn a_request_comes_back_as_it_was(message in message(), surplus in nearly_a_request()) {
        let bytes = winfsp::encode(&message).unwrap();
        prop_assert_eq!(winfsp::decode(&bytes), Ok(message.clone()));
        // Known clients send NULs after the end of what takes no more parts.
        if let Message::Request(Request::Stop(_) | Request::Info(_) | Request::List) = message {
            let longer = [bytes.as_slice(), &surplus].concat();
            prop_assert_eq!(winfsp::decode(&longer), Ok(message));
        }
    }

    #[test]
    fn what_was_decoded_is_sent_again_as_the_same(bytes in nearly_a_request()) {
        if let Ok(message) = winfsp::decode(&bytes) {
            let again = winfsp::encode(&message).unwrap();
            prop_assert_eq!(winfsp::decode(&again), Ok(message));
        }
    }

    #[test]
    fn a_list_comes_back_as_far_as_it_fits(
        names in prop::collection::vec((text(), text()), 0..200)
    ) {
        let instances = names.iter().map(|(c, i)| instance(c, i, State::Running)).collect();
        let bytes = winfsp::encode_reply(&Reply::Instances(instances));
        prop_assert!(bytes.len() <= MESSAGE_BYTES);
        let Ok(Answer::Success(data)) = winfsp::decode_reply(&bytes) else {
            panic!("{bytes:?}");
        };
        let found = data.instances().unwrap();
        let same = found.iter().zip(&names).all(|(a, (c, i))| *a == Target::new(c, i));
        prop_assert!(same);
        let room = MESSAGE_BYTES - bytes.len();
        match names.get(found.len()) {
            None => {}
            Some((c, i)) => {
                let needed = 2 * (c.encode_utf16().count() + i.encode_utf16().count() + 2);
                prop_assert!(needed > room);
            }
        }
    }

    #[test]
    fn an_error_comes_back_as_its_number(index in 0..Error::examples().len()) {
        let error = Error::examples().swap_remove(index);
        let bytes = winfsp::encode_error(&error);
        prop_assert_eq!(winfsp::decode_reply(&bytes), Ok(Answer::Failure(winfsp::code(&error))));
    }
}
