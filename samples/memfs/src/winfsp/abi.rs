//! Structures as WinFsp lays them out, and the types of its callbacks.

use std::ffi::c_void;

use memfs::command_line::Options;
use memfs::core::Timestamp;
use memfs::windows::name::LONGEST;
use memfs::windows::{FileInfo, filetime};

use super::error::Error;

/// WinFsp's own; only pointers to it are passed on.
#[repr(C)]
pub(super) struct FileSystem {
    _opaque: [u8; 0],
}

const PREFIX: usize = 192;
const NAME: usize = 16;
const DISK_DEVICE: &str = "WinFsp.Disk";
const NET_DEVICE: &str = "WinFsp.Net";

/// Parameters of a volume.
#[repr(C)]
pub(super) struct VolumeParams {
    version: u16,
    sector_size: u16,
    sectors_per_unit: u16,
    most_of_a_name: u16,
    creation_time: u64,
    serial_number: u32,
    transact_timeout: u32,
    irp_timeout: u32,
    irp_capacity: u32,
    /// Milliseconds for which the driver may believe what it knows.
    file_info_timeout: u32,
    flags: u32,
    prefix: [u16; PREFIX],
    name: [u16; NAME],
    more_flags: u32,
    timeouts: [u32; 5],
    control_code: u32,
    reserved: [u32; 1],
    reserved_more: [u64; 2],
}

const CASE_SENSITIVE: u32 = 1 << 0;
const CASE_PRESERVED: u32 = 1 << 1;
const UNICODE: u32 = 1 << 2;
const PERSISTENT_ACLS: u32 = 1 << 3;
const CLEANUP_WHEN_MODIFIED_ONLY: u32 = 1 << 10;

impl VolumeParams {
    pub(super) fn new(options: &Options, now: Timestamp) -> Result<Self, Error> {
        use std::os::windows::ffi::OsStrExt;
        let case = match options.case_insensitive {
            true => 0,
            false => CASE_SENSITIVE,
        };
        let prefix: Vec<u16> = match &options.prefix {
            Some(prefix) => prefix.encode_wide().collect(),
            None => Vec::new(),
        };
        // One backslash at the start: \server\share.
        let backslashes = prefix.iter().take_while(|unit| **unit == u16::from(b'\\'));
        if !prefix.is_empty() && backslashes.count() != 1 {
            return Err(Error::Prefix);
        }
        let name = options.reported_type.as_deref().unwrap_or("MEMFS");
        let name: Vec<u16> = name.encode_utf16().collect();
        Ok(Self {
            version: size_of::<Self>() as u16,
            sector_size: 512,
            sectors_per_unit: 8,
            most_of_a_name: LONGEST as u16,
            creation_time: filetime(now),
            serial_number: now.nanoseconds,
            transact_timeout: 0,
            irp_timeout: 0,
            irp_capacity: 0,
            // The volume changes through the driver only: what it knows stays true.
            file_info_timeout: u32::MAX,
            flags: case | CASE_PRESERVED | UNICODE | PERSISTENT_ACLS | CLEANUP_WHEN_MODIFIED_ONLY,
            prefix: text(&prefix).ok_or(Error::Prefix)?,
            name: text(&name).ok_or(Error::Type)?,
            more_flags: 0,
            timeouts: [0; 5],
            control_code: 0,
            reserved: [0; 1],
            reserved_more: [0; 2],
        })
    }

    /// The driver's device: one for network drives, if there is a prefix, and one for disks; ended by NUL.
    pub(super) fn device(&self) -> Vec<u16> {
        let name = match self.prefix[0] {
            0 => DISK_DEVICE,
            _ => NET_DEVICE,
        };
        name.encode_utf16().chain([0]).collect()
    }
}

/// A text with at least one NUL behind it.
fn text<const N: usize>(units: &[u16]) -> Option<[u16; N]> {
    let mut text = [0; N];
    if units.len() >= N || units.contains(&0) {
        return None;
    }
    text[..units.len()].copy_from_slice(units);
    Some(text)
}

/// What is known of a volume.
#[repr(C)]
pub(super) struct VolumeInfo {
    pub(super) total_size: u64,
    pub(super) free_size: u64,
    /// In bytes.
    pub(super) label_length: u16,
    pub(super) label: [u16; 32],
}

pub(super) type Handle = *mut c_void;
pub(super) type Fs = *mut FileSystem;
pub(super) type Name = *const u16;
type Info = *mut FileInfo;
type Unused = Option<unsafe extern "C" fn() -> i32>;

/// The table of callbacks, in WinFsp's order.
#[repr(C)]
pub(super) struct Interface {
    pub(super) get_volume_info: unsafe extern "C" fn(Fs, *mut VolumeInfo) -> i32,
    pub(super) set_volume_label: Unused,
    pub(super) get_security_by_name:
        unsafe extern "C" fn(Fs, Name, *mut u32, *mut c_void, *mut usize) -> i32,
    pub(super) create:
        unsafe extern "C" fn(Fs, Name, u32, u32, u32, *mut c_void, u64, *mut Handle, Info) -> i32,
    pub(super) open: unsafe extern "C" fn(Fs, Name, u32, u32, *mut Handle, Info) -> i32,
    pub(super) overwrite: unsafe extern "C" fn(Fs, Handle, u32, u8, u64, Info) -> i32,
    pub(super) cleanup: unsafe extern "C" fn(Fs, Handle, Name, u32),
    pub(super) close: unsafe extern "C" fn(Fs, Handle),
    pub(super) read: unsafe extern "C" fn(Fs, Handle, *mut c_void, u64, u32, *mut u32) -> i32,
    pub(super) write:
        unsafe extern "C" fn(Fs, Handle, *const c_void, u64, u32, u8, u8, *mut u32, Info) -> i32,
    pub(super) flush: unsafe extern "C" fn(Fs, Handle, Info) -> i32,
    pub(super) get_file_info: unsafe extern "C" fn(Fs, Handle, Info) -> i32,
    pub(super) set_basic_info:
        unsafe extern "C" fn(Fs, Handle, u32, u64, u64, u64, u64, Info) -> i32,
    pub(super) set_file_size: unsafe extern "C" fn(Fs, Handle, u64, u8, Info) -> i32,
    pub(super) can_delete: unsafe extern "C" fn(Fs, Handle, Name) -> i32,
    pub(super) rename: unsafe extern "C" fn(Fs, Handle, Name, Name, u8) -> i32,
    pub(super) get_security: unsafe extern "C" fn(Fs, Handle, *mut c_void, *mut usize) -> i32,
    pub(super) set_security: unsafe extern "C" fn(Fs, Handle, u32, *mut c_void) -> i32,
    pub(super) read_directory:
        unsafe extern "C" fn(Fs, Handle, Name, Name, *mut c_void, u32, *mut u32) -> i32,
    /// Reparse points, streams, extended attributes and what may come.
    pub(super) others: [Unused; 45],
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn structures_are_as_long_as_winfsp_has_them() {
        assert_eq!(size_of::<VolumeParams>(), 504);
        assert_eq!(offset_of!(VolumeParams, prefix), 40);
        assert_eq!(offset_of!(VolumeParams, more_flags), 456);
        assert_eq!(size_of::<VolumeInfo>(), 88);
        assert_eq!(size_of::<FileInfo>(), 72);
        assert_eq!(size_of::<Interface>(), 64 * size_of::<Handle>());
        assert_eq!(
            offset_of!(Interface, read_directory),
            18 * size_of::<Handle>()
        );
    }

    #[test]
    fn a_prefix_makes_it_a_network_drive_and_has_one_backslash() {
        let params = |prefix: &str| {
            let words = ["-i", "-F", "NTFS", "-u", prefix, "-m", "X:"];
            match memfs::command_line::parse(words) {
                Ok(memfs::command_line::Invocation::Mount(options)) => {
                    VolumeParams::new(&options, Timestamp::default())
                }
                other => panic!("{other:?}"),
            }
        };
        let device = |params: VolumeParams| String::from_utf16_lossy(&params.device());
        assert_eq!(device(params("").unwrap()), "WinFsp.Disk\0");
        let net = params(r"\memfs64\share").unwrap();
        assert_eq!(net.flags & CASE_SENSITIVE, 0);
        assert_eq!(net.name[..5], [78, 84, 70, 83, 0]);
        assert_eq!(device(net), "WinFsp.Net\0");
        assert!(params(r"\\memfs64\share").is_err());
        assert!(params("memfs64").is_err());
        assert!(params(&format!(r"\{}", "x".repeat(191))).is_err());
    }
}
