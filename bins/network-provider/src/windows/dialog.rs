//! The system's dialog for user name and password.

#![allow(unsafe_code)]

mod older;
mod package;

use std::ptr;

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::Security::Credentials::{
    CRED_PACK_GENERIC_CREDENTIALS, CRED_PACK_PROTECTED_CREDENTIALS, CREDUI_INFOW,
    CREDUIWIN_AUTHPACKAGE_ONLY, CREDUIWIN_CHECKBOX, CREDUIWIN_GENERIC,
};
use windows_sys::core::BOOL;
use zeroize::{Zeroize, Zeroizing};

use super::library::{Function, Library};
use super::{raw, wide};
use crate::credentials::Credentials;
use crate::world::{Question, Told};

/// The window that a dialog belongs to, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window(HWND);

impl Window {
    pub(crate) const NONE: Window = Window(ptr::null_mut());

    pub(crate) fn of(handle: HWND) -> Window {
        Window(handle)
    }
}

/// The system's answers that are none.
const CANCELLED: u32 = 1223;
const NOT_IMPLEMENTED: u32 = 120;
const MODULE_NOT_FOUND: u32 = 126;
const PROCEDURE_NOT_FOUND: u32 = 127;
/// What a dialog says that is shown again.
const LOGON_FAILURE: u32 = 1326;

/// The longest texts that a dialog takes and gives, in characters.
const CAPTION: usize = 127;
const USER: usize = 513;
const PASSWORD: usize = 1024;

/// Shows the dialog; the older one where the system lacks the newer.
pub(super) fn ask(window: Window, question: &Question<'_>) -> Result<Option<Told>, u32> {
    let library = Library::load(c"credui.dll").ok_or(MODULE_NOT_FOUND)?;
    let texts = Texts::of(question);
    let about = texts.about(window);
    match newer(&library, &about, question) {
        Err(NOT_IMPLEMENTED) => older::ask(&library, &about, question),
        other => other,
    }
}

/// The texts of a dialog, with their NULs.
struct Texts {
    caption: Vec<u16>,
    message: Vec<u16>,
}

impl Texts {
    fn of(question: &Question<'_>) -> Texts {
        let name = question.caption;
        let mut caption: String = name.to_owned();
        while caption.encode_utf16().count() > CAPTION {
            caption.pop();
        }
        Texts {
            caption: wide(&caption),
            message: wide(&format!("Enter your credentials for {name}.")),
        }
    }

    fn about(&self, window: Window) -> CREDUI_INFOW {
        CREDUI_INFOW {
            cbSize: size_of::<CREDUI_INFOW>() as u32,
            hwndParent: window.0,
            pszMessageText: self.message.as_ptr(),
            pszCaptionText: self.caption.as_ptr(),
            ..CREDUI_INFOW::default()
        }
    }
}

type Prompt = unsafe extern "system" fn(
    *const CREDUI_INFOW,
    u32,
    *mut u32,
    *const u8,
    u32,
    *mut *mut u8,
    *mut u32,
    *mut BOOL,
    u32,
) -> u32;
type Pack = unsafe extern "system" fn(u32, *const u16, *const u16, *mut u8, *mut u32) -> BOOL;
type UnPack = unsafe extern "system" fn(
    u32,
    *const u8,
    u32,
    *mut u16,
    *mut u32,
    *mut u16,
    *mut u32,
    *mut u16,
    *mut u32,
) -> BOOL;
type Free = unsafe extern "system" fn(*const u8);

/// Finds a function. What type it has is for the caller to know.
fn function(library: &Library, name: &'static std::ffi::CStr) -> Result<Function, u32> {
    library.function(name).ok_or(PROCEDURE_NOT_FOUND)
}

fn newer(
    library: &Library,
    about: &CREDUI_INFOW,
    question: &Question<'_>,
) -> Result<Option<Told>, u32> {
    let prompt = function(library, c"CredUIPromptForWindowsCredentialsW")?;
    // SAFETY: the function of that name has these arguments.
    let prompt = unsafe { std::mem::transmute::<Function, Prompt>(prompt) };
    // Before there is anything to be wiped.
    let room = Room::new()?;
    let known = packed(library, question.user);
    let package = question.package.and_then(package::number);
    let (flags, mut package) = kind(package);
    let (mut told, mut length, mut remember) = (ptr::null_mut(), 0, 0);
    let before = if question.again { LOGON_FAILURE } else { 0 };
    // SAFETY: all that is pointed to outlives the call, and the buffer that
    // goes in is as long as is said.
    let answer = unsafe {
        prompt(
            about,
            before,
            &mut package,
            known.as_ptr(),
            raw::number(known.len()),
            &mut told,
            &mut length,
            &mut remember,
            flags,
        )
    };
    let told = match (answer, told.is_null()) {
        (0, false) => Packed {
            start: told,
            length,
            room,
        },
        (CANCELLED, _) => return Ok(None),
        (0, true) => return Err(NOT_IMPLEMENTED),
        (code, _) => return Err(code),
    };
    Ok(Some(Told {
        credentials: told.unpack(library)?,
        remember: remember != 0,
    }))
}

/// Flags and package: credentials for one package only, or for just any
/// program.
fn kind(package: Option<u32>) -> (u32, u32) {
    match package {
        Some(number) => (CREDUIWIN_CHECKBOX | CREDUIWIN_AUTHPACKAGE_ONLY, number),
        None => (CREDUIWIN_CHECKBOX | CREDUIWIN_GENERIC, 0),
    }
}

/// A user name as the dialog takes it; nothing if that can't be made.
fn packed(library: &Library, user: &str) -> Vec<u8> {
    let Ok(pack) = function(library, c"CredPackAuthenticationBufferW") else {
        return vec![];
    };
    // SAFETY: the function of that name has these arguments.
    let pack = unsafe { std::mem::transmute::<Function, Pack>(pack) };
    let (user, none) = (wide(user), wide(""));
    let mut buffer = vec![0; 4096];
    let mut length = buffer.len() as u32;
    // SAFETY: both texts end with a NUL, and the buffer is as long as is said.
    let made = unsafe {
        pack(
            CRED_PACK_GENERIC_CREDENTIALS,
            user.as_ptr(),
            none.as_ptr(),
            buffer.as_mut_ptr(),
            &mut length,
        )
    };
    buffer.truncate(if made == 0 { 0 } else { raw::bytes(length) });
    buffer
}

/// The memory that the dialog gives its answer in.
struct Room {
    free: Free,
    _com: Library,
}

impl Room {
    fn new() -> Result<Room, u32> {
        let com = Library::load(c"ole32.dll").ok_or(MODULE_NOT_FOUND)?;
        let free = function(&com, c"CoTaskMemFree")?;
        Ok(Room {
            // SAFETY: the function of that name has this argument.
            free: unsafe { std::mem::transmute::<Function, Free>(free) },
            _com: com,
        })
    }
}

/// What the dialog gave: wiped, and given back to the system, when dropped.
struct Packed {
    start: *mut u8,
    length: u32,
    room: Room,
}

impl Packed {
    fn unpack(&self, library: &Library) -> Result<Credentials, u32> {
        let unpack = function(library, c"CredUnPackAuthenticationBufferW")?;
        // SAFETY: the function of that name has these arguments.
        let unpack = unsafe { std::mem::transmute::<Function, UnPack>(unpack) };
        let mut user = vec![0; USER + 1];
        let mut password = Zeroizing::new(vec![0; PASSWORD + 1]);
        let (mut users, mut passwords) = (raw::number(user.len()), raw::number(password.len()));
        // SAFETY: what the dialog gave has so many bytes, both rooms are as long as is said, and
        // that for the domain may be missing: it is then part of the user name.
        let unpacked = unsafe {
            unpack(
                CRED_PACK_PROTECTED_CREDENTIALS,
                self.start,
                self.length,
                user.as_mut_ptr(),
                &mut users,
                ptr::null_mut(),
                ptr::null_mut(),
                password.as_mut_ptr(),
                &mut passwords,
            )
        };
        match unpacked {
            0 => Err(super::overlapped::last_error()),
            _ => Ok(credentials(&user, password)),
        }
    }
}

impl Drop for Packed {
    fn drop(&mut self) {
        let length = raw::bytes(self.length);
        // SAFETY: the dialog gave so many bytes, and nobody else knows of them.
        unsafe { std::slice::from_raw_parts_mut(self.start, length) }.zeroize();
        // SAFETY: it is for the caller of the dialog to free, which this does once.
        unsafe { (self.room.free)(self.start) };
    }
}

/// What is in the rooms for user name and password, up to the NULs.
fn credentials(user: &[u16], mut password: Zeroizing<Vec<u16>>) -> Credentials {
    let end = password.iter().position(|&unit| unit == 0);
    let end = end.unwrap_or(password.len());
    // What is behind the end is wiped all the same.
    password.truncate(end);
    Credentials {
        user: super::narrow(user),
        password,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_asked_for_alone_and_without_one_credentials_are_generic() {
        let (checkbox, generic, only) = (0x2, 0x1, 0x10);
        assert_eq!(kind(Some(7)), (checkbox | only, 7));
        assert_eq!(kind(Some(0)), (checkbox | only, 0), "0 is a package too");
        assert_eq!(kind(None), (checkbox | generic, 0));
    }
}
