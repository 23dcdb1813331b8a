//! Registrations that did not come to their end.

use super::*;
use crate::windows::store::aside::ASIDE;

/// The ID of no process.
const GONE: u32 = u32::MAX - 3;

/// What is beside the classes while `a` is replaced by a process.
fn aside(own: &Own, pid: u32, keys: &[(&str, &str)]) {
    let name = |what: &str| format!("{ASIDE}{pid}-00000000000000000007.{what}");
    own.write(&name("for"), &[("Class", Kind::TEXT, &wide("a"))]);
    for (what, executable) in keys {
        let values: &[_] = &[("Executable", Kind::TEXT, &wide(executable)[..])];
        own.write(&name(what), values);
    }
}

fn executable(own: &Own) -> String {
    own.store.read(&class("a")).unwrap().executable
}

/// What the machine left at each moment, and what class `a` is afterwards.
fn left(at: usize) -> (Own, &'static str) {
    let (old, new) = (r"C:\old.exe", r"C:\new.exe");
    let own = Own::new();
    let there = |executable| own.write("a", &[("Executable", Kind::TEXT, &wide(executable))]);
    let expected = match at {
        // The new one is half written; the old one is away; the new one is there.
        0 => {
            there(old);
            aside(&own, GONE, &[("new", "")]);
            old
        }
        1 => {
            aside(&own, GONE, &[("new", new), ("old", old)]);
            old
        }
        _ => {
            there(new);
            aside(&own, GONE, &[("old", old)]);
            new
        }
    };
    (own, expected)
}

#[test]
fn a_class_is_there_again_when_the_launcher_begins() {
    for at in 0..3 {
        let (own, expected) = left(at);
        own.store.recover().unwrap();
        assert_eq!(executable(&own), expected);
        assert_eq!(own.names(), ["a"]);
    }
}

#[test]
fn a_class_is_there_again_when_another_is_registered() {
    for at in 0..3 {
        let (own, expected) = left(at);
        let another = registration("b", r"C:\b.exe");
        own.store.register(&another, false).unwrap();
        assert_eq!(executable(&own), expected);
        assert_eq!(own.names(), ["a", "b"]);
    }
}

#[test]
fn what_is_beside_the_classes_is_none_of_them() {
    let (own, _) = left(1);
    assert!(own.store.list().is_empty());
    assert!(own.store.registrations().unwrap().is_empty());
}

#[test]
fn the_work_of_a_process_that_lives_is_left_alone() {
    let own = Own::new();
    aside(&own, process::id(), &[("new", ""), ("old", r"C:\old.exe")]);
    let before = own.names();
    own.store.recover().unwrap();
    assert_eq!(own.names(), before);
}

#[test]
fn a_mark_that_says_nothing_goes_and_one_that_would_cost_somebodys_values_stays() {
    let own = Own::new();
    own.key(&format!("{ASIDE}{GONE}-1.for"));
    own.store.recover().unwrap();
    assert!(own.names().is_empty());

    own.write("a", &[("colour", Kind::TEXT, &wide("blue"))]);
    aside(&own, GONE, &[("old", r"C:\old.exe")]);
    let before = own.names();
    own.store.recover().unwrap_err();
    assert_eq!(own.names(), before);
    let another = registration("b", r"C:\b.exe");
    own.store.register(&another, false).unwrap();
}

#[test]
fn where_no_class_was_ever_registered_there_is_nothing_to_recover() {
    let own = Own::new();
    own.store.recover().unwrap();
}
