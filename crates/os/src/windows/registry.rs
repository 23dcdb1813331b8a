//! Registry keys: owned handles, names and values without loss.
//!
//! Names are UTF-16 that need not be text, and values are bytes with the
//! number of a type: what others put there comes back as it is.
#![allow(unsafe_code)]

mod about;
mod value;

use std::{io, iter, ptr};

use windows_sys::Win32::{
    Foundation::{
        ERROR_FILE_NOT_FOUND, ERROR_KEY_DELETED, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS, WIN32_ERROR,
    },
    Security::DACL_SECURITY_INFORMATION,
    System::Registry::{
        HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_ALL_ACCESS, KEY_READ, KEY_WOW64_32KEY,
        KEY_WOW64_64KEY, REG_CREATED_NEW_KEY, REG_OPTION_NON_VOLATILE, RegCloseKey, RegCopyTreeW,
        RegCreateKeyExW, RegDeleteKeyExW, RegDeleteTreeW, RegEnumKeyExW, RegGetKeySecurity,
        RegOpenKeyExW, RegRenameKey, RegSetKeySecurity,
    },
};

pub(crate) use value::RawValue;

/// The longest name of a key that the registry has, in UTF-16 units.
const MAX_KEY_NAME: usize = 255;

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
