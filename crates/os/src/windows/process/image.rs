//! The program that a process runs.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};

use windows_sys::Win32::System::Threading::{
    PROCESS_NAME_FORMAT, PROCESS_NAME_NATIVE, PROCESS_NAME_WIN32, QueryFullProcessImageNameW,
};

use super::super::raw::check;

/// In UTF-16 units: longer than any path.
const LONGEST: usize = 32 << 10;

/// The path in the system's own form, as it was when the process was made: it does not change
/// when drive letters do, or when the file is renamed to put a newer program in its place.
pub(super) fn native(process: BorrowedHandle<'_>) -> io::Result<String> {
    of(process, PROCESS_NAME_NATIVE)
}

/// The path as people know it.
pub(in crate::windows) fn shown(process: BorrowedHandle<'_>) -> io::Result<String> {
    of(process, PROCESS_NAME_WIN32)
}

fn of(process: BorrowedHandle<'_>, form: PROCESS_NAME_FORMAT) -> io::Result<String> {
    let mut path = vec![0_u16; LONGEST];
    let mut length = LONGEST as u32;
    // SAFETY: the process is open, and the buffer has the length that is said.
    check(unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            form,
            path.as_mut_ptr(),
            &mut length,
        )
    })?;
    Ok(String::from_utf16_lossy(&path[..length as usize]))
}
