//! Identifiers that nobody can guess.

#![allow(unsafe_code)]

use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;

/// 64 random bits.
///
/// # Errors
/// The system's; not expected.
pub fn random_u64() -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    // SAFETY: the length is that of the array.
    match unsafe { RtlGenRandom(bytes.as_mut_ptr().cast(), bytes.len() as u32) } {
        true => Ok(u64::from_ne_bytes(bytes)),
        false => Err(std::io::Error::other("the system gives no random numbers")),
    }
}
