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
    read(root, &format!(r"{place}\{name}"))
}

fn read(root: HKEY, path: &str) -> Option<Class> {
    let key = Key::open(root, path)?;
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

#[cfg(test)]
mod tests {
    use windows_registry::CURRENT_USER;
    use windows_sys::Win32::System::Registry::HKEY_CURRENT_USER;

    use super::*;

    /// What is read of a class with a value of each kind at most.
    fn package(name: Option<&str>, number: Option<u32>) -> Option<Package> {
        // Tests of one process may run at once.
        let thread = std::thread::current().id();
        let path = format!(
            r"Software\fslaunch-test-np-{}-{thread:?}",
            std::process::id()
        );
        let key = CURRENT_USER.create(&path).unwrap();
        key.set_string("Executable", r"C:\fs.exe").unwrap();
        if let Some(name) = name {
            key.set_string("AuthPackage", name).unwrap();
        }
        if let Some(number) = number {
            key.set_u32("AuthPackageId", number).unwrap();
        }
        let class = read(HKEY_CURRENT_USER, &path);
        CURRENT_USER.remove_tree(&path).unwrap();
        class.unwrap().package
    }

    #[test]
    fn the_name_of_a_package_comes_before_its_number() {
        let named = || Some(Package::Named("Kerberos".to_owned()));
        assert_eq!(package(Some("Kerberos"), None), named());
        assert_eq!(package(Some("Kerberos"), Some(3)), named());
        assert_eq!(package(Some(""), Some(3)), Some(Package::Numbered(3)));
        assert_eq!(package(None, Some(0)), Some(Package::Numbered(0)));
        assert_eq!(package(None, None), None);
    }

    #[test]
    fn a_package_of_another_type_than_it_should_be_is_none() {
        let path = format!(r"Software\fslaunch-test-np-type-{}", std::process::id());
        let key = CURRENT_USER.create(&path).unwrap();
        key.set_string("Executable", r"C:\fs.exe").unwrap();
        key.set_u32("AuthPackage", 1).unwrap();
        key.set_string("AuthPackageId", "3").unwrap();
        let class = read(HKEY_CURRENT_USER, &path);
        CURRENT_USER.remove_tree(&path).unwrap();
        assert_eq!(class.unwrap().package, None);
    }
}
