//! The number of an authentication package.

#![allow(unsafe_code)]

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::Authentication::Identity::LSA_STRING;

use super::{Function, Library, function};
use crate::class::Package;

type Connect = unsafe extern "system" fn(*mut HANDLE) -> i32;
type LookUp = unsafe extern "system" fn(HANDLE, *const LSA_STRING, *mut u32) -> i32;
type Disconnect = unsafe extern "system" fn(HANDLE) -> i32;

/// The number of a package; `None` if the system has none of that name.
pub(super) fn number(package: &Package) -> Option<u32> {
    match package {
        Package::Numbered(number) => Some(*number),
        Package::Named(name) => look_up(name).ok().flatten(),
    }
}

fn look_up(name: &str) -> Result<Option<u32>, u32> {
    let library = Library::load(c"secur32.dll").ok_or(super::MODULE_NOT_FOUND)?;
    let connect = function(&library, c"LsaConnectUntrusted")?;
    let look_up = function(&library, c"LsaLookupAuthenticationPackage")?;
    let disconnect = function(&library, c"LsaDeregisterLogonProcess")?;
    // SAFETY: the functions of these names have these arguments.
    let (connect, look_up, disconnect) = unsafe {
        (
            std::mem::transmute::<Function, Connect>(connect),
            std::mem::transmute::<Function, LookUp>(look_up),
            std::mem::transmute::<Function, Disconnect>(disconnect),
        )
    };
    let mut bytes = name.as_bytes().to_vec();
    let Ok(length) = u16::try_from(bytes.len()) else {
        return Ok(None);
    };
    let name = LSA_STRING {
        Length: length,
        MaximumLength: length,
        Buffer: bytes.as_mut_ptr().cast(),
    };
    let mut system = std::ptr::null_mut();
    // SAFETY: what is written to outlives the call.
    if unsafe { connect(&mut system) } < 0 {
        return Ok(None);
    }
    let mut number = 0;
    // SAFETY: it is connected; the name is as long as is said.
    let found = unsafe { look_up(system, &name, &mut number) };
    // SAFETY: it is connected, and not used any more.
    unsafe { disconnect(system) };
    Ok((found >= 0).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_package_itself() {
        for given in [0, 7, u32::MAX] {
            assert_eq!(number(&Package::Numbered(given)), Some(given));
        }
    }

    #[test]
    fn a_name_of_no_package_of_the_system_has_no_number() {
        for name in ["fslaunch-no-such".to_owned(), "x".repeat(70_000)] {
            assert_eq!(number(&Package::Named(name)), None);
        }
    }
}
