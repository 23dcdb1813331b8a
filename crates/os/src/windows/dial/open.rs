//! A client's handle of a pipe.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::{
        ffi::OsStrExt,
        io::{FromRawHandle, OwnedHandle},
    },
    path::Path,
    ptr,
    time::Instant,
};

use windows_sys::Win32::{
    Foundation::{ERROR_PIPE_BUSY, ERROR_SEM_TIMEOUT, GENERIC_READ, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        CreateFileW, FILE_FLAG_OVERLAPPED, FILE_SHARE_READ, FILE_SHARE_WRITE,
        FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA, OPEN_EXISTING, SECURITY_CONTEXT_TRACKING,
        SECURITY_IDENTIFICATION, SECURITY_IMPERSONATION, SECURITY_SQOS_PRESENT,
    },
    System::Pipes::WaitNamedPipeW,
};

use super::super::raw::milliseconds;

/// What everybody may do with the launcher's pipe. `GENERIC_WRITE` would be
/// more: the right to make instances of it, which ordinary users lack.
pub(super) const ACCESS: u32 = GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;

/// As WinFsp's clients have it.
pub(super) const SHARE: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE;

/// What the server may do with the caller's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// See who the caller is.
    Identification,
    /// Act as the caller.
    Impersonation,
}

impl Level {
    /// Without a level the system gives the server the most. Context tracking
    /// has it give the caller's identity away with what is written, and not
    /// before: there is nothing to act with until the owner was looked at.
    pub(super) fn flags(self) -> u32 {
        FILE_FLAG_OVERLAPPED
            | SECURITY_SQOS_PRESENT
            | match self {
                Self::Identification => SECURITY_IDENTIFICATION,
                Self::Impersonation => SECURITY_IMPERSONATION | SECURITY_CONTEXT_TRACKING,
            }
    }
}

/// The name of a local pipe, with the NUL that ends it.
#[derive(Debug)]
pub(super) struct PipeName(Vec<u16>);

impl PipeName {
    /// Another path could be a file, or the pipe of another machine, to which
    /// Windows would prove who the caller is.
    pub(super) fn parse(address: &Path) -> io::Result<PipeName> {
        const PREFIX: &str = r"\\.\pipe\";
        let wide: Vec<u16> = address.as_os_str().encode_wide().collect();
        let prefix = PREFIX.len().min(wide.len());
        let (prefix, name) = wide.split_at(prefix);
        let is_pipe = String::from_utf16_lossy(prefix).eq_ignore_ascii_case(PREFIX);
        let is_name = |name: &[u16]| {
            let odd = [b'\\', b'/', 0].map(u16::from);
            // Windows leaves out dots at the end of such a path.
            let dots = name.iter().all(|&unit| unit == u16::from(b'.'));
            !dots && !name.iter().any(|unit| odd.contains(unit))
        };
        if !is_pipe || !is_name(name) {
            let words = r"the address is not the name of a local pipe, such as \\.\pipe\name";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        Ok(PipeName(wide.into_iter().chain([0]).collect()))
    }

    /// Names of pipes ignore case.
    pub(super) fn is(&self, other: &str) -> bool {
        self.text().eq_ignore_ascii_case(other)
    }

    /// Whether the name is this one, or one below it after a dot.
    pub(super) fn is_of(&self, other: &str) -> bool {
        let name = self.text().to_ascii_lowercase();
        let rest = name.strip_prefix(&other.to_ascii_lowercase());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn text(&self) -> String {
        String::from_utf16_lossy(&self.0[..self.0.len() - 1])
    }
}

/// Opens a pipe, and waits until the deadline for one whose instances are all
/// taken. Who waits is told that one is free, and may find it taken by another
/// who waited: so it takes several turns.
pub(super) fn open(name: &PipeName, level: Level, deadline: Instant) -> io::Result<OwnedHandle> {
    loop {
        match open_now(name, level) {
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32) => {}
            other => return other,
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        // SAFETY: the name ends with a NUL and outlives the call. Zero would
        // mean another time than none.
        if unsafe { WaitNamedPipeW(name.0.as_ptr(), milliseconds(left).max(1)) } == 0 {
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(code) if code == ERROR_SEM_TIMEOUT as i32 => {}
                Some(_) | None => return Err(error),
            }
        }
    }
}

fn open_now(name: &PipeName, level: Level) -> io::Result<OwnedHandle> {
    // SAFETY: the name ends with a NUL and outlives the call; the other
    // pointers may be null.
    let handle = unsafe {
        CreateFileW(
            name.0.as_ptr(),
            ACCESS,
            SHARE,
            ptr::null(),
            OPEN_EXISTING,
            level.flags(),
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_opened_with_what_everybody_may_and_no_more() {
        // Read, write data, write attributes: not append, which is the right
        // to make instances.
        assert_eq!(ACCESS, 0x8000_0000 | 0x2 | 0x100);
        assert_eq!(SHARE, 0x3);
    }

    #[test]
    fn the_server_never_gets_more_of_the_caller_than_was_meant() {
        let overlapped = 0x4000_0000;
        let present = 0x0010_0000;
        let identification = Level::Identification.flags();
        assert_eq!(identification, overlapped | present | 0x0001_0000);
        let impersonation = Level::Impersonation.flags();
        assert_eq!(
            impersonation,
            overlapped | present | 0x0002_0000 | 0x0004_0000
        );
    }

    #[test]
    fn only_the_name_of_a_local_pipe_is_opened() {
        for good in [r"\\.\pipe\a", r"\\.\PIPE\org.fslaunch.Launcher.S-1-5-18"] {
            assert!(PipeName::parse(Path::new(good)).is_ok(), "{good}");
        }
        for bad in [
            "",
            r"\\.\pipe",
            r"\\.\pipe\",
            r"\\.\pipe\..",
            r"\\.\pipe\..\C:\file",
            r"\\.\pipe\a/../../C:",
            "\\\\.\\pipe\\a\0b",
            r"\\server\pipe\a",
            r"\\?\pipe\a",
            r"C:\pipe\a",
            "/run/fslaunch",
        ] {
            let error = PipeName::parse(Path::new(bad)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[test]
    fn names_of_pipes_ignore_case() {
        let name = PipeName::parse(Path::new(r"\\.\pipe\ORG.fslaunch.launcher")).unwrap();
        assert!(name.is(super::super::SYSTEM));
        assert!(!name.is(super::super::MESSAGES));
        assert!(name.is_of(super::super::SYSTEM));
        for (name, expected) in [(".S-1-5-18", true), ("2", false)] {
            let name = format!("{}{name}", super::super::SYSTEM);
            let name = PipeName::parse(Path::new(&name)).unwrap();
            assert_eq!(name.is_of(super::super::SYSTEM), expected);
        }
    }
}
