//! Reads and writes of a pipe that end at a deadline.

#![allow(unsafe_code)]

use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_IO_PENDING, ERROR_OPERATION_ABORTED, GetLastError, WAIT_TIMEOUT,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Pipes::{PIPE_READMODE_MESSAGE, SetNamedPipeHandleState};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, WaitForSingleObject};
use windows_sys::core::BOOL;

use crate::world::Unsaid;

/// The client's end of a pipe, opened for overlapped operations.
#[derive(Debug)]
pub(super) struct Pipe {
    handle: OwnedHandle,
    /// Set when an operation is over.
    event: OwnedHandle,
}

impl Pipe {
    pub(super) fn new(handle: OwnedHandle) -> Result<Pipe, u32> {
        // SAFETY: null pointers stand for no name and the usual security.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if event.is_null() {
            return Err(last_error());
        }
        // SAFETY: the event was just made and belongs to nobody else.
        let event = unsafe { OwnedHandle::from_raw_handle(event) };
        Ok(Pipe { handle, event })
    }

    pub(super) fn handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }

    /// A read gives one message, of a pipe that has messages.
    pub(super) fn read_messages(&self) -> Result<(), Unsaid> {
        let mode = PIPE_READMODE_MESSAGE;
        let handle = self.handle.as_raw_handle();
        // SAFETY: the handle is open, and the mode outlives the call.
        let set = unsafe { SetNamedPipeHandleState(handle, &mode, ptr::null(), ptr::null()) };
        match set {
            0 => Err(Unsaid::Broken(last_error())),
            _ => Ok(()),
        }
    }

    /// Reads what is there, or waits for it.
    pub(super) fn read(&self, into: &mut [u8], deadline: Instant) -> Result<usize, Unsaid> {
        let length = u32::try_from(into.len()).unwrap_or(u32::MAX);
        let handle = self.handle.as_raw_handle();
        self.run(deadline, |overlapped| {
            // SAFETY: buffer and `overlapped` stay where they are until the
            // operation is over: `run` waits for that.
            unsafe {
                ReadFile(
                    handle,
                    into.as_mut_ptr(),
                    length,
                    ptr::null_mut(),
                    overlapped,
                )
            }
        })
    }

    /// Writes all of it.
    pub(super) fn write(&self, bytes: &[u8], deadline: Instant) -> Result<(), Unsaid> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let handle = self.handle.as_raw_handle();
        let written = self.run(deadline, |overlapped| {
            // SAFETY: as for a read.
            unsafe { WriteFile(handle, bytes.as_ptr(), length, ptr::null_mut(), overlapped) }
        })?;
        match written == bytes.len() {
            true => Ok(()),
            false => Err(Unsaid::Late),
        }
    }

    /// Begins an operation and waits until it is over; at the deadline it is
    /// cancelled.
    fn run(
        &self,
        deadline: Instant,
        begin: impl FnOnce(*mut OVERLAPPED) -> BOOL,
    ) -> Result<usize, Unsaid> {
        let mut overlapped = OVERLAPPED {
            hEvent: self.event.as_raw_handle(),
            ..OVERLAPPED::default()
        };
        // One pointer for all: the system writes through it meanwhile.
        let overlapped = &raw mut overlapped;
        let handle = self.handle.as_raw_handle();
        if begin(overlapped) == 0 {
            match last_error() {
                ERROR_IO_PENDING => {}
                code => return Err(Unsaid::Broken(code)),
            }
        }
        let left = milliseconds(deadline.saturating_duration_since(Instant::now()));
        // SAFETY: the event is open.
        let late = unsafe { WaitForSingleObject(self.event.as_raw_handle(), left) } == WAIT_TIMEOUT;
        if late {
            // SAFETY: the operation was begun with this handle and address. If
            // it fails, the operation is over already.
            unsafe { CancelIoEx(handle, overlapped) };
        }
        let mut done = 0;
        // SAFETY: as above. It waits for the end, so that the system writes
        // neither to `overlapped` nor to the buffer any more.
        if unsafe { GetOverlappedResult(handle, overlapped, &mut done, 1) } == 0 {
            return Err(match last_error() {
                ERROR_OPERATION_ABORTED => Unsaid::Late,
                code => Unsaid::Broken(code),
            });
        }
        Ok(done as usize)
    }
}

/// The time left for the system, which knows a longest one; rounded up, so
/// that nobody spins at the end.
pub(super) fn milliseconds(left: Duration) -> u32 {
    let rounded = left.as_nanos().div_ceil(1_000_000);
    u32::try_from(rounded).map_or(INFINITE - 1, |left| left.min(INFINITE - 1))
}

pub(super) fn last_error() -> u32 {
    // SAFETY: it only reads a number of this thread.
    unsafe { GetLastError() }
}
