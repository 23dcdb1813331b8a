//! From a drive to a file, step by step.
#![allow(unsafe_code)]

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::windows::{
        fs::{MetadataExt, OpenOptionsExt},
        io::AsRawHandle,
    },
    path::{Component, Path, PathBuf, Prefix},
    ptr,
};

use windows_sys::Win32::{
    Foundation::ERROR_INSUFFICIENT_BUFFER,
    Security::{DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION},
    Storage::FileSystem::{
        BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT,
        FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_GENERIC_READ,
        FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
        GetFileInformationByHandle, READ_CONTROL,
    },
};

use super::{
    Trust, TrustError,
    decide::{Fault, Role, decide},
    descriptor::Descriptor,
    own::account_label,
};

/// The most links that are followed on one path.
pub(super) const MAX_LINKS: usize = 20;

/// The longest descriptor that is read, in bytes: an ACL has at most 64 KiB.
const MAX_DESCRIPTOR: u32 = 256 << 10;

/// A file or folder that nobody but trusted accounts can change.
#[derive(Debug)]
pub struct Trusted {
    /// Where it is, with no link on the way.
    pub path: PathBuf,
    is_folder: bool,
    /// Kept open, so that its ID stays its own.
    file: File,
}

/// Checks a path: everything on the way must belong to a trusted account and
/// let nobody else exchange what is in it, and nobody else may change what is
/// at its end. Links of trusted accounts are followed, and what they lead to
/// is checked the same way.
///
/// # Errors
/// The first thing on the way that is not so, or can't be looked at.
pub fn check_path(path: &Path, trust: &Trust) -> Result<Trusted, TrustError> {
    let mut path = path.to_owned();
    for _ in 0..=MAX_LINKS {
        match walk(&path, trust)? {
            Arrived::There(trusted) => return Ok(trusted),
            Arrived::Link(target) => path = target,
        }
    }
    Err(TrustError::TooManyLinks { path })
}

impl Trusted {
    /// Opens the file to read it.
    ///
    /// # Errors
    /// It is not a file, or can't be opened.
    pub fn open(&self) -> Result<File, TrustError> {
        let path = || self.path.clone();
        if self.is_folder {
            let expected = "file";
            return Err(TrustError::Kind {
                path: path(),
                expected,
            });
        }
        let file = open(&self.path, FILE_GENERIC_READ).map_err(|source| os(path(), source))?;
        let same = id(&file).and_then(|this| Ok(this == id(&self.file)?));
        match same {
            Ok(true) => Ok(file),
            // A trusted account replaced it since it was checked.
            Ok(false) => Err(os(path(), io::ErrorKind::StaleNetworkFileHandle.into())),
            Err(source) => Err(os(path(), source)),
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.is_folder
    }
}

enum Arrived {
    There(Trusted),
    /// At a link: the path goes on there.
    Link(PathBuf),
}

fn walk(path: &Path, trust: &Trust) -> Result<Arrived, TrustError> {
    let steps = steps(path).ok_or_else(|| TrustError::NotFull {
        path: path.to_owned(),
    })?;
    let mut here = PathBuf::new();
    let last = steps.len() - 1;
    for (number, step) in steps.iter().enumerate() {
        here.push(step);
        let file = open(&here, FILE_READ_ATTRIBUTES | READ_CONTROL);
        let file = file.map_err(|source| os(here.clone(), source))?;
        let role = match number {
            _ if number == last => Role::Target,
            0 => Role::Drive,
            _ => Role::OnTheWay,
        };
        check(&here, &file, role, trust)?;
        let attributes = file.metadata().map_err(|source| os(here.clone(), source))?;
        let attributes = attributes.file_attributes();
        if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
            // Only trusted accounts could change the link, or its place.
            let target = fs::canonicalize(&here).map_err(|source| os(here.clone(), source))?;
            if target != here {
                return Ok(Arrived::Link(
                    target.join(steps[number + 1..].iter().collect::<PathBuf>()),
                ));
            }
        }
        let is_folder = attributes & FILE_ATTRIBUTE_DIRECTORY != 0;
        if number == last {
            return Ok(Arrived::There(Trusted {
                path: here,
                is_folder,
                file,
            }));
        }
        if !is_folder {
            let expected = "folder";
            return Err(TrustError::Kind {
                path: here,
                expected,
            });
        }
    }
    Err(TrustError::NotFull {
        path: path.to_owned(),
    })
}

/// The drive with its top folder, then a name each. `None` unless the path is
/// a full one on a local drive, without `..`.
fn steps(path: &Path) -> Option<Vec<PathBuf>> {
    let mut components = path.components();
    let Some(Component::Prefix(prefix)) = components.next() else {
        return None;
    };
    let (Prefix::Disk(_) | Prefix::VerbatimDisk(_), Some(Component::RootDir)) =
        (prefix.kind(), components.next())
    else {
        return None;
    };
    let mut drive = PathBuf::from(prefix.as_os_str());
    drive.push(r"\");
    let mut steps = vec![drive];
    for component in components {
        match component {
            Component::Normal(name) => steps.push(name.into()),
            Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    Some(steps)
}

/// Opens a file, a folder or a link itself.
fn open(path: &Path, access: u32) -> io::Result<File> {
    OpenOptions::new()
        .access_mode(access)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
}

fn check(path: &Path, file: &File, role: Role, trust: &Trust) -> Result<(), TrustError> {
    let path = || path.to_owned();
    let descriptor = descriptor(file).map_err(|source| os(path(), source))?;
    let writable = |by| Err(TrustError::Writable { path: path(), by });
    match decide(&descriptor, role, trust) {
        Ok(()) => Ok(()),
        Err(Fault::Owner(owner)) => Err(TrustError::Owner {
            path: path(),
            owner: owner
                .as_ref()
                .map_or_else(|| "nobody".to_owned(), account_label),
            trusted: trust.words(),
        }),
        Err(Fault::Grant(sid)) => writable(account_label(&sid)),
        Err(Fault::UnknownEntry) => {
            writable("somebody: its list has an entry of an unknown kind".to_owned())
        }
        Err(Fault::NoList) => writable("everybody: it has no list of who may".to_owned()),
    }
}

fn descriptor(file: &File) -> io::Result<Descriptor> {
    let mut room = vec![0_u64; 128];
    loop {
        let mut needed = 0;
        let bytes = size_of_val(room.as_slice());
        // SAFETY: the room is as long as is said; the file outlives the call.
        let told = unsafe {
            GetKernelObjectSecurity(
                file.as_raw_handle(),
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                room.as_mut_ptr().cast(),
                bytes as u32,
                &mut needed,
            )
        };
        if told != 0 {
            let bytes: Vec<u8> = room.iter().flat_map(|word| word.to_ne_bytes()).collect();
            let parsed = Descriptor::parse(&bytes);
            return parsed.ok_or_else(|| io::Error::other("its security descriptor is malformed"));
        }
        let error = io::Error::last_os_error();
        let too_small = error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER as i32);
        if !too_small || needed > MAX_DESCRIPTOR || needed as usize <= bytes {
            return Err(error);
        }
        room.resize((needed as usize).div_ceil(8), 0);
    }
}

/// What tells a file from every other one while it is open.
fn id(file: &File) -> io::Result<(u32, u32, u32)> {
    // SAFETY: it is made of numbers, which may be zero.
    let mut about: BY_HANDLE_FILE_INFORMATION = unsafe { std::mem::zeroed() };
    // SAFETY: the file is open, and `about` outlives the call.
    match unsafe { GetFileInformationByHandle(file.as_raw_handle(), ptr::from_mut(&mut about)) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok((
            about.dwVolumeSerialNumber,
            about.nFileIndexHigh,
            about.nFileIndexLow,
        )),
    }
}

fn os(path: PathBuf, source: io::Error) -> TrustError {
    let missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    if missing.contains(&source.kind()) {
        return TrustError::NotFound { path };
    }
    TrustError::Os { path, source }
}
