//! The way to a file, folder by folder: each is opened in the one before it, so that nobody can
//! exchange one that was looked at, and none of them is a link.

#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::{Component, Path, Prefix};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_IF, FILE_OPEN_REPARSE_POINT,
    FILE_SYNCHRONOUS_IO_NONALERT, NtCreateFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_CANT_ACCESS_FILE, OBJ_CASE_INSENSITIVE, RtlNtStatusToDosError, UNICODE_STRING,
};
use windows_sys::Win32::Security::{SECURITY_QUALITY_OF_SERVICE, SecurityIdentification};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_TAG_INFO,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FILE_TRAVERSE, FileAttributeTagInfo, GetFileInformationByHandleEx,
    OPEN_EXISTING, SECURITY_IDENTIFICATION, SECURITY_SQOS_PRESENT, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

use super::super::raw::{check, owned, wide};

/// Opens a file for appending, making it if missing. What is at the end of the path may be a link
/// itself; it is not followed.
///
/// # Errors
/// The system's; a folder on the way is a link; the path is none of a file.
pub(super) fn open_for_appending(path: &Path) -> io::Result<OwnedHandle> {
    // As the system itself would read it: without `..`, with what names a device told apart.
    let path = std::path::absolute(path)?;
    let (top, names) = split(&path).ok_or_else(|| {
        let words = "it is not a file on a drive or a share";
        io::Error::new(io::ErrorKind::InvalidInput, words)
    })?;
    let Some((last, folders)) = names.split_last() else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    let mut folder = open_top(top)?;
    for name in folders {
        folder = open_in(folder.as_handle(), name, &FOLDER)?;
        if is_link(folder.as_handle())? {
            return Err(io::Error::from_raw_os_error(ERROR_CANT_ACCESS_FILE as i32));
        }
    }
    open_in(folder.as_handle(), last, &FILE)
}

/// The top folder of a drive or a share, and the names below it.
fn split(path: &Path) -> Option<(&Path, Vec<&OsStr>)> {
    let mut components = path.components();
    let on_a_disk = match components.next()? {
        Component::Prefix(prefix) => !matches!(prefix.kind(), Prefix::DeviceNS(_)),
        Component::RootDir | Component::CurDir | Component::ParentDir | Component::Normal(_) => {
            false
        }
    };
    let has_top = on_a_disk && components.next() == Some(Component::RootDir);
    let names = components.map(|component| match component {
        Component::Normal(name) => Some(name),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            None
        }
    });
    let names: Vec<&OsStr> = names.collect::<Option<_>>()?;
    let top = path.ancestors().nth(names.len())?;
    has_top.then_some((top, names))
}

fn open_top(path: &Path) -> io::Result<OwnedHandle> {
    let path = wide(path);
    // SAFETY: the path ends in NUL; the handle is new.
    unsafe {
        owned(CreateFileW(
            path.as_ptr(),
            FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            ptr::null(),
            OPEN_EXISTING,
            FILE_FLAG_BACKUP_SEMANTICS | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
            ptr::null_mut(),
        ))
    }
}

/// How something in a folder is opened.
struct How {
    access: u32,
    share: u32,
    disposition: u32,
    kind: u32,
}

const FOLDER: How = How {
    access: FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
    share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
    disposition: FILE_OPEN,
    kind: FILE_DIRECTORY_FILE,
};

const FILE: How = How {
    access: FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
    share: FILE_SHARE_READ | FILE_SHARE_WRITE,
    disposition: FILE_OPEN_IF,
    kind: FILE_NON_DIRECTORY_FILE,
};

/// What is opened may be served by somebody: they may see who opens it, and not act as them.
const LEVEL: SECURITY_QUALITY_OF_SERVICE = SECURITY_QUALITY_OF_SERVICE {
    Length: size_of::<SECURITY_QUALITY_OF_SERVICE>() as u32,
    ImpersonationLevel: SecurityIdentification,
    ContextTrackingMode: 0,
    EffectiveOnly: true,
};

fn open_in(folder: BorrowedHandle<'_>, name: &OsStr, how: &How) -> io::Result<OwnedHandle> {
    let mut name: Vec<u16> = name.encode_wide().collect();
    let bytes = u16::try_from(size_of_val(name.as_slice()));
    let bytes = bytes.map_err(|_| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let name = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: name.as_mut_ptr(),
    };
    let level = LEVEL;
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: (&raw const level).cast(),
    };
    let (mut file, mut about) = (ptr::null_mut(), IO_STATUS_BLOCK::default());
    // SAFETY: the name, the attributes and the folder are there for the call, and both answers go
    // into values of the right type.
    let status = unsafe {
        NtCreateFile(
            &mut file,
            how.access,
            &attributes,
            &mut about,
            ptr::null(),
            FILE_ATTRIBUTE_NORMAL,
            how.share,
            how.disposition,
            how.kind | FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT,
            ptr::null(),
            0,
        )
    };
    if status < 0 {
        // SAFETY: a number is passed.
        let code = unsafe { RtlNtStatusToDosError(status) };
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    // SAFETY: the handle is new.
    unsafe { owned(file) }
}

/// Whether an open folder stands for another one: a symbolic link, or a junction.
fn is_link(folder: BorrowedHandle<'_>) -> io::Result<bool> {
    /// In the tag of whatever leads elsewhere, whoever made it up.
    const NAME_SURROGATE: u32 = 0x2000_0000;
    let mut found = FILE_ATTRIBUTE_TAG_INFO::default();
    // SAFETY: the handle is open, and the answer has the size that is said.
    check(unsafe {
        GetFileInformationByHandleEx(
            folder.as_raw_handle(),
            FileAttributeTagInfo,
            (&raw mut found).cast(),
            size_of_val(&found) as u32,
        )
    })?;
    Ok(found.ReparseTag & NAME_SURROGATE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Option<(String, Vec<String>)> {
        let path = std::path::absolute(path).unwrap();
        let (top, names) = split(&path)?;
        let text = |name: &OsStr| name.to_str().unwrap().to_owned();
        Some((text(top.as_os_str()), names.into_iter().map(text).collect()))
    }

    #[test]
    fn a_path_begins_at_its_drive_or_share() {
        for (path, top, expected) in [
            (r"C:\a\b.log", r"C:\", &["a", "b.log"][..]),
            (r"C:/a/../b/./c", r"C:\", &["b", "c"]),
            (r"\\srv\share\a\b", r"\\srv\share\", &["a", "b"]),
            (r"\\?\C:\a\b", r"\\?\C:\", &["a", "b"]),
            (r"C:\", r"C:\", &[]),
        ] {
            let (found, names) = names(path).unwrap();
            assert_eq!(found, top, "{path}");
            assert_eq!(names, expected, "{path}");
        }
    }

    #[test]
    fn devices_and_pipes_have_no_folders() {
        for path in [r"\\.\NUL", r"\\.\pipe\a", r"\\.\C:\a", "NUL"] {
            assert_eq!(names(path), None, "{path}");
        }
    }
}
