//! Values, as they are stored.
#![allow(unsafe_code)]

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::{ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS},
    System::Registry::{RegDeleteValueW, RegEnumValueW, RegSetValueExW},
};

use super::{Key, ended, gone, result};

/// The longest name of a value that the registry has, in UTF-16 units.
const MAX_VALUE_NAME: usize = 16_383;

/// A value as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawValue {
    pub(crate) name: Vec<u16>,
    pub(crate) kind: u32,
    pub(crate) bytes: Vec<u8>,
}

impl RawValue {
    /// What it counts for where the size of a key is limited, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + 2 * self.name.len() + 16
    }
}

impl Key {
    /// All values, read at one moment: if somebody changes one meanwhile, they
    /// are read again.
    ///
    /// # Errors
    /// The system's; or there are more bytes of names and values than `most`.
    pub(crate) fn values(&self, most: usize) -> io::Result<Vec<RawValue>> {
        const TRIES: usize = 20;
        let mut before = self.info()?;
        for _ in 0..TRIES {
            let values = self.enumerate(most)?;
            let after = self.info()?;
            if before == after && values.len() == after.values as usize {
                return Ok(values);
            }
            before = after;
        }
        Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "it changes while it is read",
        ))
    }

    fn enumerate(&self, most: usize) -> io::Result<Vec<RawValue>> {
        let mut values: Vec<RawValue> = Vec::new();
        let mut left = most;
        let mut name = vec![0_u16; MAX_VALUE_NAME + 1];
        let mut bytes = vec![0_u8; 1024];
        loop {
            let (mut name_length, mut length) = (name.len() as u32, bytes.len() as u32);
            let mut kind = 0;
            // SAFETY: both rooms are as long as is said.
            let code = unsafe {
                RegEnumValueW(
                    self.handle,
                    values.len() as u32,
                    name.as_mut_ptr(),
                    &mut name_length,
                    ptr::null(),
                    &mut kind,
                    bytes.as_mut_ptr(),
                    &mut length,
                )
            };
            let too_long = || {
                io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("it has more than {most} bytes"),
                )
            };
            match code {
                ERROR_NO_MORE_ITEMS => return Ok(values),
                ERROR_MORE_DATA if bytes.len() > most => return Err(too_long()),
                ERROR_MORE_DATA => {
                    bytes.resize((bytes.len() * 4).max(length as usize).min(most + 1), 0);
                    continue;
                }
                code => result(code)?,
            }
            let name = name.get(..name_length as usize).unwrap_or_default();
            let bytes = bytes.get(..length as usize).unwrap_or_default();
            let value = RawValue {
                name: name.to_vec(),
                kind,
                bytes: bytes.to_vec(),
            };
            left = left.checked_sub(value.size()).ok_or_else(too_long)?;
            values.push(value);
        }
    }

    /// Stores a value.
    pub(crate) fn set(&self, value: &RawValue) -> io::Result<()> {
        let name = ended(&value.name)?;
        let length = u32::try_from(value.bytes.len()).map_err(io::Error::other)?;
        // No bytes are at no address: Wine looks where they would be.
        let bytes = match value.bytes.as_slice() {
            [] => ptr::null(),
            bytes => bytes.as_ptr(),
        };
        // SAFETY: the name ends with a NUL, and the bytes are as long as is said.
        result(unsafe { RegSetValueExW(self.handle, name.as_ptr(), 0, value.kind, bytes, length) })
    }

    /// Removes a value; one that is not there counts as removed.
    pub(crate) fn remove_value(&self, name: &[u16]) -> io::Result<()> {
        let name = ended(name)?;
        // SAFETY: the name ends with a NUL.
        gone(result(unsafe {
            RegDeleteValueW(self.handle, name.as_ptr())
        }))
    }
}
