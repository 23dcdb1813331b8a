//! Registry keys: owned handles, names and values without loss.
//!
//! Names are UTF-16 that need not be text, and values are bytes with the
//! number of a type: what others put there comes back as it is.
#![allow(unsafe_code)]

use std::{io, iter, ptr};

use windows_sys::Wdk::System::Registry::{KeyBasicInformation, NtQueryKey};
use windows_sys::Win32::{
    Foundation::{
        ERROR_FILE_NOT_FOUND, ERROR_KEY_DELETED, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS,
        ERROR_SUCCESS, FILETIME, RtlNtStatusToDosError, WIN32_ERROR,
    },
    Security::DACL_SECURITY_INFORMATION,
    System::Registry::{
        HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_ALL_ACCESS, KEY_READ, KEY_WOW64_32KEY,
        KEY_WOW64_64KEY, REG_CREATED_NEW_KEY, REG_OPTION_NON_VOLATILE, RegCloseKey, RegCopyTreeW,
        RegCreateKeyExW, RegDeleteKeyExW, RegDeleteTreeW, RegDeleteValueW, RegEnumKeyExW,
        RegEnumValueW, RegGetKeySecurity, RegOpenKeyExW, RegQueryInfoKeyW, RegRenameKey,
        RegSetKeySecurity, RegSetValueExW,
    },
};

/// The longest name of a key that the registry has, in UTF-16 units.
const MAX_KEY_NAME: usize = 255;
/// The longest name of a value.
const MAX_VALUE_NAME: usize = 16_383;

/// Where keys begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// HKEY_LOCAL_MACHINE as 32-bit programs see it.
    Machine32,
    /// HKEY_LOCAL_MACHINE as 64-bit programs see it.
    Machine64,
    /// HKEY_CURRENT_USER, of which there is one view.
    User,
}

impl Root {
    fn key(self) -> HKEY {
        match self {
            Root::Machine32 | Root::Machine64 => HKEY_LOCAL_MACHINE,
            Root::User => HKEY_CURRENT_USER,
        }
    }

    fn view(self) -> u32 {
        match self {
            Root::Machine32 => KEY_WOW64_32KEY,
            Root::Machine64 => KEY_WOW64_64KEY,
            Root::User => 0,
        }
    }
}

/// What a key is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    fn mask(self) -> u32 {
        match self {
            Access::Read => KEY_READ,
            Access::Write => KEY_ALL_ACCESS,
        }
    }
}

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

/// An open key.
#[derive(Debug)]
pub(crate) struct Key {
    handle: HKEY,
    view: u32,
}

// SAFETY: a key's handle may be used and closed by any thread.
unsafe impl Send for Key {}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: it is open, ours, and used no more.
        unsafe { RegCloseKey(self.handle) };
    }
}

impl Key {
    /// Opens a key; `NotFound` if there is none.
    pub(crate) fn open(root: Root, path: &str, access: Access) -> io::Result<Key> {
        open(root.key(), root.view(), &text(path)?, access)
    }

    /// Opens a key below this one.
    pub(crate) fn open_below(&self, name: &[u16], access: Access) -> io::Result<Key> {
        open(self.handle, self.view, &ended(name)?, access)
    }

    /// Opens a key, or makes it and those above it; tells whether it is new.
    pub(crate) fn create(root: Root, path: &str) -> io::Result<(Key, bool)> {
        create(root.key(), root.view(), &text(path)?)
    }

    /// The same below this key.
    pub(crate) fn create_below(&self, name: &[u16]) -> io::Result<(Key, bool)> {
        create(self.handle, self.view, &ended(name)?)
    }

    /// The names of the keys below this one, the first `most` of them.
    pub(crate) fn keys(&self, most: usize) -> io::Result<Vec<Vec<u16>>> {
        let mut names = Vec::new();
        while names.len() < most {
            let mut name = [0_u16; MAX_KEY_NAME + 1];
            let mut length = name.len() as u32;
            // SAFETY: the room is as long as is said; nothing else is asked for.
            let code = unsafe {
                RegEnumKeyExW(
                    self.handle,
                    names.len() as u32,
                    name.as_mut_ptr(),
                    &mut length,
                    ptr::null(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            };
            match code {
                ERROR_NO_MORE_ITEMS => break,
                code => result(code)?,
            }
            names.push(name.get(..length as usize).unwrap_or_default().to_vec());
        }
        Ok(names)
    }

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

    /// Removes a key below this one, with all that is in it. One that is not
    /// there counts as removed.
    pub(crate) fn remove_tree(&self, name: &[u16]) -> io::Result<()> {
        let name = ended(name)?;
        // SAFETY: the name ends with a NUL.
        gone(result(unsafe {
            RegDeleteTreeW(self.handle, name.as_ptr())
        }))
    }

    /// Removes a key below this one, unless there are keys in it.
    pub(crate) fn remove(&self, name: &[u16]) -> io::Result<()> {
        let name = ended(name)?;
        // SAFETY: the name ends with a NUL.
        gone(result(unsafe {
            RegDeleteKeyExW(self.handle, name.as_ptr(), self.view, 0)
        }))
    }

    /// Gives this key another name in one step. The present one should sort after the new one:
    /// Wine 8 loses a neighbour of a key that a new name leaves where it is, or moves one down.
    /// `AlreadyExists` if there is a
    /// key of that name.
    pub(crate) fn rename(&self, name: &[u16]) -> io::Result<()> {
        let ended = ended(name)?;
        // SAFETY: the name ends with a NUL; no other name means this key.
        let renamed = result(unsafe { RegRenameKey(self.handle, ptr::null(), ended.as_ptr()) });
        match renamed {
            // What the system says of a name that is taken: the key itself is open for all.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            renamed => renamed,
        }
    }

    /// Copies all that is in this key, and who may read and change it.
    pub(crate) fn copy_to(&self, target: &Key) -> io::Result<()> {
        // SAFETY: both are open; no name means this key itself.
        result(unsafe { RegCopyTreeW(self.handle, ptr::null(), target.handle) })?;
        let mut descriptor = vec![0_u64; 128];
        let mut length = size_of_val(descriptor.as_slice()) as u32;
        let read = |room: &mut Vec<u64>, length: &mut u32| {
            // SAFETY: the room is as long as is said.
            result(unsafe {
                RegGetKeySecurity(
                    self.handle,
                    DACL_SECURITY_INFORMATION,
                    room.as_mut_ptr().cast(),
                    length,
                )
            })
        };
        if read(&mut descriptor, &mut length).is_err() {
            descriptor.resize((length as usize).div_ceil(8), 0);
            length = size_of_val(descriptor.as_slice()) as u32;
            read(&mut descriptor, &mut length)?;
        }
        // SAFETY: it is the descriptor that the system wrote there.
        result(unsafe {
            RegSetKeySecurity(
                target.handle,
                DACL_SECURITY_INFORMATION,
                descriptor.as_mut_ptr().cast(),
            )
        })
    }

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
        let written = (written.dwHighDateTime, written.dwLowDateTime);
        Ok(Info {
            keys,
            values,
            written,
        })
    }
}

/// What a key tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) keys: u32,
    pub(crate) values: u32,
    written: (u32, u32),
}

/// Whether somebody removed a key that is open.
pub(crate) fn was_removed(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_KEY_DELETED as i32)
}

fn open(parent: HKEY, view: u32, name: &[u16], access: Access) -> io::Result<Key> {
    let mut handle = ptr::null_mut();
    // SAFETY: the name ends with a NUL, and `handle` outlives the call.
    result(unsafe { RegOpenKeyExW(parent, name.as_ptr(), 0, access.mask() | view, &mut handle) })?;
    Ok(Key { handle, view })
}

fn create(parent: HKEY, view: u32, name: &[u16]) -> io::Result<(Key, bool)> {
    let mut handle = ptr::null_mut();
    let mut made = 0;
    // SAFETY: the name ends with a NUL, and what is written to outlives the call.
    result(unsafe {
        RegCreateKeyExW(
            parent,
            name.as_ptr(),
            0,
            ptr::null(),
            REG_OPTION_NON_VOLATILE,
            Access::Write.mask() | view,
            ptr::null(),
            &mut handle,
            &mut made,
        )
    })?;
    Ok((Key { handle, view }, made == REG_CREATED_NEW_KEY))
}

/// A name with a NUL at its end, and nowhere else.
fn ended(name: &[u16]) -> io::Result<Vec<u16>> {
    if name.contains(&0) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a name with a NUL in it",
        ));
    }
    Ok(name.iter().copied().chain(iter::once(0)).collect())
}

fn text(name: &str) -> io::Result<Vec<u16>> {
    ended(&name.encode_utf16().collect::<Vec<u16>>())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.raw_os_error() == Some(ERROR_FILE_NOT_FOUND as i32) => Ok(()),
        Err(error) if was_removed(&error) => Ok(()),
        removed => removed,
    }
}

fn result(code: WIN32_ERROR) -> io::Result<()> {
    match code {
        ERROR_SUCCESS => Ok(()),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}
