//! Which boot of the machine this is.

#![allow(unsafe_code)]

use std::io;

use windows_sys::Wdk::System::SystemInformation::SystemTimeOfDayInformation;
use windows_sys::Win32::Foundation::STATUS_SUCCESS;

use super::list;

/// The process that the kernel itself is.
const SYSTEM_PID: u32 = 4;

/// An ID of this boot of the machine; process IDs and times mean something within one.
///
/// It is when the kernel's own process was made. The time of the boot would not do: setting the
/// clock moves it. It is taken where there is no such process (Wine).
///
/// # Errors
/// The system's.
pub fn boot_id() -> io::Result<String> {
    let time = match list::created(SYSTEM_PID)? {
        Some(time) => time,
        None => boot_time()?,
    };
    Ok(format!("{time:016x}"))
}

fn boot_time() -> io::Result<u64> {
    let mut times = [0_u64; 6];
    // SAFETY: the class only writes into the array.
    match unsafe { list::query(SystemTimeOfDayInformation, &mut times) } {
        STATUS_SUCCESS => Ok(times[0]),
        other => Err(list::error(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_id_is_one_word_and_stays_the_same() {
        let id = boot_id().unwrap();
        assert_eq!(id.len(), 16);
        assert_ne!(id, "0000000000000000");
        assert_eq!(boot_id().unwrap(), id);
    }
}
