//! What a process asks about itself.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{CloseHandle, LocalFree};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_OUTPUT_HANDLE, SetStdHandle};
use windows_sys::Win32::System::Environment::GetCommandLineW;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::Win32::UI::Shell::IsUserAnAdmin;

use super::super::raw::{check, owned};

/// The command line that the process was started with, unit by unit.
pub fn command_line() -> OsString {
    // SAFETY: the system's own text, ended by a NUL, which lives as long as the process.
    unsafe {
        let text = GetCommandLineW();
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        OsString::from_wide(std::slice::from_raw_parts(text, length))
    }
}

/// Closes standard output, so that whoever reads it sees the end.
///
/// # Errors
/// When the system refuses it.
pub fn close_output() -> io::Result<()> {
    // SAFETY: the handle is taken out of its place before it is closed: nobody finds it any more.
    let closed = unsafe {
        let output = GetStdHandle(STD_OUTPUT_HANDLE);
        SetStdHandle(STD_OUTPUT_HANDLE, std::ptr::null_mut()) != 0 && CloseHandle(output) != 0
    };
    closed.then_some(()).ok_or_else(io::Error::last_os_error)
}

/// Whether the process may do what an administrator may.
pub fn is_administrator() -> bool {
    // SAFETY: a call without arguments.
    unsafe { IsUserAnAdmin() != 0 }
}

/// The SID of the user that the process runs as.
///
/// # Errors
/// When the system does not tell.
pub fn user_sid() -> io::Result<String> {
    let token = own_token(TOKEN_QUERY)?;
    let mut buffer = [0_u64; 32];
    let mut length = 0;
    let room = size_of_val(&buffer) as u32;
    // SAFETY: an open token, and a buffer of the length that is told, aligned for what comes.
    let told = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            room,
            &mut length,
        )
    };
    check(told)?;
    let mut text = std::ptr::null_mut();
    // SAFETY: the buffer holds a user now, whose SID lies in it as well.
    let made = unsafe {
        let user = &*buffer.as_ptr().cast::<TOKEN_USER>();
        ConvertSidToStringSidW(user.User.Sid, &mut text)
    };
    check(made)?;
    // SAFETY: a text that the system has made and ended by a NUL, freed right after.
    let sid = unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let sid = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        sid
    };
    Ok(sid)
}

/// The token that the process runs with.
pub(super) fn own_token(rights: u32) -> io::Result<OwnedHandle> {
    let mut token = std::ptr::null_mut();
    // SAFETY: the own process, and a place for one handle.
    check(unsafe { OpenProcessToken(GetCurrentProcess(), rights, &mut token) })?;
    // SAFETY: the handle was made right here, and nobody else has it.
    unsafe { owned(token) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_user_and_command_line_are_told() {
        assert!(user_sid().unwrap().starts_with("S-1-5-"));
        let line = command_line().into_string().unwrap();
        assert!(line.contains(".exe"), "{line}");
    }
}
