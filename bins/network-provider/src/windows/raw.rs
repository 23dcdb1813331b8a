//! From pointers to values and back: what the functions get from their callers
//! and give to them, as far as that can be checked.
//!
//! Nothing here asks for alignment: programs on x86 get away with pointers
//! into packed structures.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use windows_sys::Win32::NetworkManagement::WNet::NETRESOURCEW;
use zeroize::Zeroizing;

use crate::connect::Wish;
use crate::credentials::Credentials;
use crate::failure::{Failure, code};
use crate::layout::Room;

/// The longest text that is looked at, in units: longer than any path.
const TEXT_UNITS: usize = 32_768;

/// Where a function writes a result to, and reads from before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out<T>(NonNull<T>);

impl<T: Copy> Out<T> {
    /// Takes a pointer of the caller; `None` for NULL.
    ///
    /// # Safety
    /// It is NULL, or may be read and written for as long as the value is in
    /// use; what is there is initialized where [`Out::get`] is called.
    pub(super) unsafe fn new(pointer: *mut T) -> Option<Out<T>> {
        NonNull::new(pointer).map(Out)
    }

    pub(super) fn get(self) -> T {
        // SAFETY: `new` was promised that the pointer may be read.
        unsafe { self.0.as_ptr().read_unaligned() }
    }

    pub(super) fn set(self, value: T) {
        // SAFETY: `new` was promised that the pointer may be written.
        unsafe { self.0.as_ptr().write_unaligned(value) }
    }
}

/// A buffer of the caller. One that is NULL has no room.
#[derive(Debug)]
pub(super) struct Buffer {
    start: *mut u8,
    capacity: usize,
}

impl Buffer {
    /// # Safety
    /// The pointer is NULL, or so many bytes may be written for as long as the
    /// value is in use.
    pub(super) unsafe fn new(start: *mut u8, capacity: usize) -> Buffer {
        let capacity = if start.is_null() { 0 } else { capacity };
        Buffer { start, capacity }
    }

    pub(super) fn room(&self) -> Room {
        Room {
            address: self.start.addr() as u64,
            capacity: self.capacity,
            pointer: size_of::<usize>(),
        }
    }

    /// Writes what fits; the callers have seen to it that all does.
    pub(super) fn fill(&self, bytes: &[u8]) {
        let length = bytes.len().min(self.capacity);
        if length > 0 {
            // SAFETY: `new` was promised that `capacity` bytes may be written, which is 0 for
            // NULL. `bytes` is memory of this library, which is not the caller's.
            unsafe { self.start.copy_from_nonoverlapping(bytes.as_ptr(), length) };
        }
    }
}

/// A number of bytes or entries, as the caller has it.
pub(super) fn bytes(number: u32) -> usize {
    // Every target has pointers of 32 bits at least.
    number as usize
}

/// A number of characters, in bytes. Nobody has a buffer that wraps around.
pub(super) fn characters(number: u32) -> usize {
    bytes(number).saturating_mul(2)
}

/// The same for the caller.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A text; empty for NULL. `None` if it has half a character in it, or no end.
///
/// # Safety
/// The pointer is NULL, or may be read up to the first NUL or for
/// [`TEXT_UNITS`], whichever is shorter.
pub(super) unsafe fn text(pointer: *const u16) -> Option<String> {
    // SAFETY: the caller promises it.
    let units = unsafe { units(pointer) }?;
    String::from_utf16(&units).ok()
}

/// What is asked for.
///
/// # Safety
/// Each pointer is NULL, or may be read: the texts, also those of the
/// resource, as [`text`] says.
pub(super) unsafe fn wish(
    resource: *const NETRESOURCEW,
    password: *const u16,
    user: *const u16,
) -> Result<Wish, Failure> {
    if resource.is_null() {
        return Err(Failure::Plain(code::BAD_VALUE));
    }
    // SAFETY: it is not NULL, and the caller promises that it may be read.
    let resource = unsafe { resource.read_unaligned() };
    // SAFETY: the caller promises it for each text.
    let (local, remote, user, password) = unsafe {
        (
            text(resource.lpLocalName),
            text(resource.lpRemoteName),
            text(user),
            units(password),
        )
    };
    let bad = |code| Failure::Plain(code);
    Ok(Wish {
        kind: resource.dwType,
        remote: remote.ok_or(bad(code::BAD_NET_NAME))?,
        local: local.ok_or(bad(code::BAD_LOCAL_NAME))?,
        credentials: Credentials {
            user: user.ok_or(bad(code::BAD_VALUE))?,
            password: password.ok_or(bad(code::BAD_VALUE))?,
        },
    })
}

/// The units of a text, wiped when dropped; none for NULL.
///
/// # Safety
/// As [`text`].
unsafe fn units(pointer: *const u16) -> Option<Zeroizing<Vec<u16>>> {
    if pointer.is_null() {
        return Some(Zeroizing::default());
    }
    let unit = |place: usize| {
        // SAFETY: no place after the first NUL, and none from the limit on, is asked for.
        unsafe { pointer.add(place).read_unaligned() }
    };
    let length = (0..TEXT_UNITS).find(|&place| unit(place) == 0)?;
    // With its final capacity at once: one that grows would leave copies behind.
    let mut units = Zeroizing::new(Vec::with_capacity(length));
    units.extend((0..length).map(unit));
    Some(units)
}
