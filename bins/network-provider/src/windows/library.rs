//! Functions of libraries that are needed seldom, so that the many programs
//! that this library is loaded into need not load them.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::ptr;

use windows_sys::Win32::Foundation::{FreeLibrary, HMODULE};
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleA, GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExA,
};

/// Any function: what it is must be known to who asks for it.
pub(super) type Function = unsafe extern "system" fn() -> isize;

/// A library of the system, as long as this lives.
pub(super) struct Library(HMODULE);

impl Library {
    /// Loads it, from the folder of the system and no other.
    pub(super) fn load(name: &'static CStr) -> Option<Library> {
        let flags = LOAD_LIBRARY_SEARCH_SYSTEM32;
        // SAFETY: the name ends with a NUL; the reserved handle is null.
        let module = unsafe { LoadLibraryExA(name.as_ptr().cast(), ptr::null_mut(), flags) };
        (!module.is_null()).then_some(Library(module))
    }

    pub(super) fn function(&self, name: &'static CStr) -> Option<Function> {
        // SAFETY: the module is loaded, and the name ends with a NUL.
        unsafe { GetProcAddress(self.0, name.as_ptr().cast()) }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: it was loaded once, by `load`, and nothing of it is in use.
        unsafe { FreeLibrary(self.0) };
    }
}

/// A function of a library that the program has loaded already.
pub(super) fn loaded(library: &'static CStr, name: &'static CStr) -> Option<Function> {
    // SAFETY: the name ends with a NUL.
    let module = unsafe { GetModuleHandleA(library.as_ptr().cast()) };
    if module.is_null() {
        return None;
    }
    // SAFETY: who calls this library has that one loaded for the time of the call.
    unsafe { GetProcAddress(module, name.as_ptr().cast()) }
}
