//! Adding and ending connections: every code.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fslaunch_tests::until;

use crate::drive::{self, Letter};
use crate::library::add;
use crate::stage::{Class, Stage, of_ours};

const SHARE: &str = r"\\memfs64\share";

fn stage(answer: &'static str) -> Stage {
    Stage::answering(move |_| answer.to_owned()).class("memfs64", Class::default())
}

#[test]
fn it_can_do_what_the_specification_says() {
    let stage = Stage::empty();
    let said = [1, 2, 6, 11, 12, 3].map(|index| stage.library.caps(index));
    assert_eq!(said, [0x0005_0001, 0x2073_7046, 0xF, 6, 1, 0]);
}

#[test]
fn what_can_not_be_right_is_refused_before_anybody_is_asked() {
    let stage = stage("$").telling();
    let library = &stage.library;
    let printer = |kind| crate::library::Add {
        kind,
        ..add("", SHARE)
    };
    assert_eq!(library.connect(printer(2)), 87);
    assert_eq!(library.connect_nothing(), 87);
    for name in ["", "x", r"\\memfs64", r"\\memfs64\", r"\memfs64\share"] {
        assert_eq!(library.connect(add("", name)), 67, "{name}");
    }
    let nameless = crate::library::Add {
        remote: None,
        ..add("", "")
    };
    assert_eq!(library.connect(nameless), 67);
    for local in ["Z", r"Z:\", "LPT1", "1:"] {
        assert_eq!(library.connect(add(local, SHARE)), 1200, "{local}");
    }
    assert_eq!(library.connect(add("C:", SHARE)), 85);
    assert_eq!(library.connect(add("c:", SHARE)), 85);
    assert_eq!(stage.calls(), 0);
}

#[test]
fn a_start_without_a_drive_is_one_message() {
    for (kind, name) in [(1, SHARE), (0, r"\\memfs64\share\\")] {
        let stage = stage("$");
        let add = crate::library::Add {
            kind,
            ..add("", name)
        };
        assert_eq!(stage.library.connect(add), 0);
        assert_eq!(stage.heard(), [r"Smemfs64|share|\memfs64\share||"]);
    }
}

#[test]
fn the_launchers_denial_is_5_and_other_causes_are_words_with_1208() {
    assert_eq!(stage("!5|").library.connect(add("", SHARE)), 5);
    for (answer, part) in [
        ("!2|", r"'C:\no\such.exe' of class 'memfs64' does not exist"),
        ("!87|", "changed just now"),
        ("!1338|", "does not parse"),
        ("!1460|", "did not answer"),
        ("!1816|", "limit"),
        ("?", "can't be understood"),
        ("", "error"),
    ] {
        let stage = stage(answer);
        assert_eq!(stage.library.connect(add("", SHARE)), 1208, "{answer}");
        let words = stage.library.words();
        assert!(words.contains(part), "{answer}: {words}");
    }
}

#[test]
fn without_a_launcher_the_words_say_so_at_once() {
    let stage = Stage::empty().class("memfs64", Class::default());
    let began = Instant::now();
    assert_eq!(stage.library.connect(add("Q:", SHARE)), 1208);
    assert!(began.elapsed() < Duration::from_secs(1));
    let words = stage.library.words();
    assert!(words.contains("does not run"), "{words}");
}

#[test]
fn a_pipe_of_somebody_else_gets_nothing() {
    let stranger = "O:S-1-5-21-1-2-3-1001D:(A;;GA;;;WD)";
    let class = Class {
        credentials: 1,
        ..Class::default()
    };
    let stage = Stage::empty().class("memfs64", class);
    let stage = stage.served_by(stranger, |_| "$".to_owned());
    let wish = crate::library::Add {
        password: Some("secret"),
        ..add("", SHARE)
    };
    assert_eq!(stage.library.connect(wish), 1208);
    let words = stage.library.words();
    assert!(words.contains("nothing was sent"), "{words}");
    assert!(stage.heard().is_empty());
}

#[test]
fn what_runs_already_is_success_without_a_drive_or_as_that_drive() {
    let script = |message: &str| {
        if message.contains("|Q:|") {
            drive::map("Q:", std::env::temp_dir().to_str().unwrap());
        }
        "!183|".to_owned()
    };
    let stage = Stage::answering(script).telling();
    let stage = stage.class("memfs64", Class::default());
    let _letter = Letter::free("Q:");
    stage.has(r"memfs64\share", "Q:");
    assert_eq!(stage.library.connect(add("", SHARE)), 0);
    assert_eq!(stage.library.connect(add("q:", SHARE)), 0);
    assert_eq!(stage.library.connect(add("R:", SHARE)), 1208);
    let words = stage.library.words();
    assert!(words.contains("drive Q: already"), "{words}");
}

#[test]
fn a_connection_ends_by_its_name_and_by_its_drive() {
    let stage = stage("$").telling();
    let _letter = Letter::shown("Q:");
    for (number, name) in (1..).zip([SHARE, r"\\memfs64\share\", "q:"]) {
        stage.has(r"memfs64\share", "Q:");
        let (heard, asked) = (stage.heard.clone(), stage.asked.clone());
        let gone = stage.instances.clone();
        let ending = thread::spawn(move || {
            until("it is stopped", || heard.lock().unwrap().len() == number);
            let before = asked.load(Ordering::SeqCst);
            until("it is looked for", || asked.load(Ordering::SeqCst) > before);
            gone.lock().unwrap().clear();
        });
        assert_eq!(stage.library.cancel(Some(name)), 0, "{name}");
        assert!(
            stage.instances.lock().unwrap().is_empty(),
            "it waits for the end"
        );
        ending.join().unwrap();
    }
    assert_eq!(stage.heard(), ["Tmemfs64|share|"; 3]);
}

#[test]
fn ending_what_is_not_connected_is_2250_and_what_is_no_name_67() {
    let stage = stage("!2|").telling();
    for name in [SHARE, "Q:", r"\\server\share"] {
        assert_eq!(stage.library.cancel(Some(name)), 2250, "{name}");
    }
    for name in [None, Some(""), Some("Q"), Some(r"\\memfs64")] {
        assert_eq!(stage.library.cancel(name), 67, "{name:?}");
    }
    drop(stage);
    let nobody = Stage::empty().class("memfs64", Class::default());
    assert_eq!(nobody.library.cancel(Some(SHARE)), 2250);
    drop(nobody);
    assert_eq!(self::stage("!5|").library.cancel(Some(SHARE)), 5);
    assert_eq!(self::stage("!1053|").library.cancel(Some(SHARE)), 1208);
}

#[test]
fn ten_threads_at_once_get_what_they_ask_for() {
    let here = AtomicU32::new(0);
    let script = move |message: &str| {
        here.fetch_add(1, Ordering::SeqCst);
        until("all of them ask", || here.load(Ordering::SeqCst) == 10);
        let odd = message.contains("share1|") || message.contains("share7|");
        if odd { "!5|" } else { "$" }.to_owned()
    };
    let stage = Stage::answering(script).class("memfs64", Class::default());
    let library = &stage.library;
    let codes: Vec<u32> = thread::scope(|scope| {
        let start = |number| move || library.connect3(add("", &format!(r"{SHARE}{number}")), 0);
        let threads: Vec<_> = (0..10).map(|number| scope.spawn(start(number))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(codes, [0, 5, 0, 0, 0, 0, 0, 5, 0, 0]);
    assert_eq!(stage.heard().len(), 10);
}

#[test]
fn a_panic_gets_no_further_than_the_function() {
    let stage = Stage::empty();
    assert_eq!(stage.library.panics(), 59);
    assert_eq!(stage.library.panics(), 59);
    assert_eq!(stage.library.caps(12), 1);
}

#[test]
fn a_class_that_runs_as_its_caller_is_started_too() {
    let class = Class {
        run_as: ".",
        ..Class::default()
    };
    let stage = Stage::empty().class("hubfs", class);
    let stage = stage.served_by(&of_ours(), |_| "$".to_owned());
    assert_eq!(stage.library.connect(add("", r"\\hubfs\x")), 0);
    assert_eq!(stage.heard(), [r"Shubfs|x|\hubfs\x||"]);
}
