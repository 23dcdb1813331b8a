//! A file system for tests: it shows a folder as a drive.
//!
//! `mapper DRIVE FOLDER MILLISECONDS [SECRET]` maps the drive so long after its
//! process was made, and unmaps it when asked to end. With a secret it first
//! reads one from standard input and answers whether it is that.
#![cfg_attr(windows, allow(unsafe_code))]

#[cfg(windows)]
use std::time::Duration;

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
    let pause = pause.parse().map(Duration::from_millis);
    let left = pause.expect("milliseconds").saturating_sub(age());
    std::thread::sleep(left);
    drive::map(letter, folder);
    let _ = asked_to_end.recv();
    drive::unmap(letter);
}

/// How long ago the process was made.
#[cfg(windows)]
fn age() -> Duration {
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::SystemInformation::GetSystemTimeAsFileTime;
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes};
    let mut times = [FILETIME::default(); 4];
    let [made, ended, kernel, user] = times.each_mut();
    let mut now = FILETIME::default();
    // SAFETY: the pseudo handle is always valid, and what is written to
    // outlives the calls.
    unsafe {
        GetSystemTimeAsFileTime(&mut now);
        let told = GetProcessTimes(GetCurrentProcess(), made, ended, kernel, user);
        assert_ne!(told, 0, "when the process was made");
    }
    let ticks =
        |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    let [made, ..] = times;
    // Of 100 nanoseconds each.
    Duration::from_nanos(ticks(now).saturating_sub(ticks(made)) * 100)
}

#[cfg(not(windows))]
fn main() {}
