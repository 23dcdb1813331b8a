//! Errors as the status codes of Windows.

use crate::core::Error;

/// Why something was refused, as Windows says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub i32);

impl Status {
    /// It was done.
    pub const SUCCESS: Self = Self(0);
    /// What was handed in is longer than the room for the answer.
    pub const BUFFER_OVERFLOW: Self = Self::code(0x8000_0005);
    /// The request makes no sense.
    pub const INVALID_PARAMETER: Self = Self::code(0xc000_000d);
    /// Nothing is left to be read.
    pub const END_OF_FILE: Self = Self::code(0xc000_0011);
    /// It may not be done.
    pub const ACCESS_DENIED: Self = Self::code(0xc000_0022);
    /// The name cannot be one.
    pub const OBJECT_NAME_INVALID: Self = Self::code(0xc000_0033);
    /// There is no such name.
    pub const OBJECT_NAME_NOT_FOUND: Self = Self::code(0xc000_0034);
    /// The name is taken.
    pub const OBJECT_NAME_COLLISION: Self = Self::code(0xc000_0035);
    /// A folder on the way to it is not there.
    pub const OBJECT_PATH_NOT_FOUND: Self = Self::code(0xc000_003a);
    /// The file would be longer than it may be.
    pub const FILE_TOO_LARGE: Self = Self::code(0xc000_0904);
    /// The volume is full.
    pub const DISK_FULL: Self = Self::code(0xc000_007f);
    /// The machine has no memory left.
    pub const INSUFFICIENT_RESOURCES: Self = Self::code(0xc000_009a);
    /// It is a folder.
    pub const FILE_IS_A_DIRECTORY: Self = Self::code(0xc000_00ba);
    /// A mistake in the server, which goes on.
    pub const INTERNAL_ERROR: Self = Self::code(0xc000_00e5);
    /// The folder still has entries.
    pub const DIRECTORY_NOT_EMPTY: Self = Self::code(0xc000_0101);
    /// It is no folder.
    pub const NOT_A_DIRECTORY: Self = Self::code(0xc000_0103);
    /// The file is gone.
    pub const FILE_DELETED: Self = Self::code(0xc000_0123);
    /// There are too many names of it.
    pub const TOO_MANY_LINKS: Self = Self::code(0xc000_0265);

    const fn code(code: u32) -> Self {
        Self(code.cast_signed())
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::OBJECT_NAME_NOT_FOUND,
            Error::Stale => Self::FILE_DELETED,
            Error::Exists | Error::AttributeExists => Self::OBJECT_NAME_COLLISION,
            Error::NotAFolder => Self::NOT_A_DIRECTORY,
            Error::IsAFolder => Self::FILE_IS_A_DIRECTORY,
            Error::NotEmpty => Self::DIRECTORY_NOT_EMPTY,
            Error::NotAFile | Error::NotASymlink | Error::NoAttribute | Error::Overlapping => {
                Self::INVALID_PARAMETER
            }
            // What NTFS answers to a folder that would be moved into itself.
            Error::IntoItself | Error::LinkToFolder => Self::ACCESS_DENIED,
            Error::TooManyLinks => Self::TOO_MANY_LINKS,
            Error::InvalidName | Error::NameTooLong | Error::TargetTooLong => {
                Self::OBJECT_NAME_INVALID
            }
            Error::TooManyFiles | Error::VolumeFull | Error::AttributesFull => Self::DISK_FULL,
            Error::FileTooLarge => Self::FILE_TOO_LARGE,
            Error::NoMemory => Self::INSUFFICIENT_RESOURCES,
            Error::BehindTheEnd => Self::END_OF_FILE,
            Error::AttributeTooLong => Self::INVALID_PARAMETER,
            Error::BufferTooSmall => Self::BUFFER_OVERFLOW,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_errors_of_windows() {
        for (error, code) in [
            (Error::NotFound, 0xc000_0034_u32),
            (Error::Exists, 0xc000_0035),
            (Error::NotEmpty, 0xc000_0101),
            (Error::VolumeFull, 0xc000_007f),
            (Error::TooManyFiles, 0xc000_007f),
            (Error::IsAFolder, 0xc000_00ba),
            (Error::NotAFolder, 0xc000_0103),
        ] {
            assert_eq!(Status::from(error).0.cast_unsigned(), code, "{error}");
        }
    }
}
