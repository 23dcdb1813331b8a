//! The kernel's keys, as far as they are needed to keep passwords.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::io;

use zeroize::Zeroizing;

/// The keyring of the user, which all processes of the user share.
pub(super) const OF_USER: Serial = Serial(-4);
/// The keyring of this process, which ends with it.
pub(super) const OF_PROCESS: Serial = Serial(-2);

/// The user of a key may do everything with it, its possessor the same, and nobody else anything.
const FOR_ITS_USER: i32 = 0x3f3f_0000;

const GET_KEYRING_ID: libc::c_int = 0;
const SET_PERMISSIONS: libc::c_int = 5;
const DESCRIBE: libc::c_int = 6;
const LINK: libc::c_int = 8;
const UNLINK: libc::c_int = 9;
const SEARCH: libc::c_int = 10;
const READ: libc::c_int = 11;

/// Names a key or a keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Serial(i32);

/// Makes a key of the type `user` and puts it into a keyring, in the place of one that has the
/// same description.
pub(super) fn add(keyring: Serial, description: &str, payload: &[u8]) -> io::Result<Serial> {
    let description = CString::new(description)?;
    // SAFETY: both texts end with NUL, the payload is as long as it is said to be, and the kernel
    // copies all of them before it returns.
    let serial = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            description.as_ptr(),
            payload.as_ptr(),
            payload.len(),
            keyring.0,
        )
    };
    serial_of(serial)
}

/// Lets all processes of the key's user use it, not only those that possess it.
pub(super) fn share_with_user(key: Serial) -> io::Result<()> {
    keyctl(SET_PERMISSIONS, key, FOR_ITS_USER)
}

/// Puts a key into a keyring, in the place of one that has the same description.
pub(super) fn link(key: Serial, keyring: Serial) -> io::Result<()> {
    keyctl(LINK, key, keyring.0)
}

/// Takes a key out of a keyring.
pub(super) fn unlink(key: Serial, keyring: Serial) -> io::Result<()> {
    keyctl(UNLINK, key, keyring.0)
}

/// Makes sure that a keyring is there.
pub(super) fn make(keyring: Serial) -> io::Result<()> {
    keyctl(GET_KEYRING_ID, keyring, 1)
}

/// The key of the type `user` in a keyring that has exactly this description.
pub(super) fn search(keyring: Serial, description: &str) -> io::Result<Option<Serial>> {
    let description = CString::new(description)?;
    // SAFETY: both texts end with NUL and outlive the call, which writes nowhere.
    let found = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            SEARCH,
            keyring.0,
            c"user".as_ptr(),
            description.as_ptr(),
            0,
        )
    };
    match serial_of(found) {
        Ok(key) => Ok(Some(key)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a key holds.
pub(super) fn read(key: Serial) -> io::Result<Zeroizing<Vec<u8>>> {
    whole(READ, key)
}

/// Which keys and keyrings a keyring has in it.
pub(super) fn list(keyring: Serial) -> io::Result<Vec<Serial>> {
    let bytes = whole(READ, keyring)?;
    let numbers = bytes.chunks_exact(size_of::<i32>());
    let number = |bytes: &[u8]| bytes.try_into().map(i32::from_ne_bytes).ok();
    Ok(numbers.filter_map(number).map(Serial).collect())
}

/// The type of a key and its description, which may be anything that its maker wrote.
pub(super) fn describe(key: Serial) -> io::Result<(String, String)> {
    let bytes = whole(DESCRIBE, key)?;
    let text = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    let text = text.to_string_lossy();
    // type;uid;gid;permissions;description
    let mut fields = text.splitn(5, ';').map(str::to_owned);
    let kind = fields.next().unwrap_or_default();
    Ok((kind, fields.nth(3).unwrap_or_default()))
}

/// Whether there is no such key any more, or it can't be used any more.
pub(super) fn is_absence(error: &io::Error) -> bool {
    let gone = [libc::ENOKEY, libc::EKEYREVOKED, libc::EKEYEXPIRED];
    error
        .raw_os_error()
        .is_some_and(|code| gone.contains(&code))
}

/// All that the kernel has to say, however long it is.
fn whole(operation: libc::c_int, key: Serial) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0_u8; 1024]);
    loop {
        let length = into(&mut buffer, operation, key)?;
        if length <= buffer.len() {
            buffer.truncate(length);
            return Ok(buffer);
        }
        buffer = Zeroizing::new(vec![0; length]);
    }
}

/// An operation that fills a buffer; returns how much there is, which may be more.
fn into(buffer: &mut [u8], operation: libc::c_int, key: Serial) -> io::Result<usize> {
    // SAFETY: the kernel writes at most as many bytes as the buffer has, which is borrowed for
    // the call and nobody else's meanwhile.
    let result = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            operation,
            key.0,
            buffer.as_mut_ptr(),
            buffer.len(),
        )
    };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// An operation on a key that takes one number more.
fn keyctl(operation: libc::c_int, key: Serial, number: i32) -> io::Result<()> {
    // SAFETY: the operations that come here have numbers for arguments, and no memory.
    let result = unsafe { libc::syscall(libc::SYS_keyctl, operation, key.0, number) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn serial_of(result: libc::c_long) -> io::Result<Serial> {
    match i32::try_from(result) {
        Ok(serial) if serial >= 0 => Ok(Serial(serial)),
        Ok(_) | Err(_) => Err(io::Error::last_os_error()),
    }
}
