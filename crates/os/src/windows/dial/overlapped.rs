//! Reads and writes of a pipe that end at a deadline.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle},
    ptr,
    time::Instant,
};

use windows_sys::{
    Win32::{
        Foundation::{
            ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_MORE_DATA, ERROR_NO_DATA,
            ERROR_OPERATION_ABORTED, ERROR_PIPE_NOT_CONNECTED, WAIT_TIMEOUT,
        },
        Storage::FileSystem::{ReadFile, WriteFile},
        System::{
            IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED},
            Pipes::{PIPE_READMODE_MESSAGE, SetNamedPipeHandleState},
            Threading::{CreateEventW, INFINITE, WaitForSingleObject},
        },
    },
    core::BOOL,
};

use super::super::raw::milliseconds;

/// The client's end of a pipe, opened for overlapped operations.
#[derive(Debug)]
pub(super) struct Pipe {
    handle: OwnedHandle,
    /// Set when an operation is over.
    event: OwnedHandle,
}

impl Pipe {
    pub(super) fn new(handle: OwnedHandle) -> io::Result<Pipe> {
        // SAFETY: null pointers stand for no name and the usual security.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if event.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the event was just made and belongs to nobody else.
        let event = unsafe { OwnedHandle::from_raw_handle(event) };
        Ok(Pipe { handle, event })
    }

    pub(super) fn handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }

    /// A read gives one message, of a pipe that has messages.
    pub(super) fn read_messages(&self) -> io::Result<()> {
        let mode = PIPE_READMODE_MESSAGE;
        let handle = self.handle.as_raw_handle();
        // SAFETY: the handle is open, and the mode outlives the call.
        let set = unsafe { SetNamedPipeHandleState(handle, &mode, ptr::null(), ptr::null()) };
        match set {
            0 => Err(named(io::Error::last_os_error())),
            _ => Ok(()),
        }
    }

    /// Reads what is there, or waits for it.
    ///
    /// # Errors
    /// `BrokenPipe` at the end, `TimedOut` at the deadline, `InvalidData` for
    /// a message longer than the buffer.
    pub(super) fn read(&self, into: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        let length = u32::try_from(into.len()).unwrap_or(u32::MAX);
        self.run(deadline, |overlapped| {
            let handle = self.handle.as_raw_handle();
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

    /// # Errors
    /// `BrokenPipe` if nobody reads any more, `TimedOut` at the deadline:
    /// then a part may have been written.
    pub(super) fn write(&self, bytes: &[u8], deadline: Instant) -> io::Result<usize> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.run(Some(deadline), |overlapped| {
            let handle = self.handle.as_raw_handle();
            // SAFETY: as for a read.
            unsafe { WriteFile(handle, bytes.as_ptr(), length, ptr::null_mut(), overlapped) }
        })
    }

    /// Begins an operation and waits until it is over; at the deadline it is
    /// cancelled, and what it had done by then counts.
    fn run(
        &self,
        deadline: Option<Instant>,
        begin: impl FnOnce(*mut OVERLAPPED) -> BOOL,
    ) -> io::Result<usize> {
        let mut overlapped = OVERLAPPED {
            hEvent: self.event.as_raw_handle(),
            ..OVERLAPPED::default()
        };
        // One pointer for all: the system writes through it meanwhile.
        let overlapped = &raw mut overlapped;
        let handle = self.handle.as_raw_handle();
        if begin(overlapped) == 0 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(ERROR_IO_PENDING as i32) {
                return Err(named(error));
            }
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map_or(INFINITE, milliseconds);
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
            return Err(named(io::Error::last_os_error()));
        }
        Ok(done as usize)
    }
}

/// The kinds that callers look at, where std has none for a code.
fn named(error: io::Error) -> io::Error {
    let Some(code) = error.raw_os_error() else {
        return error;
    };
    match code as u32 {
        ERROR_OPERATION_ABORTED => io::ErrorKind::TimedOut.into(),
        ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_PIPE_NOT_CONNECTED => {
            io::ErrorKind::BrokenPipe.into()
        }
        ERROR_MORE_DATA => {
            let words = "the message is longer than one can be";
            io::Error::new(io::ErrorKind::InvalidData, words)
        }
        _ => error,
    }
}
