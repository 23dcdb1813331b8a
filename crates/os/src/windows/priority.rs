//! Who goes first when everybody wants the processor.

#![allow(unsafe_code)]

use windows_sys::Win32::System::Threading::{
    GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_ABOVE_NORMAL,
};

/// Lets the calling thread go before others: the thread that answers callers,
/// while many processes are being started.
///
/// # Platform behaviour
/// On Windows a thread's priority is its own: threads and processes that it
/// starts don't inherit it.
pub fn prefer_this_thread() {
    // SAFETY: the handle stands for the calling thread wherever it is used.
    // A thread that stays at its priority works as well, if more slowly.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL) };
}

/// Nothing has to be undone for other threads.
pub fn as_started() {}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::Threading::{GetThreadPriority, THREAD_PRIORITY_NORMAL};

    use super::*;

    fn priority() -> i32 {
        // SAFETY: the handle stands for the calling thread wherever it is used.
        unsafe { GetThreadPriority(GetCurrentThread()) }
    }

    #[test]
    fn a_preferred_thread_prefers_no_other() {
        std::thread::spawn(|| {
            prefer_this_thread();
            assert_eq!(priority(), THREAD_PRIORITY_ABOVE_NORMAL);
            let other = std::thread::spawn(priority);
            assert_eq!(other.join().unwrap(), THREAD_PRIORITY_NORMAL);
        })
        .join()
        .unwrap();
    }
}
