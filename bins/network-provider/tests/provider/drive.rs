//! Drive letters that lead to folders.
//!
//! # Platform behaviour
//! Letters that are defined as on Windows can't be used as paths under Wine,
//! whose mount manager has a control code of its own.

#![allow(unsafe_code)]

use std::fs::File;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::ptr;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use windows_sys::Win32::Foundation::GetLastError;
use windows_sys::Win32::Storage::FileSystem::{
    DDD_REMOVE_DEFINITION, DefineDosDeviceW, FILE_SHARE_READ, FILE_SHARE_WRITE,
};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};

/// A letter that is taken away whatever comes of a test.
#[allow(dead_code)]
pub(crate) struct Letter(&'static str);

#[allow(dead_code)]
impl Letter {
    /// One that leads nowhere so far.
    pub(crate) fn free(drive: &'static str) -> Letter {
        Letter(drive)
    }

    /// One that leads to a folder.
    pub(crate) fn shown(drive: &'static str) -> Letter {
        map(drive, std::env::temp_dir().to_str().expect("a folder"));
        Letter(drive)
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        unmap(self.0);
    }
}

/// Lets a drive lead to a folder.
pub(crate) fn map(drive: &str, folder: &str) {
    match is_wine() {
        true => define(drive, Some(&unix_path(folder))),
        false => {
            let (drive, folder) = (wide(drive), wide(folder));
            // SAFETY: both texts end with a NUL.
            let done = unsafe { DefineDosDeviceW(0, drive.as_ptr(), folder.as_ptr()) };
            assert_ne!(done, 0, "a drive can be defined");
        }
    }
}

/// Takes the letter away again.
pub(crate) fn unmap(drive: &str) {
    match is_wine() {
        true => define(drive, None),
        false => {
            let drive = wide(drive);
            // SAFETY: the text ends with a NUL; without a target the last one goes.
            unsafe { DefineDosDeviceW(DDD_REMOVE_DEFINITION, drive.as_ptr(), ptr::null()) };
        }
    }
}

/// Tells when the program is asked to end, from now on.
#[allow(dead_code)]
pub(crate) fn asked_to_end() -> Receiver<()> {
    static TELL: Mutex<Option<Sender<()>>> = Mutex::new(None);
    unsafe extern "system" fn asked(_: u32) -> i32 {
        if let Ok(tell) = TELL.lock()
            && let Some(tell) = tell.as_ref()
        {
            let _ = tell.send(());
        }
        // The main thread ends it.
        1
    }
    let (tell, told) = channel();
    *TELL.lock().expect("nobody has panicked") = Some(tell);
    // SAFETY: the handler is there as long as the program.
    assert_ne!(unsafe { SetConsoleCtrlHandler(Some(asked), 1) }, 0);
    told
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

pub(crate) fn is_wine() -> bool {
    // SAFETY: the names end with NULs, and this library is always loaded.
    unsafe {
        let module = GetModuleHandleA(c"ntdll.dll".as_ptr().cast());
        GetProcAddress(module, c"wine_get_version".as_ptr().cast()).is_some()
    }
}

/// What Wine calls a folder on the outside.
fn unix_path(folder: &str) -> Vec<u8> {
    type Name = unsafe extern "C" fn(*const u16) -> *mut core::ffi::c_char;
    let folder = wide(folder);
    // SAFETY: Wine's kernel32 has a function of that name with this argument,
    // which gives a text that ends with a NUL. It is small, and not freed.
    unsafe {
        let module = GetModuleHandleA(c"kernel32.dll".as_ptr().cast());
        let name = GetProcAddress(module, c"wine_get_unix_file_name".as_ptr().cast());
        let name = std::mem::transmute::<unsafe extern "system" fn() -> isize, Name>(
            name.expect("Wine"),
        )(folder.as_ptr());
        assert!(!name.is_null(), "a folder that is there");
        std::ffi::CStr::from_ptr(name).to_bytes_with_nul().to_vec()
    }
}

fn define(drive: &str, folder: Option<&[u8]>) {
    /// For Wine's mount manager ('m'), function 32, to be read and written.
    const DEFINE: u32 = (b'm' as u32) << 16 | 3 << 14 | 32 << 2;
    /// A drive of a network: the others are disks, which no file system is.
    const REMOTE: u32 = 4;
    const NONE: u32 = 1;
    const HEAD: usize = 32;
    let letter = u16::from(drive.as_bytes()[0].to_ascii_lowercase());
    let folder = folder.unwrap_or_default();
    let kind = if folder.is_empty() { NONE } else { REMOTE };
    let mut request = vec![0_u8; HEAD];
    // The size of it all; the kind of drive; then, after much that is not
    // needed, the letter and where the folder is.
    request[0..4].copy_from_slice(&((HEAD + folder.len()) as u32).to_le_bytes());
    request[4..8].copy_from_slice(&kind.to_le_bytes());
    request[24..26].copy_from_slice(&letter.to_le_bytes());
    let offset = if folder.is_empty() { 0 } else { HEAD as u16 };
    request[26..28].copy_from_slice(&offset.to_le_bytes());
    request.extend_from_slice(folder);
    let manager = File::options()
        .read(true)
        .write(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .open(r"\\.\MountPointManager")
        .expect("the mount manager");
    let mut length = 0;
    // SAFETY: what goes in is as long as is said, and nothing comes out.
    let done = unsafe {
        DeviceIoControl(
            manager.as_raw_handle(),
            DEFINE,
            request.as_ptr().cast(),
            request.len() as u32,
            ptr::null_mut(),
            0,
            &mut length,
            ptr::null_mut(),
        )
    };
    // SAFETY: it only reads a number of this thread.
    let error = unsafe { GetLastError() };
    assert!(done != 0 || folder.is_empty(), "a drive: error {error}");
}
