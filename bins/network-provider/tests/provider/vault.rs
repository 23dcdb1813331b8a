//! The Credential Manager, as `cmdkey` and others fill it.

use std::ptr;

use windows_sys::Win32::Security::Credentials::{
    CRED_PERSIST_SESSION, CRED_TYPE_GENERIC, CREDENTIALW, CredDeleteW, CredFree, CredReadW,
    CredWriteW,
};

use crate::stage::wide;

/// A credential that is kept until this is dropped.
pub(crate) struct Kept(Vec<u16>);

impl Kept {
    pub(crate) fn new(target: &str, user: &str, blob: &[u8]) -> Kept {
        let (mut name, mut user, mut blob) = (wide(target), wide(user), blob.to_vec());
        let kept = CREDENTIALW {
            Type: CRED_TYPE_GENERIC,
            TargetName: name.as_mut_ptr(),
            UserName: user.as_mut_ptr(),
            CredentialBlob: blob.as_mut_ptr(),
            CredentialBlobSize: blob.len() as u32,
            Persist: CRED_PERSIST_SESSION,
            Comment: ptr::null_mut(),
            ..CREDENTIALW::default()
        };
        // SAFETY: all that is pointed to outlives the call.
        let written = unsafe { CredWriteW(&kept, 0) };
        assert_ne!(written, 0, "{}", std::io::Error::last_os_error());
        Kept(name)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the name ends with a NUL.
        unsafe { CredDeleteW(self.0.as_ptr(), CRED_TYPE_GENERIC, 0) };
    }
}

/// User name, comment, blob and persistence of what is kept under a name; it is
/// kept no more afterwards.
pub(crate) fn take(target: &str) -> Option<(String, String, Vec<u8>, u32)> {
    let name = wide(target);
    let mut found: *mut CREDENTIALW = ptr::null_mut();
    // SAFETY: the name ends with a NUL, and what is written to outlives the call.
    if unsafe { CredReadW(name.as_ptr(), CRED_TYPE_GENERIC, 0, &mut found) } == 0 {
        return None;
    }
    // SAFETY: the system has given it whole; its texts end with NULs, and its
    // blob has so many bytes.
    let kept = unsafe {
        let kept = &*found;
        let [user, comment] = [kept.UserName, kept.Comment].map(|text| {
            let units = (0..).map(|at| *text.add(at));
            let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
            String::from_utf16_lossy(&units)
        });
        let length = kept.CredentialBlobSize as usize;
        let blob = std::slice::from_raw_parts(kept.CredentialBlob, length).to_vec();
        let kept = (user, comment, blob, kept.Persist);
        CredFree(found.cast());
        kept
    };
    drop(Kept(name));
    Some(kept)
}
