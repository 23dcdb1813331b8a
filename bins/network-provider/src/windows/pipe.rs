//! The client's end of one of the launcher's pipes.

#![allow(unsafe_code)]

use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY, ERROR_SEM_TIMEOUT, GENERIC_READ, GetLastError,
    INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_OVERLAPPED, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA, OPEN_EXISTING, SECURITY_CONTEXT_TRACKING, SECURITY_IDENTIFICATION,
    SECURITY_IMPERSONATION, SECURITY_SQOS_PRESENT,
};
use windows_sys::Win32::System::Pipes::WaitNamedPipeW;

use super::overlapped::{self, Pipe, milliseconds};
use super::{owner, wide};
use crate::world::Unsaid;

/// What everybody may do with the pipe. `GENERIC_WRITE` would be more: the
/// right to make instances of it, which ordinary users lack.
const ACCESS: u32 = GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;

/// How long is waited for a launcher that is busy with others.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects, and makes sure that it is the system's launcher that listens:
/// anybody may make a pipe of any name that is free. With `lend` it may act as
/// the caller, from the first message on and not before.
pub(super) fn connect(name: &str, lend: bool, deadline: Instant) -> Result<Pipe, Unsaid> {
    let deadline = deadline.min(Instant::now() + PATIENCE);
    let pipe = Pipe::new(open(name, lend, deadline)?).map_err(Unsaid::Broken)?;
    match owner::is_trusted(pipe.handle()) {
        true => Ok(pipe),
        false => Err(Unsaid::NotTrusted),
    }
}

/// Opens a pipe, and waits until the deadline for one whose instances are all
/// taken. Who waits is told that one is free, and may find it taken by another
/// who waited: so it takes several turns.
fn open(name: &str, lend: bool, deadline: Instant) -> Result<OwnedHandle, Unsaid> {
    let name = wide(name);
    loop {
        match open_now(&name, lend) {
            Err(ERROR_PIPE_BUSY) => {}
            Err(ERROR_FILE_NOT_FOUND) => return Err(Unsaid::NoLauncher),
            Err(code) => return Err(Unsaid::Broken(code)),
            Ok(handle) => return Ok(handle),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Unsaid::Busy);
        }
        // SAFETY: the name ends with a NUL and outlives the call. Zero would
        // mean another time than none.
        if unsafe { WaitNamedPipeW(name.as_ptr(), milliseconds(left).max(1)) } == 0 {
            match overlapped::last_error() {
                ERROR_SEM_TIMEOUT => {}
                ERROR_FILE_NOT_FOUND => return Err(Unsaid::NoLauncher),
                code => return Err(Unsaid::Broken(code)),
            }
        }
    }
}

fn open_now(name: &[u16], lend: bool) -> Result<OwnedHandle, u32> {
    // SAFETY: the name ends with a NUL and outlives the call; the other
    // pointers may be null.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            ACCESS,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            ptr::null(),
            OPEN_EXISTING,
            flags(lend),
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        // SAFETY: it only reads a number of this thread.
        return Err(unsafe { GetLastError() });
    }
    // SAFETY: the handle was just opened and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Without a level the system gives the server the most. Context tracking has
/// it give the caller's identity away with what is written, and not before:
/// there is nothing to act with until the owner was looked at.
fn flags(lend: bool) -> u32 {
    FILE_FLAG_OVERLAPPED
        | SECURITY_SQOS_PRESENT
        | match lend {
            false => SECURITY_IDENTIFICATION,
            true => SECURITY_IMPERSONATION | SECURITY_CONTEXT_TRACKING,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_opened_with_what_everybody_may_and_no_more() {
        // Read, write data, write attributes: not append, which is the right
        // to make instances.
        assert_eq!(ACCESS, 0x8000_0000 | 0x2 | 0x100);
    }

    #[test]
    fn the_launcher_never_gets_more_of_the_caller_than_was_meant() {
        let both = 0x4000_0000 | 0x0010_0000;
        assert_eq!(flags(false), both | 0x0001_0000);
        assert_eq!(flags(true), both | 0x0002_0000 | 0x0004_0000);
    }
}
