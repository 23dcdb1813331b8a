//! What Windows tells of its folders, and of who runs this program.
#![allow(unsafe_code)]

use std::{ffi::OsString, os::windows::ffi::OsStringExt, path::PathBuf, ptr};

use crate::windows::trust;
use windows_sys::{
    Win32::{
        Foundation::S_OK,
        System::Com::CoTaskMemFree,
        UI::Shell::{FOLDERID_LocalAppData, FOLDERID_ProgramData, SHGetKnownFolderPath},
    },
    core::GUID,
};

/// `%ProgramData%`, as Windows has it and not as the environment does, which
/// whoever starts a program chooses.
pub(super) fn program_data() -> PathBuf {
    folder(&FOLDERID_ProgramData).unwrap_or_else(|| r"C:\ProgramData".into())
}

/// `%LOCALAPPDATA%` of whoever runs this program.
pub(super) fn local_app_data() -> Option<PathBuf> {
    folder(&FOLDERID_LocalAppData)
}

fn folder(id: &GUID) -> Option<PathBuf> {
    let mut text = ptr::null_mut();
    // SAFETY: the ID is a constant's, no token means this process's user, and
    // `text` outlives the call.
    let result = unsafe { SHGetKnownFolderPath(id, 0, ptr::null_mut(), &mut text) };
    let path = (result == S_OK && !text.is_null()).then(|| {
        // SAFETY: on success it is a text with a NUL at its end.
        let length = (0..)
            .take_while(|&at| unsafe { *text.add(at) } != 0)
            .count();
        // SAFETY: the units before that NUL, which nobody changes.
        let units = unsafe { std::slice::from_raw_parts(text, length) };
        PathBuf::from(OsString::from_wide(units))
    });
    // SAFETY: whatever the result, the caller frees the text; null is allowed.
    unsafe { CoTaskMemFree(text.cast()) };
    path.filter(|path| path.is_absolute())
}

/// Who runs this program.
pub(super) fn own_sid() -> Option<String> {
    Some(trust::own_sid().ok()?.to_string())
}
