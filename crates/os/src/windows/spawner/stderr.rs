//! The file that a process's standard error is appended to.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;

use fslaunch_core::record::PathStyle;
use windows_sys::Win32::Foundation::ERROR_CANT_ACCESS_FILE;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT,
    FILE_TYPE_DISK, GetFileInformationByHandle, GetFileType,
};

use super::super::identity::impersonate;
use super::super::plan::Account;
use super::super::raw::check;
use super::steps::open_for_appending;

/// Opens it for appending, making it if missing, as the account that the process runs as
/// (security specification, rule 4 of what callers may never make the launcher do). Instances of
/// a class may share a file. No folder on the way is a link; its last component is a file itself
/// and no link to one: neither a reparse point nor one of several names.
pub(super) fn open(path: &Path, account: Option<&Account>) -> io::Result<OwnedHandle> {
    let refused = |words| Err(io::Error::new(io::ErrorKind::InvalidInput, words));
    if !PathStyle::Windows.is_full(&path.to_string_lossy()) {
        return refused("it is not a full path");
    }
    let file = match account {
        Some(account) => impersonate(account.as_handle(), || open_for_appending(path))??,
        None => open_for_appending(path)?,
    };
    // SAFETY: the handle is open.
    if unsafe { GetFileType(file.as_raw_handle()) } != FILE_TYPE_DISK {
        return refused("it is not a file");
    }
    let found = information(file.as_handle())?;
    if found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(io::Error::from_raw_os_error(ERROR_CANT_ACCESS_FILE as i32));
    }
    if found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        return refused("it is a folder");
    }
    if found.nNumberOfLinks > 1 {
        return refused("the file has other names as well");
    }
    Ok(file)
}

fn information(file: BorrowedHandle<'_>) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the answer goes into a value of the right type.
    check(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &mut found) })?;
    Ok(found)
}
