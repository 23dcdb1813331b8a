//! The console that the launcher owns and nobody sees.

#![allow(unsafe_code)]

use std::fs::OpenOptions;
use std::io;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Console::{
    AllocConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, FreeConsole,
    GetConsoleWindow, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    SetConsoleCtrlHandler, SetStdHandle,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{SW_HIDE, ShowWindow};
use windows_sys::core::BOOL;

use super::super::raw::check;
use super::is_wine;

/// Whether console events mean something to the launcher itself.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// Says that the launcher waits for console events, as it does without a service manager. None
/// is kept from it then.
pub(in crate::windows) fn events_are_awaited() {
    AWAITED.store(true, Ordering::Relaxed);
}

/// Whether the launcher has a hidden console, which is made now if it has no console at all.
pub(super) fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        if has_console() {
            return false;
        }
        match allocate() {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "failed to make a console for instances to share");
                false
            }
        }
    })
}

/// Whether there is a console already: the terminal that the launcher was started from.
fn has_console() -> bool {
    OpenOptions::new().write(true).open("CONOUT$").is_ok()
}

fn allocate() -> io::Result<()> {
    let standard = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];
    // SAFETY: takes a value only.
    let before = standard.map(|which| (which, unsafe { GetStdHandle(which) }));
    // Before there is a console: whoever shares it may send an event at once.
    // SAFETY: the handler is a function that may be called at any time, from any thread.
    check(unsafe { SetConsoleCtrlHandler(Some(ignore), 1) })?;
    if is_wine() {
        // A process of Wine's without a terminal is taken for one with a console otherwise.
        // SAFETY: there is no console that anything could be using.
        unsafe { FreeConsole() };
    }
    // SAFETY: takes nothing.
    check(unsafe { AllocConsole() })?;
    // SAFETY: asks for a window, which may be none, and hides it.
    unsafe { ShowWindow(GetConsoleWindow(), SW_HIDE) };
    restore(before);
    Ok(())
}

/// The launcher's own streams are what they were, not the new console.
fn restore(before: [(u32, HANDLE); 3]) {
    for (which, handle) in before {
        let handle = if handle.is_null() {
            ptr::null_mut()
        } else {
            handle
        };
        // SAFETY: the handle was the process's own before, and nothing has closed it since.
        unsafe { SetStdHandle(which, handle) };
    }
}

/// Instances that share the console may send events to all that do: they end no launcher that
/// has a service manager to end it.
unsafe extern "system" fn ignore(event: u32) -> BOOL {
    let ignored = matches!(
        event,
        CTRL_C_EVENT | CTRL_BREAK_EVENT | CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT
    );
    BOOL::from(ignored && !AWAITED.load(Ordering::Relaxed))
}
