//! The client's token, by impersonating it for a moment.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{RevertToSelf, TOKEN_DUPLICATE, TOKEN_IMPERSONATE, TOKEN_QUERY},
    System::{
        Pipes::ImpersonateNamedPipeClient,
        Threading::{GetCurrentThread, OpenThreadToken},
    },
};

/// The token of the client that wrote what was read last.
///
/// Between the first and the last line this thread is the client, so nothing
/// happens there but asking for the token; it is opened as ourselves.
pub(super) fn token_of(pipe: BorrowedHandle<'_>) -> io::Result<OwnedHandle> {
    // SAFETY: the pipe is borrowed.
    if unsafe { ImpersonateNamedPipeClient(pipe.as_raw_handle()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let token = own_thread_token();
    // SAFETY: it takes nothing.
    if unsafe { RevertToSelf() } == 0 {
        // Whatever came next would be done as the client.
        std::process::abort();
    }
    token
}

fn own_thread_token() -> io::Result<OwnedHandle> {
    let access = TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE;
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle needs no closing, and the pointer is there to be written.
    if unsafe { OpenThreadToken(GetCurrentThread(), access, 1, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is ours alone from here on.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}
