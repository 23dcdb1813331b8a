//! Many classes, and many who change them.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::*;

#[test]
fn a_thousand_classes_are_listed_quickly() {
    let own = Own::new();
    let exe = wide(EXE);
    for number in 0..1000 {
        own.write(
            &format!("class {number:04}"),
            &[("Executable", Kind::TEXT, &exe)],
        );
    }
    let begun = Instant::now();
    let listed = own.store.list();
    let took = begun.elapsed();
    assert_eq!(listed.len(), 1000);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn of_several_who_register_a_class_at_once_one_does() {
    let own = Own::new();
    for round in 0..5 {
        let name = format!("class {round}");
        // A key with a file system's own value is no class yet.
        own.write(&name, &[("colour", Kind::TEXT, &wide("blue"))]);
        let done = thread::scope(|scope| {
            let register = |number: usize| {
                let (own, name) = (&own, &name);
                let executable = format!(r"C:\{number}.exe");
                let registration = registration(name, &executable);
                scope.spawn(move || match own.store.register(&registration, false) {
                    Ok(_) => Some(executable),
                    Err(StoreError::Exists { .. }) => None,
                    Err(error) => panic!("{error}"),
                })
            };
            let threads: Vec<_> = (0..4).map(register).collect();
            let done = threads
                .into_iter()
                .filter_map(|thread| thread.join().unwrap());
            done.collect::<Vec<_>>()
        });
        let record = own.store.read(&class(&name)).unwrap();
        assert_eq!(done, [record.executable]);
        assert_eq!(record.unknown.len(), 1);
    }
    assert_eq!(own.names().len(), 5, "nothing is left behind");
}

#[test]
fn whoever_reads_a_class_that_is_replaced_sees_one_whole_class() {
    let own = Own::new();
    let whole = |letter: &str| {
        let mut whole = registration("a", &format!(r"C:\{letter}.exe"));
        for field in ["CommandLine", "RunAs", "Agent", "AuthPackage"] {
            whole.add(field, Value::Text(letter.to_owned())).unwrap();
        }
        whole
    };
    let all = ["x", "y", "z"].map(whole);
    own.store.register(&all[0], false).unwrap();
    let ended = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        let writers: Vec<_> = all
            .iter()
            .map(|one| {
                let own = &own;
                scope.spawn(move || {
                    (0..25).for_each(|_| {
                        own.store.register(one, true).unwrap();
                    })
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !ended.load(Ordering::Relaxed) {
                let read = own.store.registration(&class("a")).unwrap();
                let found = all.iter().position(|one| *one == read);
                seen.insert(found.unwrap_or_else(|| panic!("half of one: {read:?}")));
            }
            seen
        });
        let written: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        ended.store(true, Ordering::Relaxed);
        assert!(written.iter().all(Result::is_ok));
        reader.join().unwrap()
    });
    assert!(!seen.is_empty());
    assert_eq!(own.names(), ["a"], "nothing is left behind");
}
