//! The end of a process, as an event.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fmt;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::ptr;

use tokio::sync::watch;
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Threading::{
    INFINITE, RegisterWaitForSingleObject, UnregisterWaitEx, WT_EXECUTEINWAITTHREAD,
    WT_EXECUTEONLYONCE,
};

use super::super::raw::check;

/// The end of one process: one of the system's threads waits for it, together with many others.
pub(super) struct End {
    wait: HANDLE,
    /// What the callback gets; freed only when no callback can come any more.
    sender: *mut watch::Sender<bool>,
    receiver: watch::Receiver<bool>,
}

// SAFETY: a wait may be unregistered from any thread, and the sender behind the pointer is one
// that threads may share.
unsafe impl Send for End {}
// SAFETY: only `drop` uses the pointers.
unsafe impl Sync for End {}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("End")
            .field(&*self.receiver.borrow())
            .finish()
    }
}

impl End {
    /// Begins to wait. The handle must stay open for as long as this lives.
    pub(super) fn watch(process: BorrowedHandle<'_>) -> io::Result<End> {
        let (sender, receiver) = watch::channel(false);
        let mut end = End {
            wait: ptr::null_mut(),
            sender: Box::into_raw(Box::new(sender)),
            receiver,
        };
        // SAFETY: the context lives until the wait is unregistered, which `drop` does first.
        check(unsafe {
            RegisterWaitForSingleObject(
                &mut end.wait,
                process.as_raw_handle(),
                Some(has_ended),
                end.sender.cast_const().cast(),
                INFINITE,
                WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD,
            )
        })?;
        Ok(end)
    }

    /// Returns when the process has ended.
    pub(super) async fn come(&self) {
        let mut receiver = self.receiver.clone();
        // The sender is there for as long as `self` is.
        let _ = receiver.wait_for(|ended| *ended).await;
    }
}

/// Called once, by a thread of the system's that waits for others as well.
unsafe extern "system" fn has_ended(context: *mut c_void, _timed_out: bool) {
    // SAFETY: the context is the sender of an `End` that has not unregistered its wait.
    let sender = unsafe { &*context.cast::<watch::Sender<bool>>() };
    sender.send_replace(true);
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.wait.is_null() {
            // SAFETY: the wait is registered; this returns when no callback runs or can come.
            unsafe { UnregisterWaitEx(self.wait, INVALID_HANDLE_VALUE) };
        }
        // SAFETY: it was made by `Box::into_raw`, and no callback has it any more.
        drop(unsafe { Box::from_raw(self.sender) });
    }
}
