//! The Credential Manager itself. Secrets in memory that it gives are wiped before it gets that
//! back, also those of other programs.
#![allow(unsafe_code)]

use std::{io, ptr, slice};

use windows_sys::Win32::Foundation::ERROR_NOT_FOUND;
use windows_sys::Win32::Security::Credentials::{
    CRED_PERSIST_LOCAL_MACHINE, CRED_TYPE_GENERIC, CREDENTIALW, CredDeleteW, CredEnumerateW,
    CredFree, CredReadW, CredWriteW,
};
use zeroize::Zeroize;

use super::super::raw::{check, wide};

/// A generic credential.
pub(super) struct Kept<'a> {
    pub(super) target: String,
    pub(super) user: String,
    pub(super) comment: String,
    /// What it is about. It is wiped after it was looked at.
    pub(super) blob: &'a [u8],
}

/// Looks at what is kept for a target, if anything is.
pub(super) fn read<T>(target: &str, look: impl FnOnce(&Kept<'_>) -> T) -> io::Result<Option<T>> {
    let target = text(target)?;
    let mut one: *mut CREDENTIALW = ptr::null_mut();
    // SAFETY: the name ends with a NUL, and what is written to outlives the call.
    let read = unsafe { CredReadW(target.as_ptr(), CRED_TYPE_GENERIC, 0, &mut one) };
    if let Err(error) = check(read) {
        return absent(error, None);
    }
    // SAFETY: the system has just given one credential, which is freed by this.
    let given = unsafe { Given::new(one.cast(), &raw mut one, 1) };
    Ok(given.all.first().map(|one| look(&kept(one))))
}

/// Looks at each whose target the filter fits: a beginning and an asterisk.
pub(super) fn each<T>(filter: &str, look: impl Fn(&Kept<'_>) -> T) -> io::Result<Vec<T>> {
    let filter = text(filter)?;
    let (mut count, mut all) = (0, ptr::null_mut());
    // SAFETY: the filter ends with a NUL, and what is written to outlives the call.
    let found = unsafe { CredEnumerateW(filter.as_ptr(), 0, &mut count, &mut all) };
    if let Err(error) = check(found) {
        return absent(error, vec![]);
    }
    // SAFETY: the system has just given so many credentials, all freed by this.
    let given = unsafe { Given::new(all.cast(), all, count as usize) };
    let generic = given.all.iter().filter(|one| one.Type == CRED_TYPE_GENERIC);
    Ok(generic.map(|one| look(&kept(one))).collect())
}

/// Keeps it for this user on this machine, in the place of what has the target.
pub(super) fn write(kept: &Kept<'_>) -> io::Result<()> {
    let (mut target, mut user) = (text(&kept.target)?, text(&kept.user)?);
    let mut comment = text(&kept.comment)?;
    let credential = CREDENTIALW {
        Type: CRED_TYPE_GENERIC,
        TargetName: target.as_mut_ptr(),
        Comment: comment.as_mut_ptr(),
        UserName: user.as_mut_ptr(),
        // It is not written to.
        CredentialBlob: kept.blob.as_ptr().cast_mut(),
        CredentialBlobSize: u32::try_from(kept.blob.len()).unwrap_or(u32::MAX),
        Persist: CRED_PERSIST_LOCAL_MACHINE,
        ..CREDENTIALW::default()
    };
    // SAFETY: the texts end with NULs, the blob has so many bytes, and all
    // outlive the call; the other pointers may be null.
    check(unsafe { CredWriteW(&credential, 0) })
}

/// Forgets what is kept for a target; says whether there was anything.
pub(super) fn delete(target: &str) -> io::Result<bool> {
    let target = text(target)?;
    // SAFETY: the name ends with a NUL.
    match check(unsafe { CredDeleteW(target.as_ptr(), CRED_TYPE_GENERIC, 0) }) {
        Ok(()) => Ok(true),
        Err(error) => absent(error, false),
    }
}

/// A text for the system. One with a NUL in it would be taken for a shorter one.
fn text(text: &str) -> io::Result<Vec<u16>> {
    match text.contains('\0') {
        true => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a name has a NUL in it",
        )),
        false => Ok(wide(text)),
    }
}

/// What it is when there is nothing, which is no error here.
fn absent<T>(error: io::Error, nothing: T) -> io::Result<T> {
    match error.raw_os_error() == Some(ERROR_NOT_FOUND as i32) {
        true => Ok(nothing),
        false => Err(error),
    }
}

/// Credentials in memory of the system.
struct Given<'a> {
    memory: *const core::ffi::c_void,
    all: Vec<&'a CREDENTIALW>,
}

impl Given<'_> {
    /// # Safety
    /// So many pointers to credentials are there, which nobody else uses, and
    /// the memory is freed with `CredFree` by nobody else.
    unsafe fn new(
        memory: *const core::ffi::c_void,
        first: *const *mut CREDENTIALW,
        count: usize,
    ) -> Self {
        // SAFETY: the caller says that so many pointers are there, and what they point to stays
        // until it is freed, which is when this is dropped.
        let all = (0..count).filter_map(|at| unsafe { (*first.add(at)).as_ref() });
        let all = all.collect();
        Self { memory, all }
    }
}

impl Drop for Given<'_> {
    fn drop(&mut self) {
        for one in self.all.drain(..) {
            if !one.CredentialBlob.is_null() {
                let length = one.CredentialBlobSize as usize;
                // SAFETY: the blob has so many bytes, and nobody looks at it any more.
                unsafe { slice::from_raw_parts_mut(one.CredentialBlob, length) }.zeroize();
            }
        }
        // SAFETY: `new` was promised that it is for this to free.
        unsafe { CredFree(self.memory) };
    }
}

/// A credential of the system as values.
fn kept<'a>(one: &'a CREDENTIALW) -> Kept<'a> {
    let blob = match one.CredentialBlob.is_null() {
        true => &[],
        // SAFETY: the system says that it has so many bytes, and it is freed after the credential.
        false => unsafe {
            slice::from_raw_parts(one.CredentialBlob, one.CredentialBlobSize as usize)
        },
    };
    let [target, user, comment] = [one.TargetName, one.UserName, one.Comment].map(|text| {
        // SAFETY: the system's texts end with NULs.
        unsafe { narrow(text) }
    });
    Kept {
        target,
        user,
        comment,
        blob,
    }
}

/// A text of the system; empty if there is none.
///
/// # Safety
/// The pointer is null, or may be read up to a NUL.
unsafe fn narrow(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: nothing behind the first NUL is looked at.
    let units = unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        slice::from_raw_parts(text, length)
    };
    String::from_utf16_lossy(units)
}
