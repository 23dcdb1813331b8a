//! Folders that a launcher of the system trusts: nobody but administrators can
//! change what is in them, and everybody can read it.

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, SetFileSecurityW};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;

use super::super::descriptor::Descriptor;
use super::super::raw::check;
use super::{is_administrator, is_wine, user_sid};

/// LocalSystem and administrators may do everything; everybody may read and
/// execute. What is made inside is the same.
const SAFE: &str = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;WD)";
/// Everybody may write, too.
const FOR_EVERYBODY: &str = "(A;OICI;0x1301bf;;;WD)";

/// Where such folders are made: nobody but administrators can exchange them.
///
/// # Errors
/// When the system does not tell.
pub fn safe_parent() -> io::Result<PathBuf> {
    let folder = std::env::var_os("ProgramData").ok_or(io::ErrorKind::NotFound)?;
    Ok(PathBuf::from(folder))
}

/// Makes such a folder. Where the launcher trusts the user as well (under
/// Wine), or where the user is no administrator, it is that user's, too.
///
/// # Errors
/// The system's; `AlreadyExists` if there is something at that path.
pub fn make_safe_folder(path: &Path) -> io::Result<()> {
    let owned = !is_wine() && is_administrator();
    // What is not said is the system's choice.
    let owner = if owned { "O:BA" } else { "" };
    let descriptor = Descriptor::parse(&format!("{owner}{}", safe()?))?;
    // SAFETY: the path ends with a NUL, and the descriptor outlives the call.
    check(unsafe { CreateDirectoryW(wide(path).as_ptr(), &descriptor.attributes()) })
}

/// Lets everybody write to a folder.
///
/// # Errors
/// The system's.
pub fn open_to_everybody(path: &Path) -> io::Result<()> {
    set(path, &format!("{}{FOR_EVERYBODY}", safe()?))
}

/// Lets the user do everything with a file or folder, without being an
/// administrator.
///
/// # Errors
/// The system's.
pub fn open_to_user(path: &Path) -> io::Result<()> {
    set(path, &format!("{SAFE}(A;OICI;FA;;;{})", user_sid()?))
}

fn safe() -> io::Result<String> {
    if !is_wine() && is_administrator() {
        return Ok(SAFE.to_owned());
    }
    Ok(format!("{SAFE}(A;OICI;FA;;;{})", user_sid()?))
}

fn set(path: &Path, sddl: &str) -> io::Result<()> {
    let descriptor = Descriptor::parse(sddl)?;
    // SAFETY: the path ends with a NUL, and the descriptor outlives the call.
    check(unsafe {
        SetFileSecurityW(
            wide(path).as_ptr(),
            DACL_SECURITY_INFORMATION,
            descriptor.as_ptr(),
        )
    })
}

fn wide(path: impl AsRef<OsStr>) -> Vec<u16> {
    path.as_ref().encode_wide().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::trust::{Trust, check_path};

    #[test]
    fn what_is_made_in_a_safe_folder_is_trusted_until_it_is_open_to_everybody() {
        if !is_administrator() {
            println!("SKIPPED: the_safe_folder of an ordinary user is not the system's");
            return;
        }
        let name = format!("fslaunch-test-safe-{}", std::process::id());
        let folder = safe_parent().unwrap().join(name);
        make_safe_folder(&folder).unwrap();
        let again = make_safe_folder(&folder).unwrap_err();
        let (file, open) = (folder.join("file"), folder.join("open"));
        std::fs::write(&file, "").unwrap();
        std::fs::create_dir(&open).unwrap();
        open_to_everybody(&open).unwrap();
        let check = |path| check_path(path, &Trust::system()).map(drop);
        let (safe, unsafe_) = (check(&file), check(&open));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        safe.unwrap();
        assert!(unsafe_.is_err(), "others can write there");
    }
}
