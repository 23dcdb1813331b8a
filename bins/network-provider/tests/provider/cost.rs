//! What names cost that are not ours: nothing.

use std::time::{Duration, Instant};

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
