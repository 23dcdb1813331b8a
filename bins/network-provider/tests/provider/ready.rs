//! Waiting for a file system: with a drive that really appears.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use fslaunch_tests::until;

use crate::drive::{self, Letter};
use crate::library::add;
use crate::stage::{Class, Stage, of_ours};

const SHARE: &str = r"\\memfs64\share";
/// A letter for each test: they leave none behind, and take turns.
const DRIVE: &str = "R:";

fn folder() -> String {
    std::env::temp_dir().to_str().unwrap().to_owned()
}

/// A launcher whose file system is there once it was looked for so often, or
/// never; and since when it is there.
fn starting(looks: Option<u32>, timeout: u32) -> (Stage, Arc<OnceLock<Instant>>) {
    let class = Class {
        timeout,
        ..Class::default()
    };
    let stage = Stage::empty();
    let since = Arc::<OnceLock<Instant>>::default();
    let (asked, there) = (stage.asked.clone(), since.clone());
    let script = move |message: &str| {
        if message.starts_with('S')
            && let Some(looks) = looks
        {
            let (asked, there) = (asked.clone(), there.clone());
            thread::spawn(move || {
                until("it is looked for", || asked.load(Ordering::SeqCst) >= looks);
                there.get_or_init(Instant::now);
                drive::map(DRIVE, &folder());
            });
        }
        "$".to_owned()
    };
    let stage = stage.served_by(&of_ours(), script).telling();
    let stage = stage.class("memfs64", class);
    stage.has(r"memfs64\share", DRIVE);
    (stage, since)
}

#[test]
fn a_drive_is_usable_as_soon_as_it_is_there() {
    for looks in [0, 3] {
        let (stage, since) = starting(Some(looks), 0);
        let _letter = Letter::free(DRIVE);
        assert_eq!(stage.library.connect(add(DRIVE, SHARE)), 0);
        let took = since.get().unwrap().elapsed();
        // Generous: the machine may be busy. The figure is in the benchmarks.
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(std::fs::read_dir(format!(r"{DRIVE}\")).is_ok());
        assert_eq!(stage.heard(), [r"Smemfs64|share|\memfs64\share|R:|"]);
    }
}

#[test]
fn what_never_gets_ready_is_still_starting_after_the_time_of_its_class() {
    let (stage, _) = starting(None, 1);
    let began = Instant::now();
    assert_eq!(stage.library.connect(add(DRIVE, SHARE)), 1208);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let words = stage.library.words();
    assert!(
        words.contains("still starting") && words.contains("1 s"),
        "{words}"
    );
    assert_eq!(stage.heard().len(), 1, "it is not stopped");
}

#[test]
fn what_ends_early_is_not_waited_for() {
    let (stage, _) = starting(None, 15);
    stage.instances.lock().unwrap().clear();
    let began = Instant::now();
    assert_eq!(stage.library.connect(add(DRIVE, SHARE)), 1208);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    let words = stage.library.words();
    assert!(words.contains("ended before"), "{words}");
}
