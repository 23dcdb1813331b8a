//! The system's list of processes, which everybody may read.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr;

use windows_sys::Wdk::System::SystemInformation::{
    NtQuerySystemInformation, SYSTEM_INFORMATION_CLASS, SystemProcessInformation,
};
use windows_sys::Win32::Foundation::{
    RtlNtStatusToDosError, STATUS_INFO_LENGTH_MISMATCH, STATUS_SUCCESS,
};
use windows_sys::Win32::System::WindowsProgramming::SYSTEM_PROCESS_INFORMATION;

/// Where its time of creation is in what the structure calls reserved.
const CREATE_TIME: usize = 24;
/// More processes than that are no list of processes.
const LONGEST: usize = 64 << 20;

/// When the process `pid` was created, in units of 100 ns since 1601; `None` if there is none,
/// or if that is not known.
pub(super) fn created(pid: u32) -> io::Result<Option<u64>> {
    Ok(created_in(&processes()?, pid))
}

fn processes() -> io::Result<Vec<u64>> {
    let mut buffer = vec![0_u64; 16 << 10];
    while size_of_val(buffer.as_slice()) <= LONGEST {
        // SAFETY: the class only writes into the buffer.
        match unsafe { query(SystemProcessInformation, &mut buffer) } {
            STATUS_SUCCESS => return Ok(buffer),
            STATUS_INFO_LENGTH_MISMATCH => buffer.resize(buffer.len() * 2, 0),
            other => return Err(error(other)),
        }
    }
    Err(io::Error::other("the list of processes has no end"))
}

fn created_in(list: &[u64], pid: u32) -> Option<u64> {
    let bytes = size_of_val(list);
    let mut at = 0;
    while at + size_of::<SYSTEM_PROCESS_INFORMATION>() <= bytes {
        let entry = list.as_ptr().cast::<SYSTEM_PROCESS_INFORMATION>();
        // SAFETY: it is within the list, and any bytes are a value of the structure. Wine does
        // not align it.
        let entry = unsafe { entry.byte_add(at).read_unaligned() };
        if entry.UniqueProcessId.addr() == pid as usize {
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

/// # Safety
/// The class is one that only writes into the buffer.
pub(super) unsafe fn query(class: SYSTEM_INFORMATION_CLASS, buffer: &mut [u64]) -> i32 {
    let pointer: *mut c_void = buffer.as_mut_ptr().cast();
    let length = mem::size_of_val(buffer) as u32;
    // SAFETY: the length is the buffer's; the caller answers for the class.
    unsafe { NtQuerySystemInformation(class, pointer, length, ptr::null_mut()) }
}

pub(super) fn error(status: i32) -> io::Error {
    // SAFETY: takes a value only.
    let code = unsafe { RtlNtStatusToDosError(status) };
    io::Error::from_raw_os_error(code.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PID: u32 = 4;

    #[test]
    fn the_list_tells_of_this_process_what_the_process_does() {
        let own = std::process::id();
        assert_eq!(
            created(own).unwrap(),
            super::super::start_time(own).unwrap()
        );
        assert_eq!(created(u32::MAX - 3).unwrap(), None);
    }

    #[test]
    fn a_process_is_found_by_its_id_in_a_list() {
        const WORDS: usize = size_of::<SYSTEM_PROCESS_INFORMATION>().div_ceil(8);
        let mut list = vec![0_u64; WORDS * 2];
        list[0] = (WORDS * 8) as u64;
        assert_eq!(created_in(&list, PID), None);
        // The ID is in the 11th word, the time of creation in the 5th.
        list[WORDS + 10] = PID.into();
        assert_eq!(created_in(&list, PID), None);
        list[WORDS + 4] = 7;
        assert_eq!(created_in(&list, PID), Some(7));
    }

    #[test]
    fn an_entry_may_begin_anywhere() {
        const BYTES: usize = size_of::<SYSTEM_PROCESS_INFORMATION>();
        let mut bytes = [0_u8; BYTES * 2 + 8];
        bytes[..4].copy_from_slice(&(BYTES as u32 + 2).to_le_bytes());
        let entry = &mut bytes[BYTES + 2..];
        entry[32] = 7;
        entry[80] = PID as u8;
        let words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word));
        assert_eq!(created_in(&words.collect::<Vec<_>>(), PID), Some(7));
    }

    #[test]
    fn a_list_that_points_beyond_itself_ends() {
        let mut list = vec![0_u64; 64];
        list[0] = u64::from(u32::MAX);
        assert_eq!(created_in(&list, PID), None);
    }
}
