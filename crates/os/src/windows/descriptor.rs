//! Security descriptors in the form that Windows takes.
#![allow(unsafe_code)]

use std::{io, ptr};

use windows_sys::Win32::Security::{
    Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
    PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
};

use super::{memory::LocalMemory, raw::wide};

/// A security descriptor of Windows, self-relative.
#[derive(Debug)]
pub(super) struct Descriptor(LocalMemory);

impl Descriptor {
    /// Has the system read SDDL.
    pub(super) fn parse(sddl: &str) -> io::Result<Self> {
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the text ends with a NUL, and the pointer is there to be written.
        let done = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                wide(sddl).as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the function gave the memory over, to be freed with `LocalFree`.
        Ok(Self(unsafe { LocalMemory::new(descriptor) }))
    }

    /// For as long as `self` is there.
    pub(super) fn as_ptr(&self) -> PSECURITY_DESCRIPTOR {
        self.0.as_ptr()
    }

    /// For an object that no child process inherits; for as long as `self` is there.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.as_ptr(),
            bInheritHandle: 0,
        }
    }
}
