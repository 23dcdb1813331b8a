//! Errors of the core as the numbers of Linux.

use memfs::core::Error;
use rustix::io::Errno;

pub(super) fn errno(error: Error) -> Errno {
    match error {
        Error::NotFound => Errno::NOENT,
        Error::Stale => Errno::STALE,
        Error::Exists | Error::AttributeExists => Errno::EXIST,
        Error::NotAFolder => Errno::NOTDIR,
        Error::IsAFolder => Errno::ISDIR,
        Error::NotEmpty => Errno::NOTEMPTY,
        Error::NotAFile
        | Error::NotASymlink
        | Error::IntoItself
        | Error::InvalidName
        | Error::Overlapping => Errno::INVAL,
        Error::LinkToFolder => Errno::PERM,
        Error::TooManyLinks => Errno::MLINK,
        Error::NameTooLong | Error::TargetTooLong => Errno::NAMETOOLONG,
        Error::TooManyFiles | Error::VolumeFull | Error::NoMemory | Error::AttributesFull => {
            Errno::NOSPC
        }
        Error::FileTooLarge => Errno::FBIG,
        Error::BehindTheEnd => Errno::NXIO,
        Error::NoAttribute => Errno::NODATA,
        Error::AttributeTooLong => Errno::TOOBIG,
        Error::BufferTooSmall => Errno::RANGE,
    }
}
