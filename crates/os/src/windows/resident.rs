//! A library that has been used stays.
#![allow(unsafe_code)]

use std::{
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExA,
};

static PINNED: AtomicBool = AtomicBool::new(false);

/// Keeps the library that this is a part of where it is until the process ends.
///
/// # Platform behaviour
/// On Windows, when a library with Rust's runtime is unloaded, that runtime may
/// take one of the process's about thousand places of thread-local storage and
/// not give it back (targets of mingw, where it has no better way). Programs
/// that load and free the library again and again would run out of them.
pub fn stay() {
    if PINNED.swap(true, Ordering::Relaxed) {
        return;
    }
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    let mut module = ptr::null_mut();
    // SAFETY: the address is in this library, and is not read as a text; what
    // is written to outlives the call. If it fails, the library can be freed
    // as any other.
    unsafe { GetModuleHandleExA(flags, ptr::from_ref(&PINNED).cast(), &mut module) };
}
