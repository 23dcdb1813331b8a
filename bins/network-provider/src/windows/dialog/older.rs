//! The dialog that systems have which lack the newer one.

#![allow(unsafe_code)]

use std::ptr;

use windows_sys::Win32::Security::Credentials::{
    CREDUI_FLAGS_ALWAYS_SHOW_UI, CREDUI_FLAGS_DO_NOT_PERSIST, CREDUI_FLAGS_GENERIC_CREDENTIALS,
    CREDUI_FLAGS_INCORRECT_PASSWORD, CREDUI_FLAGS_KEEP_USERNAME, CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX,
    CREDUI_INFOW,
};
use windows_sys::core::BOOL;
use zeroize::Zeroizing;

use super::{CANCELLED, Function, Library, USER, credentials, function, wide};
use crate::world::{Question, Told};

/// The longest password that this dialog takes.
const PASSWORD: usize = 256;

type Prompt = unsafe extern "system" fn(
    *const CREDUI_INFOW,
    *const u16,
    *mut core::ffi::c_void,
    u32,
    *mut u16,
    u32,
    *mut u16,
    u32,
    *mut BOOL,
    u32,
) -> u32;

/// Shows the dialog.
pub(super) fn ask(
    library: &Library,
    about: &CREDUI_INFOW,
    question: &Question<'_>,
) -> Result<Option<Told>, u32> {
    let prompt = function(library, c"CredUIPromptForCredentialsW")?;
    // SAFETY: the function of that name has these arguments.
    let prompt = unsafe { std::mem::transmute::<Function, Prompt>(prompt) };
    let target = wide(question.caption);
    let mut user = wide(question.user);
    user.resize((USER + 1).max(user.len()), 0);
    let mut password = Zeroizing::new(vec![0; PASSWORD + 1]);
    let mut remember = 0;
    let again = match question.again {
        true => CREDUI_FLAGS_INCORRECT_PASSWORD,
        false => 0,
    };
    // What is kept, and when, is for us to say; a user name is kept as it was
    // written, without the target before it.
    let flags = CREDUI_FLAGS_GENERIC_CREDENTIALS
        | CREDUI_FLAGS_DO_NOT_PERSIST
        | CREDUI_FLAGS_ALWAYS_SHOW_UI
        | CREDUI_FLAGS_KEEP_USERNAME
        | CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX
        | again;
    // SAFETY: all that is pointed to outlives the call, texts end with NULs,
    // and the rooms are as long as is said.
    let answer = unsafe {
        prompt(
            about,
            target.as_ptr(),
            ptr::null_mut(),
            0,
            user.as_mut_ptr(),
            super::raw::number(user.len()),
            password.as_mut_ptr(),
            super::raw::number(password.len()),
            &mut remember,
            flags,
        )
    };
    match answer {
        0 => {
            let mut credentials = credentials(&user, password);
            // Wine puts it there all the same.
            if let Some(user) = plain(&credentials.user, question.caption) {
                credentials.user = user;
            }
            let remember = remember != 0;
            Ok(Some(Told {
                credentials,
                remember,
            }))
        }
        CANCELLED => Ok(None),
        code => Err(code),
    }
}

/// The user name without the target before it, if that is there.
fn plain(user: &str, target: &str) -> Option<String> {
    let user = user.strip_prefix(target)?.strip_prefix('\\')?;
    Some(user.to_owned())
}
