//! Open processes: what they tell, and their end.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, FILETIME, STILL_ACTIVE, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, GetProcessTimes, OpenProcess, PROCESS_CREATE_THREAD,
    PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SET_QUOTA,
    PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, PROCESS_VM_OPERATION, PROCESS_VM_READ,
    PROCESS_VM_WRITE, TerminateProcess, WaitForSingleObject,
};

use super::super::console;
use super::super::raw::{check, owned};
use super::list;

/// The exit code of what is killed.
pub(in crate::windows) const KILLED: u32 = 1;

/// Ends one process; nothing happens if it has ended.
pub(in crate::windows) fn end(process: BorrowedHandle<'_>) -> io::Result<()> {
    // SAFETY: the handle is open.
    match check(unsafe { TerminateProcess(process.as_raw_handle(), KILLED) }) {
        Err(_) if exit_code(process)?.is_some() => Ok(()),
        other => other,
    }
}

/// Opens a process with all that supervising it takes; `None` if there is none.
pub(super) fn open(pid: u32) -> io::Result<Option<OwnedHandle>> {
    let mut access = PROCESS_QUERY_LIMITED_INFORMATION
        | PROCESS_SYNCHRONIZE
        | PROCESS_TERMINATE
        | PROCESS_SET_QUOTA;
    if console::is_wine() {
        access |= PROCESS_CREATE_THREAD
            | PROCESS_QUERY_INFORMATION
            | PROCESS_VM_OPERATION
            | PROCESS_VM_READ
            | PROCESS_VM_WRITE;
    }
    open_with(pid, access)
}

pub(in crate::windows) fn open_with(pid: u32, access: u32) -> io::Result<Option<OwnedHandle>> {
    // SAFETY: takes values only; the handle is new.
    match unsafe { owned(OpenProcess(access, 0, pid)) } {
        Err(e) if e.raw_os_error() == Some(ERROR_INVALID_PARAMETER as i32) => Ok(None),
        other => other.map(Some),
    }
}

/// When the process `pid` was created, in units of 100 ns since 1601; `None` if there is none.
///
/// # Errors
/// When the system does not tell.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    match open_with(pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE) {
        Ok(Some(process)) if exit_code(process.as_handle())?.is_none() => {
            created(process.as_handle()).map(Some)
        }
        Ok(Some(_) | None) => Ok(None),
        // Somebody else's, which is in the list all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => list::created(pid),
        Err(error) => Err(error),
    }
}

pub(super) fn created(process: BorrowedHandle<'_>) -> io::Result<u64> {
    let mut times = [FILETIME::default(); 4];
    let [creation, exit, kernel, user] = &mut times;
    // SAFETY: each points to a structure of the type that is asked for.
    check(unsafe { GetProcessTimes(process.as_raw_handle(), creation, exit, kernel, user) })?;
    Ok(u64::from(creation.dwHighDateTime) << 32 | u64::from(creation.dwLowDateTime))
}

/// How it ended, `None` while it runs.
pub(super) fn exit_code(process: BorrowedHandle<'_>) -> io::Result<Option<u32>> {
    let mut code = 0;
    // SAFETY: the handle is open and may be asked.
    check(unsafe { GetExitCodeProcess(process.as_raw_handle(), &mut code) })?;
    if code != STILL_ACTIVE.cast_unsigned() {
        return Ok(Some(code));
    }
    // A process may end with that very code.
    // SAFETY: the handle is open.
    match unsafe { WaitForSingleObject(process.as_raw_handle(), 0) } {
        WAIT_OBJECT_0 => Ok(Some(code)),
        WAIT_TIMEOUT => Ok(None),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_of_this_process_is_read_and_of_no_process_is_none() {
        assert!(start_time(std::process::id()).unwrap().is_some());
        assert_eq!(start_time(u32::MAX - 3).unwrap(), None);
    }
}
