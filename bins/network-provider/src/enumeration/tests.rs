use super::*;
use crate::fake::{Fake, running};

const ROOM: Room = Room {
    address: 0x1000,
    capacity: 4096,
    pointer: 8,
};

fn world() -> Fake {
    let mut failed = running("memfs64", "failed", &["Y:"]);
    failed.instance.state = fslaunch_protocol::State::Failed;
    let nameless = running("memfs64", "", &["X:"]);
    Fake {
        instances: Some(vec![
            running("memfs64", "one", &["Z:"]),
            failed,
            nameless,
            running("nfs", "two", &[]),
        ]),
        ..Fake::default()
    }
}

#[test]
fn what_is_connected_can_be_listed_and_nothing_else() {
    for scope in 0..8 {
        let opened = Enumeration::open(&mut world(), scope, 0);
        assert_eq!(opened.is_ok(), matches!(scope, 1 | 5), "{scope}");
        if let Err(failure) = opened {
            assert_eq!(failure.code(), 50);
        }
    }
}

#[test]
fn failed_instances_and_those_without_a_name_of_the_network_are_left_out() {
    let mut listing = Enumeration::open(&mut world(), 1, 1).unwrap();
    let Page::Entries { count, .. } = listing.next(ROOM, usize::MAX) else {
        panic!("entries");
    };
    assert_eq!(count, 2);
    assert_eq!(listing.next(ROOM, usize::MAX), Page::End);
}

#[test]
fn there_are_no_printers() {
    let mut world = world();
    let mut listing = Enumeration::open(&mut world, 1, 2).unwrap();
    assert_eq!(listing.next(ROOM, usize::MAX), Page::End);
    assert!(world.asked.is_empty());
}

#[test]
fn what_does_not_fit_comes_the_next_time() {
    let mut listing = Enumeration::open(&mut world(), 5, 0).unwrap();
    let none = Room {
        capacity: 0,
        ..ROOM
    };
    let Page::TooSmall(needed) = listing.next(none, usize::MAX) else {
        panic!("no room");
    };
    let enough = Room {
        capacity: needed,
        ..ROOM
    };
    for _ in 0..2 {
        let page = listing.next(enough, usize::MAX);
        assert!(matches!(page, Page::Entries { count: 1, .. }), "{page:?}");
    }
    assert_eq!(listing.next(enough, usize::MAX), Page::End);
}

#[test]
fn without_a_launcher_and_a_driver_nothing_is_connected() {
    let mut listing = Enumeration::open(&mut Fake::default(), 1, 1).unwrap();
    assert_eq!(listing.next(ROOM, 1), Page::End);
}
