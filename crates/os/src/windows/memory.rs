//! Memory that the system gives.
#![allow(unsafe_code)]

use windows_sys::Win32::Foundation::{HLOCAL, LocalFree};

/// Memory that is freed with `LocalFree`.
#[derive(Debug)]
pub(super) struct LocalMemory(HLOCAL);

impl LocalMemory {
    /// # Safety
    /// The pointer is null, or came from a function that says to free it with
    /// `LocalFree`, and nothing else frees it.
    pub(super) unsafe fn new(pointer: HLOCAL) -> Self {
        Self(pointer)
    }

    pub(super) fn as_ptr(&self) -> HLOCAL {
        self.0
    }
}

// SAFETY: the memory is the process's, it is freed once, and any thread may free it.
unsafe impl Send for LocalMemory {}
// SAFETY: nothing here changes the memory through a shared reference.
unsafe impl Sync for LocalMemory {}

impl Drop for LocalMemory {
    fn drop(&mut self) {
        // SAFETY: as `new` was promised; null is allowed.
        unsafe { LocalFree(self.0) };
    }
}
