//! Questions to a user who sits at no console: the system's dialog for passwords.
#![allow(unsafe_code)]

use std::{io, mem, ptr};

use windows_sys::Win32::Foundation::{ERROR_CANCELLED, NO_ERROR};
use windows_sys::Win32::Security::Credentials::{
    CREDUI_FLAGS, CREDUI_FLAGS_ALWAYS_SHOW_UI, CREDUI_FLAGS_DO_NOT_PERSIST,
    CREDUI_FLAGS_GENERIC_CREDENTIALS, CREDUI_FLAGS_PASSWORD_ONLY_OK, CREDUI_INFOW,
    CREDUI_MAX_MESSAGE_LENGTH, CREDUI_MAX_USERNAME_LENGTH, SecHandle,
};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::core::{BOOL, PCWSTR, PWSTR};
use windows_sys::{s, w};
use zeroize::Zeroizing;

use super::raw::{secret, wide};
use crate::credential::Question;

/// The longest password that the dialog takes, in characters.
const PASSWORD: usize = 256;

/// Asks; `None` if there is nobody who could be asked.
///
/// # Errors
/// Nobody answered, or the answer is none.
///
/// # Platform behaviour
/// On Windows: the dialog, which asks for passwords only. Nobody sees those of
/// services, in session 0.
pub fn ask(question: &Question) -> io::Result<Option<Zeroizing<String>>> {
    if question.shown || session() == Some(0) {
        return Ok(None);
    }
    let Some(dialog) = dialog() else {
        return Ok(None);
    };
    let mut words = wide(&question.words);
    words.truncate(CREDUI_MAX_MESSAGE_LENGTH as usize - 1);
    words.push(0);
    let target = wide(&question.id);
    let about = CREDUI_INFOW {
        cbSize: size_of::<CREDUI_INFOW>() as u32,
        pszMessageText: words.as_ptr(),
        pszCaptionText: w!("fslaunch"),
        ..CREDUI_INFOW::default()
    };
    // It is neither shown nor told. Wine's dialog shows it, and wants one.
    let mut user = wide("fslaunch");
    user.resize(CREDUI_MAX_USERNAME_LENGTH as usize + 1, 0);
    let mut password = Zeroizing::new([0; PASSWORD + 1]);
    let mut save = 0;
    // SAFETY: the texts end with NULs, the rooms are as long as is said, and
    // all outlive the call; there is no context.
    let answer = unsafe {
        dialog(
            &about,
            target.as_ptr(),
            ptr::null(),
            0,
            user.as_mut_ptr(),
            user.len() as u32,
            password.as_mut_ptr(),
            password.len() as u32,
            &mut save,
            CREDUI_FLAGS_GENERIC_CREDENTIALS
                | CREDUI_FLAGS_DO_NOT_PERSIST
                | CREDUI_FLAGS_ALWAYS_SHOW_UI
                | CREDUI_FLAGS_PASSWORD_ONLY_OK,
        )
    };
    match answer {
        NO_ERROR => secret(password.iter().copied()).map(Some),
        ERROR_CANCELLED => Err(io::Error::new(io::ErrorKind::TimedOut, "somebody said no")),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}

type Dialog = unsafe extern "system" fn(
    *const CREDUI_INFOW,
    PCWSTR,
    *const SecHandle,
    u32,
    PWSTR,
    u32,
    PWSTR,
    u32,
    *mut BOOL,
    CREDUI_FLAGS,
) -> u32;

/// The dialog, from the folder of the system and no other. It is loaded only
/// where it is needed, and then for good.
fn dialog() -> Option<Dialog> {
    // SAFETY: the names end with NULs, and the reserved handle is null.
    let function = unsafe {
        let flags = LOAD_LIBRARY_SEARCH_SYSTEM32;
        let library = LoadLibraryExW(w!("credui.dll"), ptr::null_mut(), flags);
        GetProcAddress(library, s!("CredUIPromptForCredentialsW"))?
    };
    // SAFETY: the function of that name has these arguments.
    Some(unsafe { mem::transmute::<unsafe extern "system" fn() -> isize, Dialog>(function) })
}

/// The session that this process runs in.
fn session() -> Option<u32> {
    let mut session = 0;
    // SAFETY: what is written to outlives the call.
    let told = unsafe { ProcessIdToSessionId(std::process::id(), &mut session) };
    (told != 0).then_some(session)
}

#[cfg(test)]
mod tests;
