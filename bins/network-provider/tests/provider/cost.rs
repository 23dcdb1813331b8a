//! What names and drives cost that are not ours: nothing.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::drive::Letter;
use crate::library::{Add, add};
use crate::stage::{Class, Stage};

#[test]
fn an_unknown_server_costs_no_call_and_no_words() {
    let agent = Class {
        agent: "other",
        ..Class::default()
    };
    let stage = Stage::answering(|_| "$".to_owned())
        .telling()
        .class("theirs", agent);
    let library = &stage.library;
    let began = Instant::now();
    for round in 0..100 {
        let name = format!(r"\\server{round}\share");
        assert_eq!(library.connect(add("Q:", &name)), 1222);
        assert_eq!(library.connect3(add("", &name), 8), 1222);
        assert_eq!(library.cancel(Some(&name)), 2250);
    }
    assert_eq!(library.connect(add("", r"\\theirs\share")), 1222);
    assert_eq!(library.connect3(add("", r"\\server\share"), 0x10), 1222);
    assert_eq!(library.cancel(Some(r"\\theirs\share")), 2250);
    let with_password = Add {
        password: Some("p"),
        user: Some("u"),
        ..add("", r"\\server\share")
    };
    assert_eq!(library.connect(with_password), 1222);
    assert_eq!(stage.calls(), 0);
    assert_eq!(library.words(), "");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn the_drive_of_a_class_for_other_agents_is_neither_told_nor_stopped() {
    let agent = Class {
        agent: "other",
        ..Class::default()
    };
    let mut stage = Stage::answering(|_| "$".to_owned())
        .telling()
        .class("theirs", agent);
    stage.shows(r"theirs\share", "Q:");
    assert_eq!(stage.library.cancel(Some("Q:")), 2250);
    assert_eq!(stage.library.connection(Some("Q:"), Some(64), 64).0, 2250);
    assert_eq!(stage.heard(), [] as [&str; 0]);
    // It is found where it is not for others.
    let agent = Class {
        agent: "other, WinFsp.Np",
        ..Class::default()
    };
    let stage = stage.class("theirs", agent);
    assert_eq!(stage.library.connection(Some("Q:"), Some(64), 64).0, 0);
}

#[test]
fn a_local_disk_costs_no_call_also_if_it_is_what_an_instance_shows() {
    let stage = Stage::answering(|_| "$".to_owned())
        .telling()
        .class("memfs64", Class::default());
    stage.has(r"memfs64\share", r"C:\");
    assert_eq!(stage.library.connection(Some("C:"), Some(64), 64).0, 2250);
    assert_eq!(stage.library.cancel(Some("C:")), 2250);
    let mut size = 0;
    let none = std::ptr::null_mut();
    let code = stage.library.universal(Some(r"C:\a"), 1, none, &mut size);
    assert_eq!(code, 2250);
    assert_eq!(stage.calls(), 0);
}

#[test]
fn a_launcher_that_does_not_answer_costs_three_seconds_however_many_instances_it_has() {
    let stage = Stage::answering(|_| String::new()).telling();
    let _letter = Letter::shown("Q:");
    for number in 0..20 {
        stage.has(&format!(r"memfs64\{number}"), "P:");
    }
    // Each answer takes its time, and none too long by itself.
    let slow = Duration::from_millis(500);
    stage.slow.store(slow.as_millis() as u64, Ordering::SeqCst);
    let began = Instant::now();
    assert_eq!(stage.library.connection(Some("Q:"), Some(64), 64).0, 2250);
    let took = began.elapsed();
    assert!(took > 3 * slow && took < Duration::from_secs(6), "{took:?}");
}
