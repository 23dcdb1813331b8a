//! What a function of the library returns: an NTSTATUS.
//!
//! It speaks of the conversation with the launcher only; what the launcher
//! answers is a Win32 code of its own.

use std::io;

/// A 32-bit status; zero is success, and failures are negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(u32);

impl Status {
    pub(crate) const SUCCESS: Status = Status(0);
    /// `STATUS_UNSUCCESSFUL`: a fault of this library.
    pub(crate) const UNSUCCESSFUL: Status = Status(0xC000_0001);
    /// `STATUS_INVALID_PARAMETER`.
    pub(crate) const INVALID_PARAMETER: Status = Status(0xC000_000D);
    /// `STATUS_ACCESS_DENIED`.
    pub(crate) const ACCESS_DENIED: Status = Status(0xC000_0022);
    /// `STATUS_OBJECT_NAME_NOT_FOUND`.
    pub(crate) const OBJECT_NAME_NOT_FOUND: Status = Status(0xC000_0034);
    /// `STATUS_NOT_SUPPORTED`.
    pub(crate) const NOT_SUPPORTED: Status = Status(0xC000_00BB);

    /// The status that Windows itself turns into this Win32 code. For a code
    /// that has none here it is the one that Windows keeps for such codes
    /// (facility 7), from which `RtlNtStatusToDosError` gets the code back.
    pub(crate) fn from_win32(code: u32) -> Status {
        Status(match code {
            2 => 0xC000_0034,          // STATUS_OBJECT_NAME_NOT_FOUND
            3 => 0xC000_003A,          // STATUS_OBJECT_PATH_NOT_FOUND
            5 => 0xC000_0022,          // STATUS_ACCESS_DENIED
            8 | 14 => 0xC000_0017,     // STATUS_NO_MEMORY
            50 => 0xC000_00BB,         // STATUS_NOT_SUPPORTED
            87 => 0xC000_000D,         // STATUS_INVALID_PARAMETER
            109 => 0xC000_014B,        // STATUS_PIPE_BROKEN
            121 | 1460 => 0xC000_00B5, // STATUS_IO_TIMEOUT
            230 => 0xC000_00AD,        // STATUS_INVALID_PIPE_STATE
            231 => 0xC000_00AE,        // STATUS_PIPE_BUSY
            232 => 0xC000_00B1,        // STATUS_PIPE_CLOSING
            233 => 0xC000_00B0,        // STATUS_PIPE_DISCONNECTED
            other => 0xC007_0000 | (other & 0xFFFF),
        })
    }

    /// The status for an error of the system: of its Win32 code, if it has one
    /// that has no kind.
    ///
    /// # Platform behaviour
    /// On Linux nothing that is asked for here gives an error with a code.
    pub(crate) fn from_error(error: &io::Error) -> Status {
        let by_kind = Status::from_kind(error.kind());
        match error.raw_os_error() {
            Some(code) if by_kind == Status::UNSUCCESSFUL => {
                Status::from_win32(code.cast_unsigned())
            }
            Some(_) | None => by_kind,
        }
    }

    /// The status for an error of the system that is told by its kind.
    fn from_kind(kind: io::ErrorKind) -> Status {
        // The kinds that matter; the system may always have others.
        #[expect(clippy::wildcard_enum_match_arm)]
        match kind {
            io::ErrorKind::NotFound => Status::OBJECT_NAME_NOT_FOUND,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Status::ACCESS_DENIED
            }
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => Status::from_win32(109),
            io::ErrorKind::WouldBlock => Status::from_win32(231),
            io::ErrorKind::TimedOut => Status::from_win32(1460),
            io::ErrorKind::InvalidInput => Status::INVALID_PARAMETER,
            io::ErrorKind::InvalidData => Status::from_win32(13),
            io::ErrorKind::Unsupported => Status::NOT_SUPPORTED,
            io::ErrorKind::OutOfMemory => Status::from_win32(8),
            _ => Status::UNSUCCESSFUL,
        }
    }

    /// The number that a C program gets.
    pub(crate) fn number(self) -> i32 {
        self.0.cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_negative_and_success_is_zero() {
        assert_eq!(Status::SUCCESS.number(), 0);
        assert_eq!(Status::INVALID_PARAMETER.number(), -0x3FFF_FFF3);
        for code in (0..20_000).chain([u32::MAX, 0x8007_0005]) {
            assert!(Status::from_win32(code).number() < 0, "{code}");
        }
    }

    #[test]
    fn an_error_of_the_system_is_told_by_its_kind_and_by_its_code_without_one() {
        for (kind, code) in [
            (io::ErrorKind::NotFound, 2),
            (io::ErrorKind::PermissionDenied, 5),
            (io::ErrorKind::InvalidData, 13),
            (io::ErrorKind::InvalidInput, 87),
            (io::ErrorKind::BrokenPipe, 109),
            (io::ErrorKind::WouldBlock, 231),
            (io::ErrorKind::TimedOut, 1460),
        ] {
            let error = io::Error::new(kind, "words");
            assert_eq!(
                Status::from_error(&error),
                Status::from_win32(code),
                "{kind}"
            );
        }
        let other = io::Error::other("words");
        assert_eq!(Status::from_error(&other), Status::UNSUCCESSFUL);
        let uncategorized = io::Error::from_raw_os_error(1338);
        assert_eq!(Status::from_error(&uncategorized), Status::from_win32(1338));
    }

    #[test]
    fn a_code_without_a_status_of_its_own_can_be_got_back() {
        assert_eq!(Status::from_win32(1326), Status(0xC007_052E));
    }
}
