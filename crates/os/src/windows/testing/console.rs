//! Asking a process to end.

use std::io;
use std::os::windows::io::AsHandle;

use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_ALL_ACCESS};

use super::super::console::{Console, send_break};
use super::super::raw::owned;

/// Sends CTRL-BREAK to a process that shares the console of this one and leads a group; under
/// Wine, to any process.
///
/// # Errors
/// When the system refuses it.
pub fn ask_to_end(pid: u32) -> io::Result<()> {
    // SAFETY: a call without pointers, whose handle is nobody else's.
    let process = unsafe { owned(OpenProcess(PROCESS_ALL_ACCESS, 0, pid)) }?;
    send_break(process.as_handle(), pid, Console::Shared).map(drop)
}
