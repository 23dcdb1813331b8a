//! Processes, as the system shows them.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::PathBuf;

use windows_sys::Win32::Foundation::WAIT_TIMEOUT;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_ACCESS_RIGHTS, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    PROCESS_TERMINATE, QueryFullProcessImageNameW, TerminateProcess, WaitForSingleObject,
};

use super::super::raw::owned;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its ID.
    pub pid: u32,
    /// The ID of the process that has started it; that one may be gone.
    pub parent: u32,
    /// How many threads it has.
    pub threads: u32,
}

/// Every process.
///
/// # Errors
/// When the system gives no list.
pub fn all() -> io::Result<Vec<Entry>> {
    // SAFETY: a call without pointers, whose handle is nobody else's.
    let snapshot = unsafe { owned(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)) }?;
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..PROCESSENTRY32W::default()
    };
    let mut found = vec![];
    // SAFETY: an open snapshot, and an entry that says how long it is.
    let mut there = unsafe { Process32FirstW(snapshot.as_raw_handle(), &mut entry) };
    while there != 0 {
        found.push(Entry {
            pid: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            threads: entry.cntThreads,
        });
        // SAFETY: as above.
        there = unsafe { Process32NextW(snapshot.as_raw_handle(), &mut entry) };
    }
    Ok(found)
}

/// The program that a process runs.
pub fn image(pid: u32) -> Option<PathBuf> {
    let process = open(pid, PROCESS_QUERY_LIMITED_INFORMATION)?;
    let mut buffer = vec![0_u16; 32 << 10];
    let mut length = buffer.len() as u32;
    // SAFETY: an open process, and a buffer of the length that is told.
    let named = unsafe {
        QueryFullProcessImageNameW(process.as_raw_handle(), 0, buffer.as_mut_ptr(), &mut length)
    };
    (named != 0).then(|| OsString::from_wide(&buffer[..length as usize]).into())
}

/// Whether a process runs; one that has ended and that somebody still holds does not.
pub fn runs(pid: u32) -> bool {
    open(pid, PROCESS_SYNCHRONIZE).is_some_and(|process| {
        // SAFETY: an open process, which may be waited for.
        unsafe { WaitForSingleObject(process.as_raw_handle(), 0) == WAIT_TIMEOUT }
    })
}

/// Kills a process; one that is gone already is none to complain about.
pub fn kill(pid: u32) {
    if let Some(process) = open(pid, PROCESS_TERMINATE) {
        // SAFETY: an open process, which may be ended.
        unsafe { TerminateProcess(process.as_raw_handle(), 137) };
    }
}

/// Memory that a process has in use now, in bytes.
pub fn memory(pid: u32) -> Option<u64> {
    counters(pid).map(|counters| counters.WorkingSetSize as u64)
}

/// Memory of a process that it shares with nobody, in bytes.
pub fn private_memory(pid: u32) -> Option<u64> {
    // What it has been promised; Wine leaves the field that is called private empty.
    counters(pid).map(|counters| counters.PagefileUsage as u64)
}

fn counters(pid: u32) -> Option<PROCESS_MEMORY_COUNTERS> {
    let process = open(pid, PROCESS_QUERY_LIMITED_INFORMATION)?;
    let length = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    let mut counters = PROCESS_MEMORY_COUNTERS {
        cb: length,
        ..PROCESS_MEMORY_COUNTERS::default()
    };
    // SAFETY: an open process, and counters that say how long they are.
    let told =
        unsafe { K32GetProcessMemoryInfo(process.as_raw_handle(), &mut counters, length) } != 0;
    told.then_some(counters)
}

fn open(pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> Option<OwnedHandle> {
    // SAFETY: a call without pointers, whose handle is nobody else's.
    unsafe { owned(OpenProcess(rights, 0, pid)) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_is_found_by_its_program_and_runs() {
        let own = std::process::id();
        assert!(all().unwrap().iter().any(|entry| entry.pid == own));
        let image = image(own).unwrap();
        let file = std::env::current_exe().unwrap();
        assert_eq!(image.file_name(), file.file_name());
        assert!(runs(own));
        assert!(memory(own).unwrap() > 0);
        assert!(private_memory(own).unwrap() > 0);
    }
}
