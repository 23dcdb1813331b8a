//! What this process holds, and whether it was given back.

use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{CloseHandle, GetHandleInformation, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentProcessId, TLS_OUT_OF_INDEXES, TlsAlloc, TlsFree,
};

/// Handles and kilobytes that a process takes for itself meanwhile.
const HANDLES: u64 = 4;
const KILOBYTES: u64 = 2048;

/// Threads that have done their work end a little later.
const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Held {
    handles: u64,
    threads: u64,
    kilobytes: u64,
    /// Places of thread-local storage that are free.
    places: u64,
}

impl Held {
    pub(crate) fn now() -> Held {
        Held {
            handles: handles(),
            threads: threads(),
            kilobytes: kilobytes(),
            places: places(),
        }
    }

    /// Waits until no more is held than now; says what is.
    #[track_caller]
    pub(crate) fn is_given_back_after(&self, what: &str) {
        let end = Instant::now() + DEADLINE;
        let mut now = Held::now();
        while !now.fits_in(self) && Instant::now() < end {
            thread::sleep(Duration::from_millis(50));
            now = Held::now();
        }
        println!("FIGURE: {self:?} before, {now:?} after {what}");
        assert!(now.fits_in(self), "{what}: {self:?} before, {now:?} after");
    }

    fn fits_in(&self, before: &Held) -> bool {
        self.handles <= before.handles + HANDLES
            && self.threads <= before.threads
            && self.kilobytes <= before.kilobytes + KILOBYTES
            && self.places == before.places
    }
}

/// How many handles are open. Wine's `GetProcessHandleCount` says 0 always, so
/// they are tried, one after the other.
fn handles() -> u64 {
    const LONGEST_GAP: usize = 1024;
    let (mut count, mut number, mut gap) = (0, 4, 0);
    while gap < LONGEST_GAP {
        let mut flags = 0;
        // SAFETY: what is no handle is refused, and the flags outlive the call.
        let is_open =
            unsafe { GetHandleInformation(ptr::without_provenance_mut(number), &mut flags) };
        gap = if is_open == 0 { gap + 1 } else { 0 };
        count += u64::from(is_open != 0);
        number += 4;
    }
    assert!(count > 0);
    count
}

fn threads() -> u64 {
    let mut entry = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..THREADENTRY32::default()
    };
    let mut count = 0;
    // SAFETY: the entry has the size that it says; the snapshot is open until
    // it is closed here.
    unsafe {
        let all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        assert_ne!(all, INVALID_HANDLE_VALUE);
        let own = GetCurrentProcessId();
        let mut more = Thread32First(all, &mut entry);
        while more != 0 {
            count += u64::from(entry.th32OwnerProcessID == own);
            more = Thread32Next(all, &mut entry);
        }
        CloseHandle(all);
    }
    assert!(count > 0);
    count
}

/// Kilobytes that are this process's alone.
fn kilobytes() -> u64 {
    let mut memory = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    // SAFETY: the pseudo handle is always valid, and the memory has so many bytes.
    let told = unsafe { GetProcessMemoryInfo(GetCurrentProcess(), &mut memory, size) };
    assert_ne!(told, 0);
    memory.PagefileUsage as u64 / 1024
}

fn places() -> u64 {
    // SAFETY: takes nothing.
    let free = std::iter::from_fn(|| Some(unsafe { TlsAlloc() }));
    let free: Vec<u32> = free
        .take_while(|&place| place != TLS_OUT_OF_INDEXES)
        .collect();
    for &place in &free {
        // SAFETY: the place was just taken.
        unsafe { TlsFree(place) };
    }
    free.len() as u64
}
