//! What the system knows of accounts.
//!
//! A look-up may ask a domain controller and take long: never on the loop.
#![allow(unsafe_code)]

use std::{
    ffi::OsString,
    io,
    os::windows::{
        ffi::OsStringExt,
        io::{AsHandle, AsRawHandle, BorrowedHandle},
    },
    path::PathBuf,
    ptr,
};

use fslaunch_access::Sid;
use windows_sys::Win32::{
    Foundation::ERROR_INSUFFICIENT_BUFFER,
    Security::{LookupAccountNameW, LookupAccountSidW, SECURITY_MAX_SID_SIZE},
    UI::Shell::GetUserProfileDirectoryW,
};

use super::{raw::wide, token};

/// The account with this SID, as `DOMAIN\user`.
pub fn name_of(sid: &Sid) -> Option<String> {
    let bytes = aligned(sid);
    let (mut name, mut domain) = (vec![0_u16; 256], vec![0_u16; 256]);
    loop {
        let (mut name_length, mut domain_length) = (name.len() as u32, domain.len() as u32);
        let mut kind = 0;
        // SAFETY: the SID is one, and each buffer has the length that is said.
        let found = unsafe {
            LookupAccountSidW(
                ptr::null(),
                bytes.as_ptr().cast_mut().cast(),
                name.as_mut_ptr(),
                &mut name_length,
                domain.as_mut_ptr(),
                &mut domain_length,
                &mut kind,
            )
        };
        if found != 0 {
            let name = String::from_utf16(&name[..name_length as usize]).ok()?;
            let domain = String::from_utf16(&domain[..domain_length as usize]).ok()?;
            return Some(match domain.as_str() {
                "" => name,
                domain => format!(r"{domain}\{name}"),
            });
        }
        let longer = name_length as usize > name.len() || domain_length as usize > domain.len();
        if !(was_too_short() && longer) {
            return None;
        }
        name.resize(name.len().max(name_length as usize), 0);
        domain.resize(domain.len().max(domain_length as usize), 0);
    }
}

/// The SID of the account of this name, which may be `DOMAIN\user`.
pub fn sid_of(name: &str) -> Option<Sid> {
    if name.is_empty() || name.contains('\0') {
        return None;
    }
    let mut sid = [0_u64; (SECURITY_MAX_SID_SIZE as usize).div_ceil(8)];
    let mut domain = vec![0_u16; 256];
    loop {
        let mut sid_length = size_of_val(&sid) as u32;
        let mut domain_length = domain.len() as u32;
        let mut kind = 0;
        // SAFETY: the name ends with a NUL, and each buffer has the length that is said.
        let found = unsafe {
            LookupAccountNameW(
                ptr::null(),
                wide(name).as_ptr(),
                sid.as_mut_ptr().cast(),
                &mut sid_length,
                domain.as_mut_ptr(),
                &mut domain_length,
                &mut kind,
            )
        };
        if found != 0 {
            // SAFETY: the system wrote a SID there.
            return unsafe { token::sid(sid.as_mut_ptr().cast()) }.ok();
        }
        if !(was_too_short() && domain_length as usize > domain.len()) {
            return None;
        }
        domain.resize(domain_length as usize, 0);
    }
}

/// How an account is shown: by name, or by SID where there is none.
pub fn label(sid: &Sid) -> String {
    match name_of(sid) {
        Some(name) => format!("user '{name}'"),
        None => format!("user {sid}"),
    }
}

/// Who this process runs as.
///
/// # Errors
/// The system's.
pub fn own_sid() -> io::Result<Sid> {
    let own = token::own()?;
    Ok(token::identity(own.as_handle())?.token.user)
}

/// The profile folder of whom a token stands for.
///
/// # Errors
/// The system's, such as that the account never had a profile.
pub fn profile_of(token: BorrowedHandle<'_>) -> io::Result<PathBuf> {
    let mut path = vec![0_u16; 260];
    loop {
        let mut length = path.len() as u32;
        // SAFETY: the token is borrowed, and the buffer has the length that is said.
        let found = unsafe {
            GetUserProfileDirectoryW(token.as_raw_handle(), path.as_mut_ptr(), &mut length)
        };
        if found != 0 {
            let end = path.iter().position(|unit| *unit == 0);
            let path = &path[..end.unwrap_or(path.len())];
            return Ok(PathBuf::from(OsString::from_wide(path)));
        }
        let error = io::Error::last_os_error();
        if !was_too_short() || length as usize <= path.len() {
            return Err(error);
        }
        path.resize(length as usize, 0);
    }
}

/// The binary form of a SID, aligned as the system may expect it.
fn aligned(sid: &Sid) -> Vec<u32> {
    let bytes = sid.to_bytes();
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

fn was_too_short() -> bool {
    io::Error::last_os_error().raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER as i32)
}

#[cfg(test)]
mod tests {
    use fslaunch_access::well_known;

    use super::*;

    #[test]
    fn local_system_and_this_user_have_names_that_lead_back() {
        for sid in [well_known::local_system(), own_sid().unwrap()] {
            let name = name_of(&sid).unwrap();
            assert!(name.contains('\\'), "{name}");
            assert_eq!(sid_of(&name), Some(sid), "{name}");
            assert_eq!(label(&sid), format!("user '{name}'"));
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let nobody: Sid = "S-1-5-21-1-2-3-4".parse().unwrap();
        assert_eq!(name_of(&nobody), None);
        assert_eq!(label(&nobody), "user S-1-5-21-1-2-3-4");
        assert_eq!(sid_of("no such account"), None);
        assert_eq!(sid_of(""), None);
        assert_eq!(sid_of("SYSTEM\0x"), None);
    }

    #[test]
    fn this_user_has_a_profile_folder() {
        let own = token::own().unwrap();
        let profile = profile_of(own.as_handle()).unwrap();
        assert!(profile.is_absolute(), "{profile:?}");
    }
}
