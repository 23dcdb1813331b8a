//! Which boot of the machine this is.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr;

use windows_sys::Wdk::System::SystemInformation::{
    NtQuerySystemInformation, SYSTEM_INFORMATION_CLASS, SystemProcessInformation,
    SystemTimeOfDayInformation,
};
use windows_sys::Win32::Foundation::{
    RtlNtStatusToDosError, STATUS_INFO_LENGTH_MISMATCH, STATUS_SUCCESS,
};
use windows_sys::Win32::System::WindowsProgramming::SYSTEM_PROCESS_INFORMATION;

/// The process that the kernel itself is.
const SYSTEM_PID: usize = 4;
/// Where its time of creation is in what the structure calls reserved.
const CREATE_TIME: usize = 24;
/// More processes than that are no list of processes.
const LONGEST: usize = 64 << 20;

/// An ID of this boot of the machine; process IDs and times mean something within one.
///
/// It is when the kernel's own process was made. The time of the boot would not do: setting the
/// clock moves it. It is taken where there is no such process (Wine).
///
/// # Errors
/// The system's.
pub fn boot_id() -> io::Result<String> {
    let time = match system_process_created(&processes()?) {
        Some(time) => time,
        None => boot_time()?,
    };
    Ok(format!("{time:016x}"))
}

/// In words of 8 bytes, so that it is aligned for its structures.
fn processes() -> io::Result<Vec<u64>> {
    let mut buffer = vec![0_u64; 16 << 10];
    while size_of_val(buffer.as_slice()) <= LONGEST {
        // SAFETY: the system writes no more than the buffer's length.
        match unsafe { query(SystemProcessInformation, &mut buffer) } {
            STATUS_SUCCESS => return Ok(buffer),
            STATUS_INFO_LENGTH_MISMATCH => buffer.resize(buffer.len() * 2, 0),
            other => return Err(error(other)),
        }
    }
    Err(io::Error::other("the list of processes has no end"))
}

fn system_process_created(list: &[u64]) -> Option<u64> {
    let bytes = size_of_val(list);
    let mut at = 0;
    while at + size_of::<SYSTEM_PROCESS_INFORMATION>() <= bytes && at.is_multiple_of(8) {
        // SAFETY: it is within the list, aligned, and any bytes are a value of the structure.
        let entry = unsafe {
            &*list
                .as_ptr()
                .byte_add(at)
                .cast::<SYSTEM_PROCESS_INFORMATION>()
        };
        if entry.UniqueProcessId.addr() == SYSTEM_PID {
            let time = entry.Reserved1.get(CREATE_TIME..CREATE_TIME + 8)?;
            let time = u64::from_ne_bytes(time.try_into().ok()?);
            return (time != 0).then_some(time);
        }
        match entry.NextEntryOffset {
            0 => return None,
            next => at += next as usize,
        }
    }
    None
}

fn boot_time() -> io::Result<u64> {
    let mut times = [0_u64; 6];
    // SAFETY: the system writes no more than the array's length.
    match unsafe { query(SystemTimeOfDayInformation, &mut times) } {
        STATUS_SUCCESS => Ok(times[0]),
        other => Err(error(other)),
    }
}

/// # Safety
/// The class is one that only writes into the buffer.
unsafe fn query(class: SYSTEM_INFORMATION_CLASS, buffer: &mut [u64]) -> i32 {
    let pointer: *mut c_void = buffer.as_mut_ptr().cast();
    let length = mem::size_of_val(buffer) as u32;
    // SAFETY: the length is the buffer's; the caller answers for the class.
    unsafe { NtQuerySystemInformation(class, pointer, length, ptr::null_mut()) }
}

fn error(status: i32) -> io::Error {
    // SAFETY: takes a value only.
    let code = unsafe { RtlNtStatusToDosError(status) };
    io::Error::from_raw_os_error(code.cast_signed())
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

    #[test]
    fn the_kernels_process_is_found_by_its_id_in_a_list() {
        const WORDS: usize = size_of::<SYSTEM_PROCESS_INFORMATION>().div_ceil(8);
        let mut list = vec![0_u64; WORDS * 2];
        list[0] = (WORDS * 8) as u64;
        assert_eq!(system_process_created(&list), None);
        // The ID is in the 11th word, the time of creation in the 5th.
        list[WORDS + 10] = SYSTEM_PID as u64;
        assert_eq!(system_process_created(&list), None);
        list[WORDS + 4] = 7;
        assert_eq!(system_process_created(&list), Some(7));
    }

    #[test]
    fn a_list_that_points_beyond_itself_ends() {
        let mut list = vec![0_u64; 64];
        list[0] = u64::from(u32::MAX);
        assert_eq!(system_process_created(&list), None);
    }
}
