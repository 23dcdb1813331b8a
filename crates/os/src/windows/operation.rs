//! One operation on a pipe that goes on while its thread does something else.
//!
//! Until it is over, the system writes to memory of ours. That memory lives on the heap, is
//! reached through one raw pointer, and is freed by [`Operation`]'s drop alone, which first
//! cancels what is not over and waits until it is. An operation can't leave its thread, which
//! alone waits for the event that is set when one is over.
#![allow(unsafe_code)]

use std::{
    fmt, io,
    os::windows::io::{AsRawHandle, OwnedHandle},
    ptr::{self, NonNull},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use windows_sys::{
    Win32::{
        Foundation::{ERROR_IO_PENDING, STATUS_PENDING},
        Storage::FileSystem::{ReadFile, WriteFile},
        System::{
            IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED},
            Pipes::ConnectNamedPipe,
        },
    },
    core::BOOL,
};
use zeroize::Zeroizing;

use super::event_loop::Alarm;

/// An operation on the server's end of a pipe.
pub(super) struct Operation {
    pipe: Rc<OwnedHandle>,
    alarm: Arc<Alarm>,
    /// Made by `Box::into_raw`, and freed by the drop alone.
    memory: NonNull<Memory>,
    /// The system's code, if it has said at once that nothing comes of it.
    refused: Option<i32>,
}

/// What the system reads and writes while the operation goes on.
struct Memory {
    overlapped: OVERLAPPED,
    /// It may hold a secret.
    buffer: Zeroizing<Vec<u8>>,
}

impl Operation {
    /// Waits for a client. The pipe may have one already: that is no error.
    pub(super) fn connect(pipe: &Rc<OwnedHandle>, alarm: &Arc<Alarm>) -> Self {
        let none = Zeroizing::default();
        Self::begin(pipe, alarm, none, |handle, _, _, overlapped| {
            // SAFETY: the pipe is open, and `overlapped` stays until the operation is over.
            unsafe { ConnectNamedPipe(handle, overlapped) }
        })
    }

    /// Reads what there is, or will be: of a pipe of messages, one. It has at most that many
    /// bytes.
    pub(super) fn read(pipe: &Rc<OwnedHandle>, alarm: &Arc<Alarm>, most: usize) -> Self {
        let buffer = Zeroizing::new(vec![0; most]);
        Self::begin(pipe, alarm, buffer, |handle, bytes, length, overlapped| {
            // SAFETY: the pipe is open; the buffer has as many bytes as are told, and stays as
            // `overlapped` does until the operation is over.
            unsafe { ReadFile(handle, bytes, length, ptr::null_mut(), overlapped) }
        })
    }

    /// Writes all of this; to a pipe of messages, as one.
    pub(super) fn write(
        pipe: &Rc<OwnedHandle>,
        alarm: &Arc<Alarm>,
        message: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self::begin(pipe, alarm, message, |handle, bytes, length, overlapped| {
            // SAFETY: as for a read.
            unsafe { WriteFile(handle, bytes, length, ptr::null_mut(), overlapped) }
        })
    }

    fn begin(
        pipe: &Rc<OwnedHandle>,
        alarm: &Arc<Alarm>,
        buffer: Zeroizing<Vec<u8>>,
        call: impl FnOnce(*mut std::ffi::c_void, *mut u8, u32, *mut OVERLAPPED) -> BOOL,
    ) -> Self {
        let overlapped = OVERLAPPED {
            hEvent: alarm.event(),
            ..OVERLAPPED::default()
        };
        let memory = NonNull::from(Box::leak(Box::new(Memory { overlapped, buffer })));
        // SAFETY: it was just made, and nobody else knows of it. What lies on the heap for the
        // buffer does not move when the operation does.
        let (bytes, length, overlapped) = unsafe {
            let buffer = &mut (*memory.as_ptr()).buffer;
            let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
            let overlapped = &raw mut (*memory.as_ptr()).overlapped;
            (buffer.as_mut_ptr(), length, overlapped)
        };
        let begun = call(pipe.as_raw_handle(), bytes, length, overlapped);
        let error = (begun == 0).then(io::Error::last_os_error);
        let error = error.filter(|error| !is(error, ERROR_IO_PENDING));
        Self {
            pipe: Rc::clone(pipe),
            alarm: Arc::clone(alarm),
            memory,
            refused: error.and_then(|error| error.raw_os_error()),
        }
    }

    /// Whether the system is done with it.
    pub(super) fn is_over(&self) -> bool {
        // SAFETY: the memory is there for as long as `self`; the system may write this field
        // meanwhile, so it is read as something shared.
        let status = unsafe {
            let internal = &raw mut (*self.memory.as_ptr()).overlapped.Internal;
            AtomicUsize::from_ptr(internal).load(Ordering::Acquire)
        };
        self.refused.is_some() || status != STATUS_PENDING as usize
    }

    /// What came of it: the bytes that were read or written. To be asked when it is over.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// If it is not over.
    pub(super) fn finish(self) -> io::Result<Zeroizing<Vec<u8>>> {
        assert!(self.is_over(), "an operation is not over");
        if let Some(code) = self.refused {
            return Err(io::Error::from_raw_os_error(code));
        }
        let mut length = 0;
        // SAFETY: the operation was begun with this handle and this memory, and is over: the
        // system writes to it no more, and this only looks at it.
        unsafe {
            let overlapped = &raw const (*self.memory.as_ptr()).overlapped;
            if GetOverlappedResult(self.pipe.as_raw_handle(), overlapped, &mut length, 0) == 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // SAFETY: as above.
        let buffer = unsafe { &mut (*self.memory.as_ptr()).buffer };
        let mut bytes = std::mem::take(buffer);
        bytes.truncate(length as usize);
        Ok(bytes)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if !self.is_over() {
            // SAFETY: the operation was begun with this handle and this address. If it fails,
            // the operation has ended meanwhile.
            unsafe {
                let overlapped = &raw const (*self.memory.as_ptr()).overlapped;
                CancelIoEx(self.pipe.as_raw_handle(), overlapped);
            }
        }
        while !self.is_over() {
            self.alarm.wait_for_event(None);
            // It may have been set by another operation: all are looked at before the next wait.
            self.alarm.ring();
        }
        // SAFETY: it was made by a box, is freed here alone, and the system is done with it.
        drop(unsafe { Box::from_raw(self.memory.as_ptr()) });
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("Operation");
        text.field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

/// Whether an error has this code of the system's.
pub(super) fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}

#[cfg(test)]
mod tests;
