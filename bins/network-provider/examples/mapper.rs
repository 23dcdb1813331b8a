//! A file system for tests: it shows a folder as a drive.
//!
//! `mapper DRIVE FOLDER MILLISECONDS [SECRET]` waits so long, maps the drive,
//! and unmaps it when asked to end. With a secret it first reads one from
//! standard input and answers whether it is that.
#![cfg_attr(windows, allow(unsafe_code))]

#[cfg(windows)]
#[path = "../tests/provider/drive.rs"]
mod drive;

#[cfg(windows)]
fn main() {
    use std::io::{Read, Write};
    let asked_to_end = drive::asked_to_end();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [letter, folder, pause, secret @ ..] = words.as_slice() else {
        panic!("mapper DRIVE FOLDER MILLISECONDS [SECRET]");
    };
    if let [expected] = secret {
        let mut given = String::new();
        let read = std::io::stdin().read_to_string(&mut given);
        let right = read.is_ok() && given == *expected;
        let mut out = std::io::stdout();
        let answer = if right { b"OK" } else { b"KO" };
        let _ = out.write_all(answer).and_then(|()| out.flush());
        if !right {
            std::process::exit(1);
        }
    }
    let pause = pause.parse().expect("milliseconds");
    std::thread::sleep(std::time::Duration::from_millis(pause));
    drive::map(letter, folder);
    let _ = asked_to_end.recv();
    drive::unmap(letter);
}

#[cfg(not(windows))]
fn main() {}
