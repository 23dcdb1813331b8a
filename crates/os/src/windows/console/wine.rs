//! Wine, which has no console events for groups.
//!
//! Only there a thread is started in another process, where the system would start one of its
//! own (security specification, rule 8 of what callers may never make the launcher do).

#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::ptr;
use std::sync::LazyLock;

use windows_sys::Win32::System::Console::CTRL_BREAK_EVENT;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Threading::{CreateRemoteThread, IsWow64Process};
use windows_sys::core::{PCSTR, w};

use super::super::raw::{check, owned};

/// Whether this is Wine: its `ntdll.dll` says so, and no other has that function.
pub(in crate::windows) fn is_wine() -> bool {
    static WINE: LazyLock<bool> =
        LazyLock::new(|| function(w!("ntdll.dll"), c"wine_get_version".as_ptr().cast()).is_some());
    *WINE
}

/// Starts the thread that a console event starts in a process.
pub(super) fn send_break(process: BorrowedHandle<'_>) -> io::Result<()> {
    let unsupported = |words: &'static str| io::Error::new(io::ErrorKind::Unsupported, words);
    if !is_wine() {
        return Err(unsupported("only Wine has no console events"));
    }
    let mut other = 0;
    // SAFETY: the handle is open, and the answer goes into a value of the right type.
    check(unsafe { IsWow64Process(process.as_raw_handle(), &mut other) })?;
    if other != 0 {
        return Err(unsupported("its routine is at another address than ours"));
    }
    let routine = function(w!("kernel32.dll"), c"CtrlRoutine".as_ptr().cast())
        .ok_or_else(|| unsupported("there is no routine for console events"))?;
    // SAFETY: the routine takes one argument, as a thread's start does.
    let start =
        unsafe { mem::transmute::<unsafe extern "system" fn() -> isize, StartRoutine>(routine) };
    // SAFETY: the library is at the same address in every process of the same kind, and its
    // routine takes the event as its argument, not a pointer.
    unsafe {
        owned(CreateRemoteThread(
            process.as_raw_handle(),
            ptr::null(),
            0,
            Some(start),
            ptr::without_provenance(CTRL_BREAK_EVENT as usize),
            0,
            ptr::null_mut(),
        ))?
    };
    Ok(())
}

type StartRoutine = unsafe extern "system" fn(*mut core::ffi::c_void) -> u32;

/// A function of a library that is loaded in every process.
fn function(
    library: windows_sys::core::PCWSTR,
    name: PCSTR,
) -> Option<unsafe extern "system" fn() -> isize> {
    // SAFETY: both names are constants that end in NUL, and the libraries are never unloaded.
    unsafe { GetProcAddress(GetModuleHandleW(library), name) }
}
