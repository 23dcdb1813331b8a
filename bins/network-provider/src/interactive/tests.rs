use std::time::Duration;

use super::*;
use crate::class::{Class, Package};
use crate::credentials::credentials;
use crate::fake::Fake;

const NAME: &str = r"\\sshfs\alice@host";

fn world(needs: Needs, answers: &[&'static str]) -> Fake {
    let class = Class {
        needs,
        ..Class::plain()
    };
    Fake {
        classes: vec![("sshfs", class)],
        opens_at: Some(Duration::ZERO),
        answers: answers.iter().map(|&answer| Ok(answer)).collect(),
        ..Fake::default()
    }
}

fn wish(password: &str) -> Wish {
    Wish {
        kind: 1,
        local: "Z:".to_owned(),
        remote: NAME.to_owned(),
        credentials: credentials("", password),
    }
}

fn told(password: &str, remember: bool) -> Result<Option<Told>, u32> {
    let credentials = credentials("alice", password);
    Ok(Some(Told {
        credentials,
        remember,
    }))
}

#[test]
fn a_prompt_without_anybody_to_see_it_is_87() {
    let mut world = world(Needs::Password, &["$"]);
    let outcome = connect(&mut world, &wish("p"), PROMPT);
    assert_eq!(outcome, Err(Failure::Plain(87)));
    assert!(world.sent.is_empty() && world.asked.is_empty());
}

#[test]
fn what_is_given_is_tried_before_anybody_is_asked() {
    let mut world = world(Needs::Password, &["$"]);
    assert_eq!(connect(&mut world, &wish("p"), INTERACTIVE), Ok(()));
    assert!(world.asked.iter().all(|asked| !asked.starts_with("ask")));
}

#[test]
fn with_a_prompt_the_user_is_asked_first() {
    let mut world = world(Needs::Password, &["$"]);
    world.told.push_back(told("new", false));
    let outcome = connect(&mut world, &wish("p"), INTERACTIVE | PROMPT);
    assert_eq!(outcome, Ok(()));
    assert_eq!(world.sent.len(), 1);
    assert!(world.sent[0].ends_with("|new|"), "{:?}", world.sent);
    assert!(world.remembered.is_empty());
}

#[test]
fn the_dialog_is_shown_until_it_works() {
    let mut world = world(Needs::Password, &["!5\0", "!5\0", "$"]);
    world
        .told
        .extend([told("", true), told("wrong", true), told("right", true)]);
    assert_eq!(connect(&mut world, &wish("bad"), INTERACTIVE), Ok(()));
    assert_eq!(world.sent.len(), 3, "what is empty is not tried");
    let asked: Vec<&String> = world
        .asked
        .iter()
        .filter(|asked| asked.starts_with("ask"))
        .collect();
    let (first, later) = (
        format!(r#"ask {NAME} "alice" false"#),
        format!(r#"ask {NAME} "alice" true"#),
    );
    assert_eq!(asked, [&first, &later, &later]);
    assert_eq!(
        world.remembered,
        [(NAME.to_owned(), credentials("alice", "right"))]
    );
}

#[test]
fn the_dialog_is_for_the_package_that_the_class_names() {
    for (package, shown) in [
        (Some(Package::Numbered(7)), " Numbered(7)"),
        (
            Some(Package::Named("Kerberos".to_owned())),
            " Named(\"Kerberos\")",
        ),
        (None, ""),
    ] {
        let mut world = world(Needs::Password, &["!5\0"]);
        world.classes[0].1.package = package;
        let _ = connect(&mut world, &wish("bad"), INTERACTIVE);
        let asked = format!(r#"ask {NAME} "alice" false{shown}"#);
        assert_eq!(world.asked.last(), Some(&asked));
    }
}

#[test]
fn whoever_cancels_the_dialog_gets_1223_and_nothing_is_remembered() {
    let mut world = world(Needs::Password, &["!5\0"]);
    world.told.extend([told("wrong", true), Ok(None)]);
    let outcome = connect(&mut world, &wish(""), INTERACTIVE);
    assert_eq!(outcome, Err(Failure::Plain(1223)));
    assert!(world.remembered.is_empty());
}

#[test]
fn a_failure_of_another_kind_ends_the_asking() {
    let mut world = world(Needs::Password, &["!1338\0"]);
    world.told.push_back(told("p", true));
    let outcome = connect(&mut world, &wish(""), INTERACTIVE);
    assert_eq!(outcome.unwrap_err().code(), 1208);
    assert!(world.remembered.is_empty());
}

#[test]
fn a_class_without_credentials_asks_for_none() {
    let mut world = world(Needs::Nothing, &["!5\0"]);
    let outcome = connect(&mut world, &wish(""), INTERACTIVE | PROMPT);
    assert_eq!(outcome, Err(Failure::DENIED));
    assert!(world.asked.is_empty());
}

#[test]
fn without_a_dialog_the_cause_is_told() {
    let mut world = world(Needs::Password, &[]);
    world.told.push_back(Err(120));
    let outcome = connect(&mut world, &wish(""), INTERACTIVE);
    let Err(Failure::Words { words, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(words.contains("error 120"), "{words}");
}

#[test]
fn a_name_that_is_not_ours_is_asked_about_nowhere() {
    let mut world = world(Needs::Password, &[]);
    let other = Wish {
        remote: r"\\server\share".to_owned(),
        ..wish("")
    };
    // A prompt without anybody to see it is for others to judge.
    for flags in [0, INTERACTIVE, INTERACTIVE | PROMPT, PROMPT] {
        assert_eq!(connect(&mut world, &other, flags), Err(Failure::NOT_OURS));
    }
    assert!(world.sent.is_empty() && world.asked.is_empty());
}
