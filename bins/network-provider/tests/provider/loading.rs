//! Used again and again by programs that load and free it: pipes, events and
//! listings are given back. The library itself stays where it was loaded, as
//! `shipped` proves.

use std::ptr;

use crate::held::Held;
use crate::library::{Library, add};
use crate::stage::{Class, Stage};

const ROUNDS: u32 = 10_000;
/// Of those that talk to a launcher.
const TALKS: u32 = 200;

#[test]
fn ten_thousand_times_loaded_used_and_freed_it_leaves_nothing_behind() {
    let stage = Stage::empty().class("memfs64", Class::default());
    look(100);
    let before = Held::now();
    look(ROUNDS);
    before.is_given_back_after("10,000 loads");
    drop(stage);
}

#[test]
fn hundreds_of_talks_with_a_launcher_leave_nothing_behind() {
    let script = |message: &str| {
        let answer = match message.contains("|refused|") {
            true => "!1816|",
            false => "$",
        };
        answer.to_owned()
    };
    let mut stage = Stage::answering(script).telling();
    stage = stage.class("memfs64", Class::default());
    stage.shows(r"memfs64\share", "Q:");
    talk(&stage, 20);
    let calls = stage.calls();
    let before = Held::now();
    talk(&stage, TALKS);
    // Each round has asked by both pipes.
    assert!(stage.calls() - calls >= 5 * TALKS);
    before.is_given_back_after("hundreds of talks");
}

/// Asks for what needs no launcher, or has none.
fn look(rounds: u32) {
    for round in 0..rounds {
        let library = Library::load();
        assert_eq!(library.caps(12), 1);
        assert_eq!(library.connect(add("", r"\\server\share")), 1222);
        assert_eq!(library.cancel(Some("")), 67);
        if round % 100 == 0 {
            // A failure in words, and one that has looked for the launcher.
            assert_eq!(library.connect(add("", r"\\memfs64\share")), 1208);
            assert_eq!(library.cancel(Some("Q:")), 2250);
        }
    }
}

/// Starts, a refusal, the name of a drive, and a listing.
fn talk(stage: &Stage, rounds: u32) {
    for _ in 0..rounds {
        let library = Library::load();
        assert_eq!(library.connect(add("", r"\\memfs64\share")), 0);
        assert_eq!(library.connect(add("", r"\\memfs64\refused")), 1208);
        assert_eq!(library.connection(Some("Q:"), Some(64), 64).0, 0);
        let mut handle = ptr::null_mut();
        assert_eq!(library.open_enum(1, 1, &mut handle), 0);
        let mut room = [0_u64; 256];
        let (mut count, mut size) = (u32::MAX, 2048);
        let start = room.as_mut_ptr().cast();
        let code = library.enum_resource(handle, &mut count, start, &mut size);
        assert_eq!((code, count), (0, 1));
        assert_eq!(library.close_enum(handle), 0);
    }
    stage.heard.lock().unwrap().clear();
}
