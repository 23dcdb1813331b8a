use super::*;
use crate::credentials::credentials;
use crate::fake::{Fake, running};
use crate::world::Unsaid;

fn class(needs: Needs) -> Class {
    Class {
        needs,
        ..Class::plain()
    }
}

fn world(needs: Needs) -> Fake {
    Fake {
        classes: vec![("memfs64", class(needs))],
        opens_at: Some(Duration::ZERO),
        ..Fake::default()
    }
}

fn wish(local: &str, remote: &str) -> Wish {
    Wish {
        kind: 1,
        local: local.to_owned(),
        remote: remote.to_owned(),
        credentials: Credentials::default(),
    }
}

fn answered(needs: Needs, answer: crate::fake::Answer) -> Fake {
    let mut world = world(needs);
    world.answers.push_back(answer);
    world
}

fn code_of(outcome: Result<(), Failure>) -> u32 {
    outcome.map_or_else(|failure| failure.code(), |()| 0)
}

fn words_of(outcome: Result<(), Failure>) -> String {
    match outcome {
        Err(Failure::Words { words, .. }) => words,
        other => panic!("{other:?}"),
    }
}

const SHARE: &str = r"\\memfs64\share";

#[test]
fn what_can_not_be_right_is_refused_in_the_order_of_the_specification() {
    let mut world = world(Needs::Nothing);
    world.used.push("Y:");
    let printer = Wish {
        kind: 2,
        ..wish("?", "?")
    };
    assert_eq!(code_of(connect(&mut world, &printer)), 87);
    assert_eq!(code_of(connect(&mut world, &wish("?", "?"))), 67);
    assert_eq!(code_of(connect(&mut world, &wish("Z", SHARE))), 1200);
    assert_eq!(code_of(connect(&mut world, &wish("y:", SHARE))), 85);
    assert!(world.sent.is_empty() && world.asked.is_empty());
}

#[test]
fn a_name_that_is_not_ours_costs_no_word_to_anybody() {
    let mut world = world(Needs::Nothing);
    for other in [r"\\server\share", r"\\.\pipe\x", r"\\a:b\c"] {
        for drive in ["", "Z:"] {
            let outcome = connect(&mut world, &wish(drive, other));
            assert_eq!(outcome, Err(Failure::NOT_OURS));
        }
    }
    assert!(world.sent.is_empty() && world.asked.is_empty());
}

#[test]
fn a_class_for_other_agents_is_not_ours() {
    let mut world = world(Needs::Nothing);
    world.classes[0].1.agents = "other".to_owned();
    assert_eq!(
        connect(&mut world, &wish("Z:", SHARE)),
        Err(Failure::NOT_OURS)
    );
    assert!(world.sent.is_empty());
}

#[test]
fn a_live_volume_of_an_unknown_class_is_success_without_a_drive_only() {
    let mut world = Fake {
        volumes: Some(vec![r"\Device\Volume{1-2}\other\share".to_owned()]),
        ..Fake::default()
    };
    let mut connect = |drive, name| code_of(connect(&mut world, &wish(drive, name)));
    assert_eq!(connect("", r"\\OTHER\share"), 0);
    assert_eq!(connect("Z:", r"\\other\share"), 1222);
    assert_eq!(connect("", r"\\other\share2"), 1222);
}

#[test]
fn a_live_volume_is_success_when_there_is_no_launcher() {
    let mut world = world(Needs::Nothing);
    world.volumes = Some(vec![r"\Device\Volume{1-2}\memfs64\share".to_owned()]);
    assert_eq!(code_of(connect(&mut world, &wish("", SHARE))), 0);
    assert_eq!(code_of(connect(&mut world, &wish("Z:", SHARE))), 1208);
}

#[test]
fn the_start_request_has_the_name_and_the_drive() {
    let sent = |drive, name| {
        let mut world = answered(Needs::Nothing, Ok("$"));
        connect(&mut world, &wish(drive, name)).unwrap();
        world.sent[0].clone()
    };
    let expected = r"Smemfs64|share|\memfs64\share|Z:|";
    assert_eq!(sent("z:", SHARE), expected);
    assert_eq!(sent("Z:", r"\\memfs64\share\\"), expected);
    assert_eq!(sent("", r"\\memfs64\a\b\"), r"Smemfs64|a\b|\memfs64\a\b||");
}

#[test]
fn the_secret_comes_last_and_the_user_name_for_three_only() {
    let sent = |needs| {
        let mut world = answered(needs, Ok("$"));
        let wish = Wish {
            credentials: credentials("me", "pä"),
            ..wish("Z:", SHARE)
        };
        connect(&mut world, &wish).unwrap();
        world.sent[0].clone()
    };
    assert_eq!(sent(Needs::Nothing), r"Smemfs64|share|\memfs64\share|Z:|");
    assert_eq!(
        sent(Needs::Password),
        r"Xmemfs64|share|\memfs64\share|Z:|pä|"
    );
    let both = sent(Needs::UserAndPassword);
    assert_eq!(both, r"Xmemfs64|share|\memfs64\share|Z:|me|pä|");
}

#[test]
fn only_a_class_that_runs_as_its_caller_may_act_as_the_caller() {
    let mut world = answered(Needs::Nothing, Ok("$"));
    world.classes[0].1.runs_as_caller = true;
    connect(&mut world, &wish("Z:", SHARE)).unwrap();
    assert!(world.sent[0].ends_with('!'), "{:?}", world.sent);
}

#[test]
fn without_credentials_nothing_is_asked_of_the_launcher() {
    for needs in [Needs::Password, Needs::UserAndPassword] {
        let mut world = world(needs);
        assert_eq!(
            connect(&mut world, &wish("Z:", SHARE)),
            Err(Failure::DENIED)
        );
        assert!(world.sent.is_empty());
    }
}

#[test]
fn remembered_credentials_stand_in_for_those_that_are_missing() {
    let sent = |kept: &str, user: &str, given: &str| {
        let mut world = answered(Needs::UserAndPassword, Ok("$"));
        world
            .remembered
            .push((kept.to_owned(), credentials(user, "kept")));
        let wish = Wish {
            credentials: credentials(given, ""),
            ..wish("Z:", r"\\memfs64\share\")
        };
        let outcome = connect(&mut world, &wish);
        outcome.map(|()| world.sent[0].clone())
    };
    let expected = Ok(r"Xmemfs64|share|\memfs64\share|Z:|me|kept|".to_owned());
    assert_eq!(sent(r"\\memfs64\share\", "me", ""), expected);
    assert_eq!(sent(SHARE, "me", ""), expected);
    assert_eq!(sent(SHARE, "me", "ME"), expected);
    assert_eq!(sent(SHARE, "me", "you"), Err(Failure::DENIED));
    assert_eq!(sent(SHARE, "", ""), Err(Failure::DENIED));
    assert_eq!(sent(r"\\memfs64\other", "me", ""), Err(Failure::DENIED));
}

#[test]
fn what_is_given_comes_before_what_is_remembered() {
    let mut world = answered(Needs::Password, Ok("$"));
    world
        .remembered
        .push((SHARE.to_owned(), credentials("me", "kept")));
    let wish = Wish {
        credentials: credentials("", "given"),
        ..wish("Z:", SHARE)
    };
    connect(&mut world, &wish).unwrap();
    assert!(world.sent[0].ends_with("|given|"), "{:?}", world.sent);
}

#[test]
fn the_launchers_denial_is_passed_on_plain() {
    let mut world = answered(Needs::Nothing, Ok("!5\0"));
    assert_eq!(
        connect(&mut world, &wish("Z:", SHARE)),
        Err(Failure::DENIED)
    );
}

#[test]
fn every_other_refusal_is_in_words() {
    for (answer, part) in [
        ("!2\0", "does not exist"),
        ("!1338\0", "does not parse"),
        ("!1460\0", "did not answer"),
        ("!77\0", "error 77"),
        ("?", "can't be understood"),
    ] {
        let mut world = answered(Needs::Nothing, Ok(answer));
        let words = words_of(connect(&mut world, &wish("Z:", SHARE)));
        assert!(words.contains(part), "{words}");
    }
    for (why, part) in [
        (Unsaid::NoLauncher, "does not run"),
        (Unsaid::NotTrusted, "nothing was sent"),
        (Unsaid::Late, "in time"),
    ] {
        let mut world = answered(Needs::Nothing, Err(why));
        let words = words_of(connect(&mut world, &wish("Z:", SHARE)));
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn names_and_password_that_are_too_long_together_are_refused_in_words() {
    let long = format!(r"\\memfs64\{}", "x".repeat(1100));
    let mut world = world(Needs::Nothing);
    let words = words_of(connect(&mut world, &wish("Z:", &long)));
    assert!(words.contains("too long"), "{words}");
    assert!(world.sent.is_empty());
}

#[test]
fn what_runs_already_is_success_without_a_drive_or_with_its_own() {
    let again = |drive: &str, words: Option<&[&str]>| {
        let mut world = answered(Needs::Nothing, Ok("!183\0"));
        world.devices = vec![("Y:", r"\??\C:\shown")];
        world.instances = words.map(|words| vec![running("memfs64", "share", words)]);
        connect(&mut world, &wish(drive, SHARE))
    };
    assert_eq!(again("", None), Ok(()));
    assert_eq!(again("Z:", Some(&["-m", "Z:"])), Ok(()));
    let words = words_of(again("Z:", Some(&["-m", "Y:"])));
    assert!(words.contains("drive Y: already"), "{words}");
    let words = words_of(again("Z:", Some(&["-m", ""])));
    assert!(words.contains("without a drive"), "{words}");
}

#[test]
fn the_drive_of_what_runs_already_is_waited_for_as_if_it_were_started() {
    let mut world = answered(Needs::Nothing, Ok("!183\0"));
    world.instances = Some(vec![running("memfs64", "share", &["-m", "Z:"])]);
    world.opens_at = Some(Duration::from_millis(300));
    assert_eq!(connect(&mut world, &wish("Z:", SHARE)), Ok(()));
    assert!(world.clock >= Duration::from_millis(300));
}

#[test]
fn the_drive_of_what_runs_already_is_in_its_command_line_where_nothing_else_tells() {
    let mut world = answered(Needs::Nothing, Ok("!183\0"));
    let info = "$memfs64\0share\0\"C:\\fs.exe\" -u \\memfs64\\share -m \"Z:\"\0";
    world.answers.push_back(Ok(info));
    assert_eq!(connect(&mut world, &wish("Z:", SHARE)), Ok(()));
    assert_eq!(world.sent[1], "Imemfs64|share|");
}
