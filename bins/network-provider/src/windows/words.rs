//! The words of a failure, for `WNetGetLastError`.

#![allow(unsafe_code)]

use super::{library, wide};
use crate::enumeration::PROVIDER;

type SetLastError = unsafe extern "system" fn(u32, *const u16, *const u16);

/// Sets the words of this thread's last failure.
///
/// # Platform behaviour
/// The router that called is asked for the function, as a router may lack it
/// (Wine's does). Then there are no words.
pub(super) fn set(cause: u32, words: &str) {
    #[cfg(feature = "test-seams")]
    seam::keep(words);
    let Some(function) = library::loaded(c"mpr.dll", c"WNetSetLastErrorW") else {
        return;
    };
    // SAFETY: the function of that name has these arguments.
    let function = unsafe { std::mem::transmute::<library::Function, SetLastError>(function) };
    let (words, provider) = (wide(words), wide(PROVIDER));
    // SAFETY: both texts end with a NUL and outlive the call.
    unsafe { function(cause, words.as_ptr(), provider.as_ptr()) };
}

#[cfg(feature = "test-seams")]
pub(super) use seam::take;

#[cfg(feature = "test-seams")]
mod seam {
    use std::sync::{Mutex, PoisonError};

    static LAST: Mutex<String> = Mutex::new(String::new());

    pub(in super::super) fn take() -> String {
        std::mem::take(&mut *LAST.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keep(words: &str) {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = words.to_owned();
    }
}
