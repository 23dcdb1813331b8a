//! Loaded, used and freed, again and again.

use windows_registry::CURRENT_USER;
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessHandleCount, TLS_OUT_OF_INDEXES, TlsAlloc, TlsFree,
};

use crate::library::{Library, add};
use crate::stage::turn;

const ROUNDS: u32 = 10_000;

#[test]
fn ten_thousand_times_loaded_used_and_freed_it_leaves_nothing_behind() {
    let (_turn, key) = turn();
    let class = CURRENT_USER.create(format!(r"{key}\memfs64")).unwrap();
    class.set_string("Executable", r"C:\no\such.exe").unwrap();
    use_it(100);
    let before = state();
    use_it(ROUNDS);
    let after = state();
    CURRENT_USER.remove_tree(&key).unwrap();
    println!("FIGURE: handles and kB: {before:?} before, {after:?} after {ROUNDS} loads");
    let [handles, kilobytes] = [0, 1].map(|at| after[at].saturating_sub(before[at]));
    assert_eq!(after[2], before[2], "places of thread-local storage");
    assert!(handles <= 4, "{handles} handles more");
    assert!(kilobytes < 2048, "{kilobytes} kB more");
}

fn use_it(rounds: u32) {
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

/// Handles, kilobytes that are this process's alone, and how many places of
/// thread-local storage are free.
fn state() -> [u64; 3] {
    let mut handles = 0;
    let mut memory = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    // SAFETY: the pseudo handle is always valid, and what is written to
    // outlives the calls.
    unsafe {
        assert_ne!(GetProcessHandleCount(GetCurrentProcess(), &mut handles), 0);
        assert_ne!(
            GetProcessMemoryInfo(GetCurrentProcess(), &mut memory, size),
            0
        );
    }
    // SAFETY: takes nothing.
    let free = std::iter::from_fn(|| Some(unsafe { TlsAlloc() }));
    let free: Vec<u32> = free
        .take_while(|&place| place != TLS_OUT_OF_INDEXES)
        .collect();
    for &place in &free {
        // SAFETY: the place was just taken.
        unsafe { TlsFree(place) };
    }
    [
        handles.into(),
        memory.PagefileUsage as u64 / 1024,
        free.len() as u64,
    ]
}
