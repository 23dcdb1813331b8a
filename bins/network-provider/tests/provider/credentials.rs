//! Passwords: given, remembered, or missing.

use crate::library::{Add, add};
use crate::stage::{Class, Stage};
use crate::vault::Kept;

const NAME: &str = r"\\sshfs\alice@host";

fn stage(credentials: u32) -> Stage {
    let class = Class {
        credentials,
        ..Class::default()
    };
    Stage::answering(|message| {
        if message.contains("|right|") {
            "$"
        } else {
            "!5|"
        }
        .to_owned()
    })
    .class("sshfs", class)
}

fn blob(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_password_is_the_last_argument_and_a_user_name_comes_before_it_where_it_is_asked_for() {
    for (credentials, sent) in [
        (0, r"Ssshfs|alice@host|\sshfs\alice@host||"),
        (1, r"Xsshfs|alice@host|\sshfs\alice@host||right|"),
        (3, r"Xsshfs|alice@host|\sshfs\alice@host||me|right|"),
    ] {
        let stage = stage(credentials);
        let wish = Add {
            user: Some("me"),
            password: Some("right"),
            ..add("", NAME)
        };
        let code = stage.library.connect(wish);
        assert_eq!(code, if credentials == 0 { 5 } else { 0 });
        assert_eq!(stage.heard(), [sent]);
    }
}

#[test]
fn what_is_missing_is_5_and_not_asked_of_the_launcher() {
    for credentials in [1, 3] {
        let stage = stage(credentials);
        assert_eq!(stage.library.connect(add("", NAME)), 5);
        let empty = Add {
            user: Some("me"),
            password: Some(""),
            ..add("", NAME)
        };
        assert_eq!(stage.library.connect(empty), 5);
        if credentials == 3 {
            let nameless = Add {
                password: Some("right"),
                ..add("", NAME)
            };
            assert_eq!(stage.library.connect(nameless), 5);
        }
        assert!(stage.heard().is_empty());
    }
}

#[test]
fn a_wrong_password_is_5() {
    let stage = stage(1);
    let wish = Add {
        password: Some("wrong"),
        ..add("", NAME)
    };
    assert_eq!(stage.library.connect(wish), 5);
}

#[test]
fn a_remembered_password_is_used_with_its_nul_and_without() {
    for text in ["right\0", "right"] {
        for (credentials, user) in [(1, ""), (3, "me|")] {
            let stage = stage(credentials);
            let _kept = Kept::new(NAME, "me", &blob(text));
            assert_eq!(stage.library.connect(add("", NAME)), 0, "{text:?}");
            let sent = format!(r"Xsshfs|alice@host|\sshfs\alice@host||{user}right|");
            assert_eq!(stage.heard(), [sent]);
        }
    }
}

#[test]
fn a_prompt_that_nobody_may_see_is_87() {
    let stage = stage(1);
    assert_eq!(stage.library.connect3(add("", NAME), 0x10), 87);
    let wish = Add {
        password: Some("right"),
        ..add("", NAME)
    };
    assert_eq!(stage.library.connect3(wish, 0), 0);
    assert_eq!(stage.library.connect3(wish, 0x8), 0);
}
