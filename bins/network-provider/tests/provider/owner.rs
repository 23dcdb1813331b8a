//! Who runs the tests.

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// The SID of who runs this.
pub(crate) fn own_sid() -> String {
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle is always valid, and the token's place outlives the call.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) };
    assert_ne!(opened, 0);
    // SAFETY: the token was just opened and belongs to nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut room = [0_u64; 64];
    let (bytes, mut length) = (size_of_val(&room) as u32, 0);
    let place = room.as_mut_ptr();
    let mut text = ptr::null_mut();
    // SAFETY: the room is as long as is said; the system writes the structure
    // there, and its SID after it. The text ends with a NUL.
    unsafe {
        let token = token.as_raw_handle();
        assert_ne!(
            GetTokenInformation(token, TokenUser, place.cast(), bytes, &mut length),
            0
        );
        let sid = (*place.cast::<TOKEN_USER>()).User.Sid;
        assert_ne!(ConvertSidToStringSidW(sid, &mut text), 0);
        let length = (0..).find(|&at| *text.add(at) == 0).unwrap();
        let sid = String::from_utf16(std::slice::from_raw_parts(text, length)).unwrap();
        LocalFree(text.cast());
        sid
    }
}
