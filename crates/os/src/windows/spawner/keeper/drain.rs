//! What a keeper does.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::{ptr, thread};

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, HANDLE, WAIT_OBJECT_0};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType, ReadFile};
use windows_sys::Win32::System::IO::{GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, WaitForSingleObject};

use super::super::super::raw::{check, owned};
use super::ARGUMENT;

/// Keeps output and ends with it, if this process is a keeper.
pub(in crate::windows) fn run_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ARGUMENT) {
        return;
    }
    let code = match keep(arguments) {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().filter(|&code| code != 0).unwrap_or(1),
    };
    std::process::exit(code);
}

/// Waits until the launcher's end of the standard input closes, then reads all outputs to their
/// ends.
fn keep(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let outputs: Vec<OwnedHandle> = arguments.map(inherited).collect::<Result<_, _>>()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let drain = |output| {
        let small = thread::Builder::new().stack_size(128 << 10);
        small.spawn(move || drain(&output))
    };
    let threads: Vec<_> = outputs.into_iter().map(drain).collect::<Result<_, _>>()?;
    for thread in threads {
        // What can't be read any more needs no reader.
        let _ = thread.join();
    }
    Ok(())
}

/// A handle that this process was made with.
fn inherited(argument: OsString) -> io::Result<OwnedHandle> {
    let value = argument.to_str().and_then(|value| value.parse().ok());
    let handle: HANDLE = ptr::without_provenance_mut(value.unwrap_or(0));
    // SAFETY: what is no handle is told to be none.
    if unsafe { GetFileType(handle) } != FILE_TYPE_PIPE {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: it is open, and was inherited for this: nothing else here knows its value.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Reads until all writers are gone.
fn drain(output: &OwnedHandle) -> io::Result<()> {
    // SAFETY: neither attributes nor a name are given; the handle is new.
    let event = unsafe { owned(CreateEventW(ptr::null(), 1, 0, ptr::null()))? };
    let mut buffer = vec![0; 16 << 10];
    while read(output, &event, &mut buffer).is_ok() {}
    Ok(())
}

/// The pipe was opened for overlapped operations, and belongs to a port of the launcher's: the
/// event's lowest bit says that nothing is to be queued there, where nobody takes it out.
fn read(output: &OwnedHandle, event: &OwnedHandle, buffer: &mut [u8]) -> io::Result<u32> {
    let (pipe, length) = (output.as_raw_handle(), buffer.len() as u32);
    let mut operation = OVERLAPPED {
        hEvent: event.as_raw_handle().map_addr(|value| value | 1),
        ..Default::default()
    };
    let mut count = 0;
    // SAFETY: buffer and operation stay where they are until the operation is over, which is
    // waited for without a limit before this returns.
    unsafe {
        let begun = ReadFile(
            pipe,
            buffer.as_mut_ptr(),
            length,
            ptr::null_mut(),
            &mut operation,
        );
        if begun == 0 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(ERROR_IO_PENDING as i32) {
                return Err(error);
            }
        }
        if WaitForSingleObject(event.as_raw_handle(), INFINITE) != WAIT_OBJECT_0 {
            // The buffer must not go away under the system.
            std::process::abort();
        }
        check(GetOverlappedResult(pipe, &operation, &mut count, 0))?;
    }
    Ok(count)
}
