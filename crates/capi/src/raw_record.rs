//! The record as C programs have it: a structure of pointers into the bytes
//! that follow it.

#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::raw::{self, Out};
use crate::record::{NUMBERS, Record, TEXT_UNITS, TEXTS};
use crate::status::Status;

/// `FSP_LAUNCH_REG_RECORD` of the header: the texts and numbers of
/// `TEXTS` and `NUMBERS` in that order, each with reserved places.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FspLaunchRegRecord {
    /// `Agent`, `Executable`, `CommandLine`, `WorkDirectory`, `RunAs`,
    /// `Security`, `AuthPackage`, `Stderr`; NULL if absent.
    pub texts: [*const u16; TEXTS.len()],
    /// NULL.
    pub reserved_texts: [*const u16; 4],
    /// `JobControl`, `Credentials`, `AuthPackageId`, `Recovery`.
    pub numbers: [u32; NUMBERS.len()],
    /// Zero.
    pub reserved_numbers: [u32; 4],
}

// As the header's compilers have it, on every target.
const _: () = assert!(size_of::<FspLaunchRegRecord>() == 12 * size_of::<*const u16>() + 32);

/// The record that a program wants to have written.
///
/// # Errors
/// A text is too long, or is not UTF-16.
///
/// # Safety
/// The pointer may be read, and each text of the record that is not NULL up
/// to its NUL.
pub(crate) unsafe fn read(pointer: *const FspLaunchRegRecord) -> Result<Record, Status> {
    // SAFETY: the caller promises it.
    let raw = unsafe { pointer.read_unaligned() };
    let mut record = Record {
        numbers: raw.numbers,
        ..Record::default()
    };
    for (text, pointer) in record.texts.iter_mut().zip(raw.texts) {
        // SAFETY: likewise.
        if let Some(units) = unsafe { raw::text(pointer, TEXT_UNITS) }? {
            *text = Some(units.to_string().ok_or(Status::INVALID_PARAMETER)?);
        }
    }
    Ok(record)
}

/// The records that programs have and did not free yet, by their addresses.
/// What is not in here is not freed: not twice, and nothing that is not ours.
static GIVEN: Mutex<Option<HashMap<usize, Box<[u64]>>>> = Mutex::new(None);

/// Gives a record to the program, in one piece with its texts.
pub(crate) fn give(record: &Record, out: Out<*mut FspLaunchRegRecord>) {
    let mut block = block(record);
    let address = block.as_mut_ptr();
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    given.get_or_insert_default().insert(address.addr(), block);
    out.set(address.cast());
}

/// Takes a record back; NULL and what is no record that was given are left
/// alone.
pub(crate) fn take_back(pointer: *mut FspLaunchRegRecord) {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    given
        .as_mut()
        .and_then(|given| given.remove(&pointer.addr()));
}

/// The structure, and after it the texts that it points to. Words of 64 bits
/// are aligned as the structure must be.
fn block(record: &Record) -> Box<[u64]> {
    let texts = record.texts.each_ref().map(|text| {
        let units = |text: &String| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
        text.as_ref().map(units)
    });
    let units: usize = texts.iter().flatten().map(Vec::len).sum();
    let bytes = size_of::<FspLaunchRegRecord>() + 2 * units;
    let mut block = vec![0_u64; bytes.div_ceil(8)].into_boxed_slice();
    let start = block.as_mut_ptr().cast::<u8>();
    let mut place = size_of::<FspLaunchRegRecord>();
    let texts = texts.map(|text| {
        let Some(units) = text else {
            return std::ptr::null();
        };
        // SAFETY: the block has room for the structure and for all texts; `place` is even, as
        // are the structure's size and that of each text before this one.
        let text = unsafe { start.add(place) }.cast::<u16>();
        // SAFETY: likewise; the units are elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(units.as_ptr(), text, units.len()) };
        place += 2 * units.len();
        text.cast_const()
    });
    let raw = FspLaunchRegRecord {
        texts,
        reserved_texts: [std::ptr::null(); 4],
        numbers: record.numbers,
        reserved_numbers: [0; 4],
    };
    // SAFETY: the block begins with room for the structure.
    unsafe { start.cast::<FspLaunchRegRecord>().write_unaligned(raw) };
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(record: &Record) -> *mut FspLaunchRegRecord {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: `pointer` outlives the use.
        give(record, unsafe { Out::new(&raw mut pointer) });
        pointer
    }

    fn is_given(pointer: *mut FspLaunchRegRecord) -> bool {
        let given = GIVEN.lock().unwrap();
        given.as_ref().unwrap().contains_key(&pointer.addr())
    }

    #[test]
    fn a_record_that_is_given_is_the_one_that_is_read() {
        let record = Record {
            texts: std::array::from_fn(|place| (place % 3 != 2).then(|| "ä".repeat(place))),
            numbers: [1, 3, 7, u32::MAX],
        };
        let pointer = given(&record);
        // SAFETY: it was given and not taken back.
        assert_eq!(unsafe { read(pointer) }, Ok(record));
        take_back(pointer);
    }

    #[test]
    fn a_record_is_freed_once_and_nothing_else_is() {
        let pointer = given(&Record::default());
        assert!(is_given(pointer));
        take_back(std::ptr::null_mut());
        take_back(std::ptr::without_provenance_mut(pointer.addr() + 8));
        assert!(is_given(pointer));
        take_back(pointer);
        take_back(pointer);
        assert!(!is_given(pointer));
    }

    #[test]
    fn a_text_without_an_end_or_with_half_a_character_is_refused() {
        let endless = vec![u16::from(b'x'); TEXT_UNITS];
        for text in [&endless[..], &[0xD800, 0]] {
            let mut raw = FspLaunchRegRecord {
                texts: [std::ptr::null(); 8],
                reserved_texts: [std::ptr::null(); 4],
                numbers: [0; 4],
                reserved_numbers: [0; 4],
            };
            raw.texts[2] = text.as_ptr();
            // SAFETY: the record is live; its only text has the limit's length, or a NUL.
            let refused = unsafe { read(&raw const raw) };
            assert_eq!(refused, Err(Status::INVALID_PARAMETER));
        }
    }
}
