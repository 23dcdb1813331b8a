//! For tests: places that the environment names.

#![allow(unsafe_code)]

use windows_sys::Win32::System::Environment::GetEnvironmentVariableW;

use super::{narrow, wide};

/// A variable of the environment. The standard library's look at one keeps a
/// place of the thread's local storage, of which there are about a thousand:
/// a library that is freed and loaded again must not.
pub(super) fn variable(name: &str) -> Option<String> {
    let name = wide(name);
    let mut value = vec![0; 512];
    let length = value.len() as u32;
    // SAFETY: the name ends with a NUL, and the room is as long as is said.
    let length = unsafe { GetEnvironmentVariableW(name.as_ptr(), value.as_mut_ptr(), length) };
    (length != 0).then(|| narrow(&value))
}
