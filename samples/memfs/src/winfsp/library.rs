//! WinFsp's library, found where its installer says it is, and loaded from there and nowhere else.

use std::ffi::{CStr, OsString, c_void};
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HMODULE};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR,
    LoadLibraryExW,
};
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RRF_SUBKEY_WOW6432KEY, RegGetValueW,
};
use windows_sys::w;

use super::abi::{Fs, Interface, Name, VolumeParams};
use super::error::Error;

type Create = unsafe extern "C" fn(Name, *const VolumeParams, *const Interface, *mut Fs) -> i32;
type OnVolume = unsafe extern "C" fn(Fs);
type SetMountPoint = unsafe extern "C" fn(Fs, Name) -> i32;
type StartDispatcher = unsafe extern "C" fn(Fs, u32) -> i32;
type AddDirInfo = unsafe extern "C" fn(*const c_void, *mut c_void, u32, *mut u32) -> u8;
type SetDescriptor = unsafe extern "C" fn(*mut c_void, u32, *mut c_void, *mut *mut c_void) -> i32;
type DeleteDescriptor = unsafe extern "C" fn(*mut c_void, *const c_void);
/// What is found under a name, whatever it is.
type Found = unsafe extern "system" fn() -> isize;

/// The functions that are used of it.
pub(super) struct Library {
    pub(super) create: Create,
    pub(super) delete: OnVolume,
    pub(super) set_mount_point: SetMountPoint,
    pub(super) remove_mount_point: OnVolume,
    pub(super) start_dispatcher: StartDispatcher,
    pub(super) stop_dispatcher: OnVolume,
    /// Puts a record into a buffer; `NULL` marks the end.
    pub(super) add_dir_info: AddDirInfo,
    pub(super) set_descriptor: SetDescriptor,
    /// Is told what made the descriptor.
    pub(super) delete_descriptor: DeleteDescriptor,
}

impl Library {
    /// Loads it for as long as the process lives.
    pub(super) fn load() -> Result<&'static Self, Error> {
        let path = path().ok_or(Error::NotInstalled)?;
        let wide: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        let flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
        // SAFETY: the path is whole and ends with NUL; what is loaded is what the administrator installed.
        let module = unsafe { LoadLibraryExW(wide.as_ptr(), std::ptr::null_mut(), flags) };
        if module.is_null() {
            return Err(Error::Load(path, io::Error::last_os_error()));
        }
        Ok(Box::leak(Box::new(Self::of(module)?)))
    }

    fn of(module: HMODULE) -> Result<Self, Error> {
        let find = |name: &'static CStr| {
            // SAFETY: the module is loaded, and the name ends with NUL.
            let found = unsafe { GetProcAddress(module, name.as_ptr().cast()) };
            found.ok_or(Error::Missing(name.to_str().unwrap_or_default()))
        };
        macro_rules! function {
            ($name:literal, $type:ty) => {
                // SAFETY: the function of this name has this signature, as WinFsp documents it.
                unsafe { std::mem::transmute::<Found, $type>(find($name)?) }
            };
        }
        Ok(Self {
            create: function!(c"FspFileSystemCreate", Create),
            delete: function!(c"FspFileSystemDelete", OnVolume),
            set_mount_point: function!(c"FspFileSystemSetMountPoint", SetMountPoint),
            remove_mount_point: function!(c"FspFileSystemRemoveMountPoint", OnVolume),
            start_dispatcher: function!(c"FspFileSystemStartDispatcher", StartDispatcher),
            stop_dispatcher: function!(c"FspFileSystemStopDispatcher", OnVolume),
            add_dir_info: function!(c"FspFileSystemAddDirInfo", AddDirInfo),
            set_descriptor: function!(c"FspSetSecurityDescriptor", SetDescriptor),
            delete_descriptor: function!(c"FspDeleteSecurityDescriptor", DeleteDescriptor),
        })
    }
}

/// Where the installer says that it is.
fn path() -> Option<PathBuf> {
    const DLL: &str = match () {
        () if cfg!(target_arch = "x86_64") => "winfsp-x64.dll",
        () if cfg!(target_arch = "aarch64") => "winfsp-a64.dll",
        () => "winfsp-x86.dll",
    };
    let mut text = [0u16; 1024];
    let mut bytes = size_of_val(&text) as u32;
    // SAFETY: the texts end with NUL, and the buffer is as long as it is said to be.
    let status = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            w!("SOFTWARE\\WinFsp"),
            w!("InstallDir"),
            RRF_RT_REG_SZ | RRF_SUBKEY_WOW6432KEY,
            std::ptr::null_mut(),
            text.as_mut_ptr().cast(),
            &mut bytes,
        )
    };
    let length = text.iter().position(|unit| *unit == 0)?;
    let folder = PathBuf::from(OsString::from_wide(&text[..length]));
    // Anything but a whole path would be looked for where others can put it.
    let installed = status == ERROR_SUCCESS && folder.is_absolute();
    installed.then(|| folder.join("bin").join(DLL))
}
