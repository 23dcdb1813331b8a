//! Accounts and folders, as the system has them.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::{
        ffi::OsStrExt,
        io::{AsRawHandle, FromRawHandle, OwnedHandle},
    },
    path::Path,
    ptr,
};

use fslaunch_access::Sid;
use windows_sys::{
    Win32::{
        Foundation::LocalFree,
        Security::{
            Authorization::{
                ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
            },
            GetLengthSid, GetTokenInformation, LookupAccountSidW, PSECURITY_DESCRIPTOR,
            SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
        },
        Storage::FileSystem::CreateDirectoryW,
        System::{
            LibraryLoader::{GetModuleHandleW, GetProcAddress},
            Threading::{GetCurrentProcess, OpenProcessToken},
        },
    },
    s, w,
};

/// Who runs this process.
pub(crate) fn own_sid() -> io::Result<Sid> {
    let mut raw = ptr::null_mut();
    // SAFETY: `raw` outlives the call.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut raw) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call made this handle for us.
    let token = unsafe { OwnedHandle::from_raw_handle(raw) };
    // A SID has at most 68 bytes; u64 for the alignment of what is before it.
    let mut room = [0_u64; 16];
    let mut length = 0;
    // SAFETY: the room is as long as is said, and aligned for TOKEN_USER.
    let told = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            room.as_mut_ptr().cast(),
            size_of_val(&room) as u32,
            &mut length,
        )
    };
    if told == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: on success it begins with a TOKEN_USER.
    let user = unsafe { &*room.as_ptr().cast::<TOKEN_USER>() };
    // SAFETY: its SID is valid and within `room`.
    let sid = unsafe {
        let length = GetLengthSid(user.User.Sid);
        std::slice::from_raw_parts(user.User.Sid.cast::<u8>(), length as usize)
    };
    Sid::from_bytes(sid).map_err(io::Error::other)
}

/// `Some` under Wine.
pub(super) fn wine() -> Option<()> {
    // SAFETY: both names are constants with a NUL; every process has ntdll.
    unsafe { GetProcAddress(GetModuleHandleW(w!("ntdll.dll")), s!("wine_get_version")) }.map(|_| ())
}

/// An account's name, or its SID where it has none.
pub(super) fn account_label(sid: &Sid) -> String {
    let bytes = sid.to_bytes();
    let (mut name, mut domain) = ([0_u16; 256], [0_u16; 256]);
    let (mut name_length, mut domain_length) = (256, 256);
    let mut kind = 0;
    // SAFETY: the SID is a whole one, and both rooms are as long as is said.
    let found = unsafe {
        LookupAccountSidW(
            ptr::null(),
            bytes.as_ptr().cast_mut().cast(),
            name.as_mut_ptr(),
            &mut name_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    if found == 0 {
        return sid.to_string();
    }
    let text = |units: &[u16], length: u32| {
        String::from_utf16_lossy(units.get(..length as usize).unwrap_or_default())
    };
    let (name, domain) = (text(&name, name_length), text(&domain, domain_length));
    match (name.as_str(), domain.as_str()) {
        ("", "") => sid.to_string(),
        (name, "") => name.to_owned(),
        (name, domain) => format!(r"{domain}\{name}"),
    }
}

/// Makes a folder with a descriptor, which is SDDL.
pub(super) fn make_folder(path: &Path, descriptor: &str) -> io::Result<()> {
    let descriptor = Descriptor::parse(descriptor)?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends with a NUL, and the descriptor outlives the call.
    match unsafe { CreateDirectoryW(path.as_ptr(), &attributes) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A descriptor that the system made.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn parse(text: &str) -> io::Result<Descriptor> {
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a NUL, and `descriptor` outlives the call.
        let parsed = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                ptr::null_mut(),
            )
        };
        match parsed {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Descriptor(descriptor)),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: it was allocated for us, and nobody else frees it.
        unsafe { LocalFree(self.0) };
    }
}
