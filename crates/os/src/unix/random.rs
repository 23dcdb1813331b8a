//! Identifiers that nobody can guess.

use rustix::rand::GetRandomFlags;

/// 64 random bits.
///
/// # Errors
/// The system's; not expected once it has booted.
pub fn random_u64() -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}
