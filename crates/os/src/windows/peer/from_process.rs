//! A seam for tests under Wine, whose impersonation gives the server's own
//! token: the client's token is that of its process. A process can hand its
//! end of a pipe to another, so no shipped binary does this.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle},
    ptr,
    sync::Once,
};

use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{
        DuplicateTokenEx, SecurityImpersonation, TOKEN_DUPLICATE, TOKEN_IMPERSONATE, TOKEN_QUERY,
        TokenImpersonation,
    },
    System::{
        Pipes::GetNamedPipeClientProcessId,
        Threading::{OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION},
    },
};

use super::super::raw::{check, owned};

pub(super) fn token_of(pipe: BorrowedHandle<'_>) -> io::Result<OwnedHandle> {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "this is a test build (peer-from-client-process): anybody can pose as others"
        );
    });
    let pid = client_process(pipe)?;
    // SAFETY: it takes values only, and the handle is new.
    let process = unsafe { owned(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid)) }?;
    let mut token: HANDLE = ptr::null_mut();
    let access = TOKEN_QUERY | TOKEN_DUPLICATE;
    // SAFETY: the process is open, the pointer is there to be written, and the handle is new.
    let token = unsafe {
        check(OpenProcessToken(
            process.as_raw_handle(),
            access,
            &mut token,
        ))?;
        owned(token)
    }?;
    let mut copy: HANDLE = ptr::null_mut();
    // SAFETY: the token is open, the pointer is there to be written, and the handle is new.
    unsafe {
        check(DuplicateTokenEx(
            token.as_raw_handle(),
            TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE,
            ptr::null(),
            SecurityImpersonation,
            TokenImpersonation,
            &mut copy,
        ))?;
        owned(copy)
    }
}

fn client_process(pipe: BorrowedHandle<'_>) -> io::Result<u32> {
    let mut pid = 0;
    // SAFETY: the pipe is borrowed, and the pointer is there to be written.
    check(unsafe { GetNamedPipeClientProcessId(pipe.as_raw_handle(), &mut pid) })?;
    Ok(pid)
}
