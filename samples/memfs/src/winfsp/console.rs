//! Ctrl-C, Ctrl-Break, and the end of a session.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;

static ASKED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Takes the signals of the console from when it is made.
pub(super) struct Stop(());

impl Stop {
    pub(super) fn on_signals() -> io::Result<Self> {
        // SAFETY: the handler is a function that lives for ever, and may be called from any thread.
        match unsafe { SetConsoleCtrlHandler(Some(asked), 1) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Self(())),
        }
    }

    /// Waits for one of them.
    pub(super) fn wait(self) {
        let (asked, changed) = &ASKED;
        let mut over = asked.lock().unwrap_or_else(PoisonError::into_inner);
        while !*over {
            over = changed.wait(over).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

unsafe extern "system" fn asked(_signal: u32) -> i32 {
    let (asked, changed) = &ASKED;
    *asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
    changed.notify_all();
    // Handled: the process ends by itself, without a mount left behind.
    1
}
