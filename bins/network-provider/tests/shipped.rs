//! The library as it is shipped: the functions that the router knows, no seam
//! for tests, and no code of the launcher. What it needs beside it, `built`
//! looks at.
#![cfg(all(windows, not(feature = "test-seams")))]
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "it loads a library, and may panic"
)]

#[path = "provider/held.rs"]
mod held;

use std::os::windows::ffi::OsStrExt;
use std::path::PathBuf;

use windows_sys::Win32::Foundation::FreeLibrary;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, LoadLibraryW};

use held::Held;

const FUNCTIONS: [&str; 9] = [
    "NPAddConnection",
    "NPAddConnection3",
    "NPCancelConnection",
    "NPCloseEnum",
    "NPEnumResource",
    "NPGetCaps",
    "NPGetConnection",
    "NPGetUniversalName",
    "NPOpenEnum",
];

fn library() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.with_file_name("fslaunch_np.dll")
}

#[test]
fn the_library_has_the_functions_of_a_provider_and_no_seam() {
    let bytes = std::fs::read(library()).unwrap();
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for name in FUNCTIONS {
        assert!(has(&format!("{name}\0")), "{name}");
    }
    for seam in [
        "FSLAUNCH_TEST_PIPE",
        "FSLAUNCH_TEST_VARLINK",
        "FSLAUNCH_TEST_CLASSES",
        "FslaunchTestPanic",
        "FslaunchTestWords",
    ] {
        assert!(!has(seam), "{seam}");
    }
    assert!(!has("fslaunch_os"), "the launcher's own code is not in it");
    assert!(!has("tokio"), "no runtime is in it");
}

/// More than there are places of thread-local storage.
const LOADS: usize = 2000;

/// Each unloading would take such a place, and the last one end the process.
#[test]
fn a_library_that_is_freed_stays_and_takes_nothing_however_often_it_is_loaded() {
    let path: Vec<u16> = library().as_os_str().encode_wide().chain([0]).collect();
    let name: Vec<u16> = "fslaunch_np.dll\0".encode_utf16().collect();
    // SAFETY: the name ends with a NUL.
    let is_there = || unsafe { !GetModuleHandleW(name.as_ptr()).is_null() };
    assert!(!is_there());
    let mut before = None;
    for load in 0..LOADS {
        // SAFETY: the path ends with a NUL.
        let module = unsafe { LoadLibraryW(path.as_ptr()) };
        assert!(!module.is_null(), "load {load}");
        // SAFETY: it was loaded once, and nothing of it is in use.
        unsafe { FreeLibrary(module) };
        assert!(is_there(), "load {load}");
        before = before.or_else(|| Some(Held::now()));
    }
    before.unwrap().is_given_back_after("2000 loads");
}
