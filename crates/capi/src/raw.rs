//! From pointers to values and back: what the functions of the library get
//! from C and give to it, as far as that can be checked.
//!
//! All unsafe code but the functions themselves is in this file. Nothing here
//! asks for alignment: programs on x86 get away with pointers into packed
//! structures.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use zeroize::Zeroizing;

use crate::{status::Status, text::Text};

/// Where a function writes a result to. NULL takes nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out<T>(Option<NonNull<T>>);

impl<T: Copy> Out<T> {
    /// Takes a pointer of the caller.
    ///
    /// # Safety
    /// It is NULL, or may be written for as long as the value is in use.
    pub(crate) unsafe fn new(pointer: *mut T) -> Out<T> {
        Out(NonNull::new(pointer))
    }

    /// The same, for a pointer that must not be NULL.
    pub(crate) fn required(self) -> Result<Out<T>, Status> {
        self.0.map_or(Err(Status::INVALID_PARAMETER), |_| Ok(self))
    }

    pub(crate) fn set(self, value: T) {
        if let Some(pointer) = self.0 {
            // SAFETY: `new` was promised that the pointer may be written.
            unsafe { pointer.as_ptr().write_unaligned(value) }
        }
    }

    /// Reads what is there and puts `value` in its place.
    ///
    /// # Safety
    /// What is there is initialized.
    unsafe fn replace(self, value: T) -> Option<T> {
        let pointer = self.0?.as_ptr();
        // SAFETY: the pointer may be written, and the caller says that there is a value.
        let old = unsafe { pointer.read_unaligned() };
        self.set(value);
        Some(old)
    }
}

/// The buffer that an answer goes to, and where its size is told.
#[derive(Debug)]
pub(crate) struct Buffer {
    start: Option<NonNull<u8>>,
    /// How many bytes the buffer has.
    capacity: usize,
    size: Out<u32>,
}

impl Buffer {
    /// Takes the caller's buffer and size. The size is zero from now on,
    /// until there is an answer.
    ///
    /// # Safety
    /// Each is NULL, or may be written: the buffer for as many bytes as
    /// `size` says, which is initialized.
    pub(crate) unsafe fn new(buffer: *mut u16, size: *mut u32) -> Buffer {
        // SAFETY: the caller promises it.
        let size = unsafe { Out::new(size) };
        // SAFETY: likewise.
        let capacity = unsafe { size.replace(0) }.unwrap_or(0);
        Buffer {
            start: NonNull::new(buffer.cast()),
            // Every target has pointers of 32 bits at least.
            capacity: capacity as usize,
            size,
        }
    }

    /// No buffer: the answer is of no interest.
    pub(crate) fn none() -> Buffer {
        Buffer {
            start: None,
            capacity: 0,
            size: Out(None),
        }
    }

    /// Writes as much of the answer as fits, and tells how long it is.
    pub(crate) fn fill(&self, answer: &[u8]) {
        let length = answer.len().min(self.capacity);
        if let Some(start) = self.start {
            // SAFETY: `new` was promised that `capacity` bytes may be written; `length` is no
            // more. `answer` is memory of this library, which is not the caller's.
            unsafe {
                std::ptr::copy_nonoverlapping(answer.as_ptr(), start.as_ptr(), length);
            }
        }
        self.size
            .set(u32::try_from(answer.len()).unwrap_or(u32::MAX));
    }
}

/// Reads a text up to its NUL; `None` if the pointer is NULL.
///
/// # Errors
/// It has no NUL within `limit` units: so much and not more is looked at.
///
/// # Safety
/// The pointer is NULL, or may be read up to the first NUL or for `limit`
/// units, whichever is shorter.
pub(crate) unsafe fn text(pointer: *const u16, limit: usize) -> Result<Option<Text>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    let unit = |place: usize| {
        // SAFETY: no place after the first NUL, and none from `limit` on, is asked for.
        unsafe { pointer.add(place).read_unaligned() }
    };
    let Some(length) = (0..limit).find(|&place| unit(place) == 0) else {
        return Err(Status::INVALID_PARAMETER);
    };
    // With its final capacity at once: one that grows would leave copies behind.
    let mut units = Zeroizing::new(Vec::with_capacity(length));
    units.extend((0..length).map(unit));
    Ok(Some(Text::new(units)))
}

/// The arguments of a request: `count` pointers, and their lengths in units
/// unless `lengths` is NULL; a length of -1 is that up to the NUL. Arguments
/// that are NULL are left out.
///
/// # Errors
/// The array is NULL but has elements, or an argument is longer than `limit`
/// or can't be one.
///
/// # Safety
/// Each array is NULL, or may be read for `count` elements; each element is
/// NULL, or may be read for its length, and as [`text`] says if that is -1.
pub(crate) unsafe fn arguments(
    count: u32,
    pointers: *const *const u16,
    lengths: *const u32,
    limit: usize,
) -> Result<Vec<Text>, Status> {
    const UP_TO_THE_NUL: u32 = u32::MAX;
    let count = usize::try_from(count).map_err(|_| Status::INVALID_PARAMETER)?;
    // An argument has two bytes at least: nobody has more of them than this.
    if count > limit || (count > 0 && pointers.is_null()) {
        return Err(Status::INVALID_PARAMETER);
    }
    let mut arguments = Vec::with_capacity(count);
    for place in 0..count {
        // SAFETY: the array has `count` elements.
        let pointer = unsafe { pointers.add(place).read_unaligned() };
        let length = if lengths.is_null() {
            UP_TO_THE_NUL
        } else {
            // SAFETY: likewise.
            unsafe { lengths.add(place).read_unaligned() }
        };
        let argument = match length {
            // SAFETY: the caller promises what `text` asks for.
            UP_TO_THE_NUL => unsafe { text(pointer, limit) }?,
            // SAFETY: the argument may be read for its length.
            _ => unsafe { measured(pointer, length, limit) }?,
        };
        arguments.extend(argument);
    }
    Ok(arguments)
}

/// Reads a text of a known length. NULs at its end are not part of it.
///
/// # Errors
/// It is longer than `limit`, or has a NUL within: it would be two.
///
/// # Safety
/// The pointer is NULL, or may be read for `length` units.
unsafe fn measured(pointer: *const u16, length: u32, limit: usize) -> Result<Option<Text>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    let length = usize::try_from(length).map_err(|_| Status::INVALID_PARAMETER)?;
    if length > limit {
        return Err(Status::INVALID_PARAMETER);
    }
    let mut units = Zeroizing::new(Vec::with_capacity(length));
    // SAFETY: the caller promises that so many units may be read.
    units.extend((0..length).map(|place| unsafe { pointer.add(place).read_unaligned() }));
    let end = units
        .iter()
        .rposition(|&unit| unit != 0)
        .map_or(0, |last| last + 1);
    units.truncate(end);
    if units.contains(&0) {
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(Some(Text::new(units)))
}
