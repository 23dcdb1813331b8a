//! The volumes of the WinFsp driver, where there is one.

#![allow(unsafe_code)]

use std::os::windows::io::AsRawHandle;
use std::ptr;

use windows_sys::Win32::System::IO::DeviceIoControl;

use super::drives;

const DEVICE: &str = r"\\?\GLOBALROOT\Device\WinFsp.Net";
/// A file system's device, function 0x800 + 'L', buffered, for everybody.
const LIST: u32 = (9 << 16) | ((0x800 + b'L' as u32) << 2);
/// Much more than all drives and shares that a user has.
const BYTES: usize = 256 * 1024;

/// The devices of all volumes; `None` without the driver.
pub(super) fn all() -> Option<Vec<String>> {
    let device = drives::open(DEVICE, 0, 0)?;
    let mut names = vec![0_u16; BYTES / 2];
    let mut length = 0;
    // SAFETY: nothing goes in, and what comes out has as much room as is said.
    let listed = unsafe {
        DeviceIoControl(
            device.as_raw_handle(),
            LIST,
            ptr::null(),
            0,
            names.as_mut_ptr().cast(),
            BYTES as u32,
            &mut length,
            ptr::null_mut(),
        )
    };
    if listed == 0 {
        return Some(vec![]);
    }
    let names = names.get(..length as usize / 2).unwrap_or_default();
    let names = names
        .split(|&unit| unit == 0)
        .filter(|name| !name.is_empty());
    Some(names.map(String::from_utf16_lossy).collect())
}
