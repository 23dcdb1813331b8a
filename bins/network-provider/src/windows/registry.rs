//! Classes, as the registry has them: read anew each time.

#![allow(unsafe_code)]

use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, ERROR_SUCCESS};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_QUERY_VALUE, KEY_WOW64_32KEY, REG_DWORD, REG_EXPAND_SZ, REG_SZ,
    RegCloseKey, RegOpenKeyExW, RegQueryValueExW,
};

use super::{narrow, wide};
use crate::class::{Class, Needs, Package, seconds};

/// Where classes are, in the 32-bit view.
const CLASSES: &str = r"Software\WinFsp\Services";

/// The most bytes of a value that are read.
const MOST: usize = 64 * 1024;

/// The class of that name, if one is registered. A key without an executable
/// is none: a file system may keep values of its own there.
pub(super) fn class(name: &str) -> Option<Class> {
    let (root, place) = classes();
    let key = Key::open(root, &format!(r"{place}\{name}"))?;
    let executable = key.value("Executable")?.text().unwrap_or_default();
    let text = |name| key.value(name).and_then(|value| value.text());
    let number = |name| key.value(name).and_then(|value| value.number());
    let named = text("AuthPackage").filter(|name| !name.is_empty());
    let numbered = || number("AuthPackageId").map(Package::Numbered);
    Some(Class {
        executable,
        needs: Needs::from_number(number("Credentials").unwrap_or(0)),
        runs_as_caller: text("RunAs").is_some_and(|account| account == "."),
        start_timeout: seconds(number("StartTimeout")),
        secret_timeout: seconds(number("SecretTimeout")),
        package: named.map(Package::Named).or_else(numbered),
        agents: text("Agent").unwrap_or_default(),
    })
}

#[cfg(not(feature = "test-seams"))]
fn classes() -> (HKEY, String) {
    (HKEY_LOCAL_MACHINE, CLASSES.to_owned())
}

/// For tests: a key of the user.
#[cfg(feature = "test-seams")]
fn classes() -> (HKEY, String) {
    use windows_sys::Win32::System::Registry::HKEY_CURRENT_USER;
    match super::seam::variable("FSLAUNCH_TEST_CLASSES") {
        Some(place) => (HKEY_CURRENT_USER, place),
        None => (HKEY_LOCAL_MACHINE, CLASSES.to_owned()),
    }
}

struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: it is open, ours, and used no more.
        unsafe { RegCloseKey(self.0) };
    }
}

struct Value {
    kind: u32,
    bytes: Vec<u8>,
}

impl Value {
    fn text(&self) -> Option<String> {
        let units = self.bytes.as_chunks::<2>().0.iter();
        let units: Vec<u16> = units.map(|&pair| u16::from_le_bytes(pair)).collect();
        matches!(self.kind, REG_SZ | REG_EXPAND_SZ).then(|| narrow(&units))
    }

    fn number(&self) -> Option<u32> {
        let bytes = self.bytes.first_chunk::<4>()?;
        (self.kind == REG_DWORD).then(|| u32::from_le_bytes(*bytes))
    }
}

impl Key {
    fn open(root: HKEY, path: &str) -> Option<Key> {
        let path = wide(path);
        let mut key = ptr::null_mut();
        let access = KEY_QUERY_VALUE | KEY_WOW64_32KEY;
        // SAFETY: the path ends with a NUL, and what is written to outlives the call.
        let opened = unsafe { RegOpenKeyExW(root, path.as_ptr(), 0, access, &mut key) };
        (opened == ERROR_SUCCESS).then_some(Key(key))
    }

    fn value(&self, name: &str) -> Option<Value> {
        let name = wide(name);
        let mut bytes = vec![0; 1024];
        loop {
            let (mut kind, mut length) = (0, bytes.len() as u32);
            // SAFETY: the name ends with a NUL, and the room is as long as is said.
            let read = unsafe {
                RegQueryValueExW(
                    self.0,
                    name.as_ptr(),
                    ptr::null(),
                    &mut kind,
                    bytes.as_mut_ptr(),
                    &mut length,
                )
            };
            match read {
                ERROR_SUCCESS => {
                    bytes.truncate(length as usize);
                    return Some(Value { kind, bytes });
                }
                ERROR_MORE_DATA if bytes.len() < MOST => bytes.resize(MOST, 0),
                _ => return None,
            }
        }
    }
}
