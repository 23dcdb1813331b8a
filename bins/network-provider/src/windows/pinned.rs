//! A library that was loaded stays.
//!
//! When a library with Rust's runtime is unloaded, that runtime may take one
//! of the process's about thousand places of thread-local storage and not give
//! it back (targets of mingw, where it has no better way). It does so even if
//! nothing of the library was called, and aborts the process once there are no
//! more places: programs that load and free the library again and again must
//! not end by that. The router itself never frees a provider before its
//! process ends.

#![allow(unsafe_code)]

use std::ptr;

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExA,
};

/// Called by the C runtime when the library has just been loaded.
// SAFETY: the section is that of pointers to functions without arguments which
// the C runtime calls once, with the lock of the loader held.
#[used]
#[unsafe(link_section = ".CRT$XCU")]
static ON_LOADING: extern "C" fn() = stay;

/// Keeps this library where it is until the process ends. The lock of the
/// loader is held: this asks for nothing else of the system, and nothing of
/// Rust's runtime.
extern "C" fn stay() {
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    let mut module = ptr::null_mut();
    // SAFETY: the address is in this library, and is not read as a text; what
    // is written to outlives the call. If it fails, the library can be freed
    // as any other.
    unsafe { GetModuleHandleExA(flags, (&raw const ON_LOADING).cast(), &mut module) };
}
