//! Text, handles and times, between Rust and the system.

#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::BOOL;
use zeroize::Zeroizing;

/// UTF-16 with a NUL at its end.
pub(super) fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}

/// A secret of the system, up to its NUL if it has one.
///
/// # Errors
/// It is no UTF-16.
pub(super) fn secret(units: impl ExactSizeIterator<Item = u16>) -> io::Result<Zeroizing<String>> {
    // A unit is three bytes of UTF-8 at most: it never grows, and leaves no copies behind.
    let mut secret = Zeroizing::new(String::with_capacity(3 * units.len()));
    for character in char::decode_utf16(units.take_while(|&unit| unit != 0)) {
        let character = character.map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "a part of it is no character")
        });
        secret.push(character?);
    }
    Ok(secret)
}

/// What a function that answers yes or no says.
pub(super) fn check(result: BOOL) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The handle that a function has just made, or its error.
///
/// # Safety
/// The handle is nobody else's, or one of the two values that mean failure.
pub(super) unsafe fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the caller says that it is ours.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// The time left for the system, which knows a longest one; rounded up, so
/// that nobody spins at the end.
pub(super) fn milliseconds(left: Duration) -> u32 {
    let rounded = left.as_nanos().div_ceil(1_000_000);
    u32::try_from(rounded).map_or(INFINITE - 1, |left| left.min(INFINITE - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_in_a_nul() {
        assert_eq!(wide("aß"), [97, 223, 0]);
        assert_eq!(wide(""), [0]);
    }

    #[test]
    fn no_time_is_cut_or_taken_for_no_end() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_secs(3)), 3000);
        assert_eq!(milliseconds(Duration::MAX), INFINITE - 1);
    }

    #[test]
    fn a_secret_ends_at_its_nul_and_is_text() {
        let read = |units: &[u16]| secret(units.iter().copied());
        let units = wide("pä😀");
        for units in [
            &units[..],
            &units[..units.len() - 1],
            &[&units[..], &[0x61]].concat(),
        ] {
            assert_eq!(read(units).unwrap().as_str(), "pä😀");
        }
        let half = read(&[0x61, 0xd800]).unwrap_err();
        assert_eq!(half.kind(), io::ErrorKind::InvalidData);
    }
}
