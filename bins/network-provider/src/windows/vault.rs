//! The Credential Manager: what a user had the system remember.

#![allow(unsafe_code)]

use std::{ptr, slice};

use windows_sys::Win32::Foundation::GetLastError;
use windows_sys::Win32::Security::Credentials::{
    CRED_PERSIST_LOCAL_MACHINE, CRED_TYPE_GENERIC, CREDENTIALW, CredFree, CredReadW, CredWriteW,
};
use zeroize::Zeroize;

use super::{raw, wide};
use crate::credentials::{Credentials, from_blob, to_blob};

/// By which `launchctl credentials` knows what it may list and remove. It writes
/// the same.
const MARK: &str = "fslaunch";

/// What is kept under a name, if anything is.
pub(super) fn read(target: &str) -> Option<Credentials> {
    let target = wide(target);
    let mut found: *mut CREDENTIALW = ptr::null_mut();
    // SAFETY: the name ends with a NUL, and what is written to outlives the call.
    let read = unsafe { CredReadW(target.as_ptr(), CRED_TYPE_GENERIC, 0, &mut found) };
    if read == 0 || found.is_null() {
        return None;
    }
    // SAFETY: the system has just given it, whole, and it is freed only below.
    let kept = unsafe { &*found };
    let password = match kept.CredentialBlob.is_null() {
        true => from_blob(&[]),
        false => {
            let length = raw::bytes(kept.CredentialBlobSize);
            // SAFETY: the blob has so many bytes, and nobody else knows of them.
            let blob = unsafe { slice::from_raw_parts_mut(kept.CredentialBlob, length) };
            let password = from_blob(blob);
            blob.zeroize();
            password
        }
    };
    // SAFETY: the name ends with a NUL, if there is one.
    let user = unsafe { raw::text(kept.UserName) }.unwrap_or_default();
    // SAFETY: the system has given it for this to be done, and nothing of it is in use.
    unsafe { CredFree(found.cast()) };
    Some(Credentials { user, password })
}

/// Keeps credentials under a name, for this user on this machine.
pub(super) fn write(target: &str, credentials: &Credentials) -> Result<(), u32> {
    let (mut target, mut user) = (wide(target), wide(&credentials.user));
    let mut comment = wide(MARK);
    let mut blob = to_blob(&credentials.password);
    let kept = CREDENTIALW {
        Type: CRED_TYPE_GENERIC,
        TargetName: target.as_mut_ptr(),
        Comment: comment.as_mut_ptr(),
        UserName: user.as_mut_ptr(),
        CredentialBlob: blob.as_mut_ptr(),
        CredentialBlobSize: raw::number(blob.len()),
        Persist: CRED_PERSIST_LOCAL_MACHINE,
        ..CREDENTIALW::default()
    };
    // SAFETY: the texts end with NULs, the blob has so many bytes, and all
    // outlive the call; the other pointers may be null.
    match unsafe { CredWriteW(&kept, 0) } {
        // SAFETY: it only reads a number of this thread.
        0 => Err(unsafe { GetLastError() }),
        _ => Ok(()),
    }
}
