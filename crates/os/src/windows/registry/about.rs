//! What a key tells of itself.
#![allow(unsafe_code)]

use std::{io, ptr};

use windows_sys::Wdk::System::Registry::{KeyBasicInformation, NtQueryKey};
use windows_sys::Win32::{
    Foundation::{FILETIME, RtlNtStatusToDosError},
    System::Registry::RegQueryInfoKeyW,
};

use super::{Key, result};

/// What is in a key, and when that last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) keys: u32,
    pub(crate) values: u32,
    /// In units of 100 ns since 1601.
    pub(crate) written: u64,
}

impl Key {
    /// The key's own name, spelled as it is stored.
    pub(crate) fn name(&self) -> io::Result<Vec<u16>> {
        // When it was written, an index, the name's length in bytes, the name.
        const BEFORE: usize = 16;
        let mut room = [0_u64; 128];
        let mut needed = 0;
        // SAFETY: the room is as long as is said, and aligned.
        let status = unsafe {
            NtQueryKey(
                self.handle,
                KeyBasicInformation,
                room.as_mut_ptr().cast(),
                size_of_val(&room) as u32,
                &mut needed,
            )
        };
        if status < 0 {
            // SAFETY: takes a value only.
            return result(unsafe { RtlNtStatusToDosError(status) }).map(|()| vec![]);
        }
        let bytes: Vec<u8> = room.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let (before, name) = bytes.split_at(BEFORE);
        let length = before
            .last_chunk()
            .map_or(0, |&length| u32::from_le_bytes(length));
        let name = name.get(..length as usize).unwrap_or_default();
        let (units, _) = name.as_chunks::<2>();
        Ok(units.iter().map(|&unit| u16::from_le_bytes(unit)).collect())
    }

    /// How many keys and values there are, and when that last changed.
    pub(crate) fn info(&self) -> io::Result<Info> {
        let (mut keys, mut values) = (0, 0);
        let mut written = FILETIME {
            dwLowDateTime: 0,
            dwHighDateTime: 0,
        };
        // SAFETY: what is asked for outlives the call; nothing else is.
        result(unsafe {
            RegQueryInfoKeyW(
                self.handle,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
                &mut keys,
                ptr::null_mut(),
                ptr::null_mut(),
                &mut values,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &mut written,
            )
        })?;
        let written = u64::from(written.dwHighDateTime) << 32 | u64::from(written.dwLowDateTime);
        Ok(Info {
            keys,
            values,
            written,
        })
    }
}
