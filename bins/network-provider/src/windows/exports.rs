//! The functions that the router calls, one after the other. Each takes its
//! pointers apart and leaves the rest to safe code behind the [`guarded`]
//! boundary.
//!
//! Their documentation is Microsoft's ("Network Provider Functions"), and the
//! network provider specification.

#![allow(unsafe_code, non_snake_case)]

use windows_sys::Win32::Foundation::{HANDLE, HWND};
use windows_sys::Win32::NetworkManagement::WNet::NETRESOURCEW;

use super::boundary::guarded;
use super::dialog::Window;
use super::raw::{self, Out};
use super::{System, listings};
use crate::enumeration::{Enumeration, Page};
use crate::failure::{Failure, code};
use crate::layout::{REMOTE_NAME, TooSmall, UNIVERSAL_NAME};
use crate::{cancel, caps, connect, interactive, layout};

/// What the provider can do.
#[unsafe(no_mangle)]
pub extern "system" fn NPGetCaps(index: u32) -> u32 {
    caps::caps(index)
}

/// Starts an instance.
///
/// # Safety
/// Each pointer is NULL or of what Microsoft's documentation says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPAddConnection(
    resource: *const NETRESOURCEW,
    password: *const u16,
    user: *const u16,
) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let wish = unsafe { raw::wish(resource, password, user) }?;
        connect::connect(&mut System::new(Window::NONE), &wish)
    })
}

/// Starts an instance, and may ask for credentials.
///
/// # Safety
/// Each pointer is NULL or of what Microsoft's documentation says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPAddConnection3(
    owner: HWND,
    resource: *const NETRESOURCEW,
    password: *const u16,
    user: *const u16,
    flags: u32,
) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let wish = unsafe { raw::wish(resource, password, user) }?;
        interactive::connect(&mut System::new(Window::of(owner)), &wish, flags)
    })
}

/// Stops an instance, by its drive or its remote name.
///
/// # Safety
/// The pointer is NULL, or of a text that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPCancelConnection(name: *const u16, _force: i32) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let name = unsafe { raw::text(name) }.ok_or(Failure::Plain(code::BAD_NET_NAME))?;
        cancel::cancel(&mut System::new(Window::NONE), &name)
    })
}

/// Gives the remote name of a drive.
///
/// # Safety
/// Each pointer is NULL, or: the name ends with a NUL, and the buffer has as
/// many characters as `length` says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPGetConnection(
    local: *const u16,
    remote: *mut u16,
    length: *mut u32,
) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let local = unsafe { raw::text(local) }.ok_or(Failure::Plain(code::BAD_LOCAL_NAME))?;
        // SAFETY: likewise.
        let length = unsafe { Out::new(length) }.ok_or(Failure::Plain(code::BAD_VALUE))?;
        let name = cancel::remote_name(&mut System::new(Window::NONE), &local)?;
        let name = super::wide(&name.to_string());
        let bytes: Vec<u8> = name.iter().copied().flat_map(u16::to_le_bytes).collect();
        // SAFETY: the buffer has so many characters.
        let buffer = unsafe { raw::Buffer::new(remote.cast(), raw::characters(length.get())) };
        if bytes.len() > buffer.room().capacity {
            length.set(raw::number(name.len()));
            return Err(Failure::Plain(code::MORE_DATA));
        }
        buffer.fill(&bytes);
        Ok(())
    })
}

/// Gives the name that a path on a drive has in the network.
///
/// # Safety
/// Each pointer is NULL, or: the path ends with a NUL, and the buffer has as
/// many bytes as `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPGetUniversalName(
    path: *const u16,
    level: u32,
    buffer: *mut core::ffi::c_void,
    size: *mut u32,
) -> u32 {
    guarded(|| {
        if !matches!(level, UNIVERSAL_NAME | REMOTE_NAME) {
            return Err(Failure::Plain(code::BAD_LEVEL));
        }
        // SAFETY: the caller promises it.
        let path = unsafe { raw::text(path) }.ok_or(Failure::Plain(code::BAD_LOCAL_NAME))?;
        // SAFETY: likewise.
        let size = unsafe { Out::new(size) }.ok_or(Failure::Plain(code::BAD_VALUE))?;
        let (name, rest) = cancel::universal(&mut System::new(Window::NONE), &path)?;
        // SAFETY: likewise, for as many bytes.
        let buffer = unsafe { raw::Buffer::new(buffer.cast(), raw::bytes(size.get())) };
        match layout::universal(buffer.room(), level, &name.to_string(), &rest) {
            Ok(bytes) => {
                buffer.fill(&bytes);
                Ok(())
            }
            Err(TooSmall(needed)) => {
                size.set(raw::number(needed));
                Err(Failure::Plain(code::MORE_DATA))
            }
        }
    })
}

/// Begins to list what is connected.
///
/// # Safety
/// `handle` is NULL or may be written. The resource is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPOpenEnum(
    scope: u32,
    kind: u32,
    _usage: u32,
    _resource: *const NETRESOURCEW,
    handle: *mut HANDLE,
) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let handle = unsafe { Out::new(handle) }.ok_or(Failure::Plain(code::BAD_VALUE))?;
        let listing = Enumeration::open(&mut System::new(Window::NONE), scope, kind)?;
        handle.set(listings::add(listing));
        Ok(())
    })
}

/// Gives the next entries.
///
/// # Safety
/// Each pointer is NULL or may be written: the buffer for as many bytes as
/// `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NPEnumResource(
    handle: HANDLE,
    count: *mut u32,
    buffer: *mut core::ffi::c_void,
    size: *mut u32,
) -> u32 {
    guarded(|| {
        // SAFETY: the caller promises it, for both.
        let (count, size) = unsafe { (Out::new(count), Out::new(size)) };
        let (Some(count), Some(size)) = (count, size) else {
            return Err(Failure::Plain(code::BAD_VALUE));
        };
        // SAFETY: likewise, for as many bytes.
        let buffer = unsafe { raw::Buffer::new(buffer.cast(), raw::bytes(size.get())) };
        let most = raw::bytes(count.get());
        if most == 0 {
            return Err(Failure::Plain(code::BAD_VALUE));
        }
        let page = listings::with(handle, |listing| listing.next(buffer.room(), most));
        match page.ok_or(Failure::Plain(code::BAD_HANDLE))? {
            Page::Entries {
                bytes,
                count: given,
            } => {
                buffer.fill(&bytes);
                count.set(raw::number(given));
                Ok(())
            }
            Page::TooSmall(needed) => {
                count.set(0);
                size.set(raw::number(needed));
                Err(Failure::Plain(code::MORE_DATA))
            }
            Page::End => {
                count.set(0);
                Err(Failure::Plain(code::NO_MORE_ENTRIES))
            }
        }
    })
}

/// Ends a listing.
#[unsafe(no_mangle)]
pub extern "system" fn NPCloseEnum(handle: HANDLE) -> u32 {
    guarded(|| match listings::remove(handle) {
        true => Ok(()),
        false => Err(Failure::Plain(code::BAD_HANDLE)),
    })
}

/// Panics within the boundary: the proof that it holds in this very library.
#[cfg(feature = "test-seams")]
#[unsafe(no_mangle)]
pub extern "system" fn FslaunchTestPanic() -> u32 {
    guarded(|| panic!("as the test wants"))
}

/// Gives the words that were set last, and forgets them; how many characters
/// they have. Wine's router has no place for them.
///
/// # Safety
/// The buffer has so many characters.
#[cfg(feature = "test-seams")]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FslaunchTestWords(buffer: *mut u16, characters: u32) -> u32 {
    let words: Vec<u8> = super::words::take()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    // SAFETY: the caller promises it.
    let buffer = unsafe { raw::Buffer::new(buffer.cast(), raw::characters(characters)) };
    if words.len() > buffer.room().capacity {
        return 0;
    }
    buffer.fill(&words);
    raw::number(words.len() / 2)
}
