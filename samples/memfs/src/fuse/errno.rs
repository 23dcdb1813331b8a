//! Errors of the core as the numbers of Linux.

use fuser::Errno;
use memfs::core::Error;

pub(super) fn errno(error: Error) -> Errno {
    match error {
        Error::NotFound => Errno::ENOENT,
        Error::Stale => Errno::ESTALE,
        Error::Exists | Error::AttributeExists => Errno::EEXIST,
        Error::NotAFolder => Errno::ENOTDIR,
        Error::IsAFolder => Errno::EISDIR,
        Error::NotEmpty => Errno::ENOTEMPTY,
        Error::NotAFile | Error::NotASymlink | Error::IntoItself | Error::InvalidName => {
            Errno::EINVAL
        }
        Error::LinkToFolder => Errno::EPERM,
        Error::TooManyLinks => Errno::EMLINK,
        Error::NameTooLong | Error::TargetTooLong => Errno::ENAMETOOLONG,
        Error::TooManyFiles | Error::NoMemory | Error::AttributesFull => Errno::ENOSPC,
        Error::FileTooLarge => Errno::EFBIG,
        Error::NoAttribute => Errno::ENODATA,
        Error::AttributeTooLong => Errno::E2BIG,
        Error::BufferTooSmall => Errno::ERANGE,
    }
}
