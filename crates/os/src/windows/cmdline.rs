//! The command line of a process that runs.

#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, OwnedHandle},
    ptr, slice,
};

use windows_sys::{
    Wdk::System::Threading::{NtQueryInformationProcess, ProcessCommandLineInformation},
    Win32::{
        Foundation::{LocalFree, RtlNtStatusToDosError, UNICODE_STRING},
        System::Threading::{
            OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
            QueryFullProcessImageNameW,
        },
        UI::Shell::CommandLineToArgvW,
    },
};

use super::raw::{check, owned};

/// What a process was started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// One word for each argument, the program's name first.
    pub words: Vec<String>,
    /// All of it, as the process got it.
    pub text: String,
}

/// The longest answer of the system, in bytes: a structure, and 32767 UTF-16 units.
const MOST: usize = 64 * 1024 + 64;

/// The command line of a process. What is not UTF-16 becomes U+FFFD. Systems that do not tell
/// (before Windows 8.1) tell the program at least.
///
/// # Errors
/// The process is gone, or may not be looked at.
pub fn of(pid: u32) -> io::Result<Known> {
    // SAFETY: only numbers are passed; the handle is new.
    let process = unsafe { owned(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid))? };
    match text_of(&process) {
        Ok(text) => Ok(Known {
            words: words(&text),
            text: String::from_utf16_lossy(&text),
        }),
        Err(_) => {
            let program = program_of(&process)?;
            Ok(Known {
                text: format!("\"{program}\""),
                words: vec![program],
            })
        }
    }
}

fn program_of(process: &OwnedHandle) -> io::Result<String> {
    // The longest path that there is.
    let mut path = vec![0_u16; 1 << 15];
    let mut length = path.len() as u32;
    // SAFETY: the handle is open, and the buffer is as long as is said.
    check(unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &mut length,
        )
    })?;
    Ok(String::from_utf16_lossy(&path[..length as usize]))
}

fn text_of(process: &OwnedHandle) -> io::Result<Vec<u16>> {
    // Aligned for the structure at its beginning.
    let mut buffer = vec![0_u64; MOST / size_of::<u64>()];
    let bytes = buffer.len() * size_of::<u64>();
    let mut returned = 0;
    // SAFETY: the handle is open, and the buffer is as long as is said.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_raw_handle(),
            ProcessCommandLineInformation,
            buffer.as_mut_ptr().cast(),
            bytes as u32,
            &mut returned,
        )
    };
    if status < 0 {
        // SAFETY: a number is passed.
        let code = unsafe { RtlNtStatusToDosError(status) };
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    // SAFETY: the buffer begins with the structure, filled or all zero, and is aligned for it.
    let answer = unsafe { &*buffer.as_ptr().cast::<UNICODE_STRING>() };
    let begin = buffer.as_ptr() as usize;
    let (at, length) = (answer.Buffer as usize, usize::from(answer.Length));
    let inside = at >= begin && at + length <= begin + bytes && at.is_multiple_of(2);
    if !inside {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: it was just found to lie within the buffer, and to be aligned.
    Ok(unsafe { slice::from_raw_parts(answer.Buffer, length / 2) }.to_vec())
}

fn words(text: &[u16]) -> Vec<String> {
    // Of an empty text the system would make this program's own name.
    if text.iter().all(|unit| *unit == u16::from(b' ')) {
        return vec![];
    }
    let ended: Vec<u16> = text.iter().copied().chain([0]).collect();
    let mut count = 0;
    // SAFETY: the text ends with a NUL, and the pointer is there to be written.
    let list = unsafe { CommandLineToArgvW(ended.as_ptr(), &mut count) };
    if list.is_null() {
        return vec![];
    }
    // SAFETY: the system made as many pointers, each to a text that ends with a NUL.
    let words = unsafe { slice::from_raw_parts(list, usize::try_from(count).unwrap_or(0)) }
        .iter()
        // SAFETY: as said above, each is a text that ends with a NUL.
        .map(|&word| unsafe { word_at(word) })
        .collect();
    // SAFETY: the list is one block, which is ours to free and not used any more.
    unsafe { LocalFree(list.cast()) };
    words
}

/// # Safety
/// `word` points to a text that ends with a NUL.
unsafe fn word_at(word: *const u16) -> String {
    // SAFETY: it is not read beyond its NUL, says the caller.
    let length = (0..)
        .take_while(|&at| unsafe { ptr::read(word.add(at)) } != 0)
        .count();
    // SAFETY: so many units come before the NUL.
    String::from_utf16_lossy(unsafe { slice::from_raw_parts(word, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_cut_into_words_as_the_process_would_cut_it() {
        let text: Vec<u16> = r#""C:\a b\x.exe" "c d" e\"f"#.encode_utf16().collect();
        assert_eq!(words(&text), [r"C:\a b\x.exe", "c d", "e\"f"]);
        assert_eq!(words(&[]), Vec::<String>::new());
    }

    #[test]
    fn our_own_command_line_is_the_one_we_were_started_with_or_the_program_at_least() {
        let known = of(std::process::id()).unwrap();
        let own: Vec<String> = std::env::args().collect();
        let program = std::env::current_exe().unwrap();
        let is_program = |word: &str| {
            let found = std::path::Path::new(word).file_name();
            found
                .unwrap()
                .eq_ignore_ascii_case(program.file_name().unwrap())
        };
        assert!(is_program(&known.words[0]), "{known:?}");
        // Older systems, and Wine, tell no more.
        assert!(
            known.words[1..] == own[1..] || known.words.len() == 1,
            "{known:?}"
        );
        assert!(known.text.contains(&known.words[0]), "{known:?}");
    }

    #[test]
    fn the_command_line_of_no_process_is_an_error() {
        assert!(of(0).is_err());
    }
}
