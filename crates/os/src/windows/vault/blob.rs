//! A secret as the Credential Manager keeps it: UTF-16 with a NUL, as the network provider writes
//! it, or without, as `cmdkey` does.

use std::io;

use fslaunch_protocol::Secret;
use windows_sys::Win32::Security::Credentials::CRED_MAX_CREDENTIAL_BLOB_SIZE;
use zeroize::Zeroizing;

use super::super::raw;

/// The longest secret, in UTF-16 units: the NUL needs room as well.
const UNITS: usize = CRED_MAX_CREDENTIAL_BLOB_SIZE as usize / 2 - 1;

/// The blob of a secret.
///
/// # Errors
/// It is too long, or has a NUL, where it would end when it is read.
pub(super) fn of(secret: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let invalid = |words: String| Err(io::Error::new(io::ErrorKind::InvalidInput, words));
    if secret.contains('\0') {
        return invalid("it has a NUL in it, and the Credential Manager keeps text".into());
    }
    if secret.encode_utf16().count() > UNITS {
        return invalid(format!(
            "it has more than {UNITS} characters, which is what the Credential Manager keeps"
        ));
    }
    // With its final capacity at once: one that grows would leave copies behind.
    let mut blob = Zeroizing::new(Vec::with_capacity(2 * UNITS + 2));
    for unit in secret.encode_utf16().chain([0]) {
        blob.extend_from_slice(&unit.to_le_bytes());
    }
    Ok(blob)
}

/// The secret that a blob holds.
///
/// # Errors
/// It is no UTF-16.
pub(super) fn secret(blob: &[u8]) -> io::Result<Secret> {
    let (pairs, _odd) = blob.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| u16::from_le_bytes(pair));
    raw::secret(units).map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_from_a_blob_with_its_nul_and_without() {
        for text in ["pä😀", "", "two words\n"] {
            let blob = of(text).unwrap();
            assert_eq!(blob.len(), 2 * text.encode_utf16().count() + 2);
            for end in [0, 1, 2] {
                let read = secret(&blob[..blob.len() - end]).unwrap();
                assert_eq!(read.expose(), text);
            }
        }
        assert_eq!(secret(&[]).unwrap().expose(), "");
    }

    #[test]
    fn the_longest_secret_fills_the_room_and_one_more_is_refused() {
        let long = "x".repeat(UNITS);
        let blob = of(&long).unwrap();
        assert_eq!(blob.len(), CRED_MAX_CREDENTIAL_BLOB_SIZE as usize);
        assert_eq!(secret(&blob).unwrap().expose(), long);
        // Two units each: not as many bytes, but as many units.
        assert!(of(&"😀".repeat(UNITS / 2 + 1)).is_err());
        let error = of(&format!("{long}x")).unwrap_err().to_string();
        assert!(
            error.contains("1279") && !error.contains("xx"),
            "it is not shown: {error}"
        );
    }

    #[test]
    fn a_nul_is_refused_and_half_a_character_is_an_error() {
        assert_eq!(of("a\0b").unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let half = 0xd800_u16.to_le_bytes();
        assert_eq!(
            secret(&half).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
