//! What the real launcher does behind the library: processes that end, that
//! take long, and many at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fslaunch_tests::{Watchdog, until};

use crate::drive::Letter;
use crate::launched::{Launcher, Programs};
use crate::library::{Library, add};
use crate::stage::turn;

const DRIVE: &str = "T:";
const NAME: &str = r"\\mapfs\one";
/// Letters that nothing else here has.
const MANY: [&str; 10] = ["G:", "H:", "I:", "J:", "K:", "L:", "M:", "N:", "O:", "P:"];

#[test]
fn the_exit_code_of_a_process_that_ends_is_told_in_words() {
    let test = "the_exit_code_of_a_process_that_ends_is_told_in_words";
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let launcher = Launcher::start(programs, key);
    let _watchdog = Watchdog::over(launcher.folder());
    let shell = std::env::var("ComSpec").unwrap();
    launcher.class_of("ending", &shell, "/c exit 7");
    let library = Library::load();
    let began = Instant::now();
    assert_eq!(library.connect(add(DRIVE, r"\\ending\x")), 1208);
    let words = library.words();
    assert!(words.contains("exit code 7"), "{words}");
    assert!(words.contains(r"\\ending\x"), "{words}");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it is not waited for as if it lived: {:?}",
        began.elapsed()
    );
    assert_eq!(library.cancel(Some(r"\\ending\x")), 2250);
}

#[test]
fn what_is_still_starting_after_its_time_is_usable_later() {
    let test = "what_is_still_starting_after_its_time_is_usable_later";
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let _letter = Letter::free(DRIVE);
    let launcher = Launcher::start(programs, key);
    let _watchdog = Watchdog::over(launcher.folder());
    launcher.class("mapfs", 4000, "").set("StartTimeout", 1);
    let library = Library::load();
    assert_eq!(library.connect(add(DRIVE, NAME)), 1208);
    let words = library.words();
    assert!(
        words.contains("still starting") && words.contains("1 s"),
        "{words}"
    );
    let root = PathBuf::from(format!(r"{DRIVE}\"));
    until("the drive is there", || fs::read_dir(&root).is_ok());
    fs::write(root.join("file"), "later").unwrap();
    let below = launcher.shown().join("file");
    assert_eq!(fs::read_to_string(below).unwrap(), "later");
    let (code, _, name) = library.connection(Some(DRIVE), Some(64), 64);
    assert_eq!((code, name.as_str()), (0, NAME));
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    assert!(fs::read_dir(&root).is_err(), "the drive is gone");
}

#[test]
fn ten_drives_at_once_are_started_and_ended() {
    let test = "ten_drives_at_once_are_started_and_ended";
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let _letters = MANY.map(Letter::free);
    let launcher = Launcher::start(programs, key);
    let _watchdog = Watchdog::over(launcher.folder());
    launcher.class("mapfs", 50, "");
    let library = Library::load();
    let name = |drive: &str| format!(r"\\mapfs\{}", &drive[..1]);
    let codes = at_once(&MANY, |drive| library.connect(add(drive, &name(drive))));
    assert_eq!(codes, [0; 10], "{}", library.words());
    assert_eq!(launcher.instances().len(), 10);
    for drive in MANY {
        assert!(fs::read_dir(format!(r"{drive}\")).is_ok(), "{drive}");
        let (code, _, told) = library.connection(Some(drive), Some(64), 64);
        assert_eq!((code, told), (0, name(drive)));
    }
    let codes = at_once(&MANY, |drive| library.cancel(Some(drive)));
    assert_eq!(codes, [0; 10]);
    let gone = |drive: &&str| !Path::new(&format!(r"{drive}\")).exists();
    assert!(MANY.iter().all(gone), "all drives are gone");
    assert_eq!(launcher.instances(), [] as [&str; 0]);
}

#[test]
fn ten_that_ask_for_one_drive_at_once_get_one_instance() {
    let test = "ten_that_ask_for_one_drive_at_once_get_one_instance";
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let _letter = Letter::free(DRIVE);
    let launcher = Launcher::start(programs, key);
    let _watchdog = Watchdog::over(launcher.folder());
    launcher.class("mapfs", 1000, "");
    let library = Library::load();
    let usable = |_: &str| {
        let code = library.connect(add(DRIVE, NAME));
        // Whoever is told that it is connected can use it at once.
        let there = fs::read_dir(format!(r"{DRIVE}\")).is_ok();
        assert!(code != 0 || there, "told before it is usable");
        code
    };
    let codes = at_once(&MANY, usable);
    assert!(codes.contains(&0), "{codes:?}");
    // Who came late finds the letter in use.
    let clear = |code: &u32| matches!(code, 0 | 85);
    assert!(codes.iter().all(clear), "{codes:?}: {}", library.words());
    assert_eq!(launcher.instances(), ["mapfs one"]);
    assert_eq!(library.cancel(Some(NAME)), 0);
    assert_eq!(launcher.instances(), [] as [&str; 0]);
}

/// The codes of ten calls, each in a thread of its own.
fn at_once(drives: &[&'static str], call: impl Fn(&str) -> u32 + Sync) -> Vec<u32> {
    let call = &call;
    thread::scope(|scope| {
        let threads: Vec<_> = drives
            .iter()
            .map(|&drive| scope.spawn(move || call(drive)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}
