//! Who has the name of a pipe.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle},
    path::Path,
    ptr,
};

use windows_sys::Win32::{
    Foundation::{ERROR_BAD_PATHNAME, ERROR_FILE_NOT_FOUND, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        CreateFileW, FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING,
        SECURITY_ANONYMOUS, SECURITY_SQOS_PRESENT,
    },
    System::{
        Pipes::{DisconnectNamedPipe, GetNamedPipeServerProcessId, WaitNamedPipeW},
        Threading::PROCESS_QUERY_LIMITED_INFORMATION,
    },
};

use super::{process, raw::wide};

/// Whether there is a pipe of this name, without connecting to it.
pub(super) fn is_there(path: &Path) -> bool {
    // SAFETY: the name ends with a NUL.
    if unsafe { WaitNamedPipeW(wide(path).as_ptr(), 1) } != 0 {
        return true;
    }
    let error = io::Error::last_os_error().raw_os_error().unwrap_or(0) as u32;
    ![ERROR_FILE_NOT_FOUND, ERROR_BAD_PATHNAME].contains(&error)
}

/// The process that serves a pipe, in words.
pub(super) fn of(path: &Path) -> String {
    let other = || "another process".to_owned();
    let Ok(client) = connect(path) else {
        return other();
    };
    let mut pid = 0;
    // SAFETY: the handle is open, and the pointer is there to be written.
    if unsafe { GetNamedPipeServerProcessId(client.as_raw_handle(), &mut pid) } == 0 {
        return other();
    }
    match image(pid) {
        Ok(image) => format!("process {pid} ({image})"),
        Err(_) => format!("process {pid}"),
    }
}

/// Makes an instance one that no client can connect to. It is that after a client is gone; or,
/// where the system lets nobody be disconnected who is not there, after ourselves.
pub(super) fn unplug(instance: OwnedHandle, path: &Path) -> Option<OwnedHandle> {
    let disconnect = || {
        // SAFETY: the handle is open.
        unsafe { DisconnectNamedPipe(instance.as_raw_handle()) != 0 }
    };
    if !disconnect() {
        let _client = connect(path).ok()?;
        disconnect();
    }
    Some(instance)
}

/// Connects, telling the other end nothing: not even who we are.
fn connect(path: &Path) -> io::Result<OwnedHandle> {
    // SAFETY: the name ends with a NUL; nothing else is passed.
    let handle = unsafe {
        CreateFileW(
            wide(path).as_ptr(),
            FILE_READ_ATTRIBUTES,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            ptr::null(),
            OPEN_EXISTING,
            SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is ours alone from here on.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// The name of the program's file.
fn image(pid: u32) -> io::Result<String> {
    let process = process::open_with(pid, PROCESS_QUERY_LIMITED_INFORMATION)?;
    let process = process.ok_or(io::ErrorKind::NotFound)?;
    let path = process::shown_image(process.as_handle())?;
    Ok(path.rsplit('\\').next().unwrap_or_default().to_owned())
}
