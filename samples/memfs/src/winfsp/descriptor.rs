//! Security descriptors as bytes.

use std::ffi::c_void;
use std::io;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{GetSecurityDescriptorLength, IsValidSecurityDescriptor};

/// The descriptor that a text of SDDL stands for.
pub(super) fn from_text(text: &str) -> io::Result<Vec<u8>> {
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let (mut descriptor, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: the text ends with NUL, and both results are written before they are used.
    let done = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            &mut length,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call was successful: there are so many bytes, which are ours to free.
    let bytes = unsafe {
        let bytes = std::slice::from_raw_parts(descriptor.cast::<u8>(), length as usize).to_vec();
        LocalFree(descriptor);
        bytes
    };
    Ok(bytes)
}

/// The bytes of a self-relative descriptor; none for `NULL` or what is no descriptor.
///
/// # Safety
/// It is `NULL` or points to a whole descriptor.
pub(super) unsafe fn bytes<'a>(descriptor: *mut c_void) -> &'a [u8] {
    if descriptor.is_null() {
        return &[];
    }
    // SAFETY: the caller vouches for the descriptor; its length is asked for only if it is a valid one.
    unsafe {
        if IsValidSecurityDescriptor(descriptor) == 0 {
            return &[];
        }
        let length = GetSecurityDescriptorLength(descriptor) as usize;
        std::slice::from_raw_parts(descriptor.cast(), length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptor_of_the_root_is_one_and_comes_back_as_it_is() {
        let mut made = from_text(super::super::ROOT_DESCRIPTOR).unwrap();
        assert!(made.len() > 20);
        let pointer = made.as_mut_ptr().cast();
        // SAFETY: it is a whole descriptor.
        let again = unsafe { bytes(pointer) }.to_vec();
        assert_eq!(again, made);
        // SAFETY: `NULL` is allowed.
        assert_eq!(unsafe { bytes(std::ptr::null_mut()) }, b"");
        assert!(from_text("no descriptor").is_err());
    }
}
