//! The kernel's device, by which it hands over requests.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::ioctl::{Setter, ioctl, opcode};

const PATH: &str = "/dev/fuse";
/// `FUSE_DEV_IOC_CLONE`: this descriptor takes requests of that one's connection.
const CLONE: rustix::ioctl::Opcode = opcode::read::<u32>(229, 0);

/// A descriptor of a mounted connection.
#[derive(Debug)]
pub(super) struct Device(File);

impl From<OwnedFd> for Device {
    fn from(fd: OwnedFd) -> Self {
        Self(File::from(fd))
    }
}

impl Device {
    /// Opens the device, to be mounted.
    pub(super) fn open() -> io::Result<File> {
        File::options().read(true).write(true).open(PATH)
    }

    /// Another descriptor of the same connection, with a queue of its own for what is being answered: threads with
    /// one each do not wait for each other.
    pub(super) fn another(&self) -> io::Result<Self> {
        let device = Self::open()?;
        let own = self.0.as_raw_fd().cast_unsigned();
        // SAFETY: the operation reads the 32-bit number of a descriptor, which stays open meanwhile.
        unsafe { ioctl(&device, Setter::<CLONE, u32>::new(own))? };
        Ok(Self(device))
    }

    /// Waits for the next request, and says how long it is; `None` if the file system was unmounted.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match (&self.0).read(buffer) {
                Ok(length) => return Ok(Some(length)),
                Err(error) => match Errno::from_io_error(&error) {
                    // The caller gave up while its request was handed over, or a signal came.
                    Some(Errno::NOENT | Errno::INTR | Errno::AGAIN) => {}
                    Some(Errno::NODEV) => return Ok(None),
                    Some(_) | None => return Err(error),
                },
            }
        }
    }

    /// Sends an answer, as one message.
    pub(super) fn send(&self, pieces: &[IoSlice<'_>]) -> io::Result<()> {
        match (&self.0).write_vectored(pieces) {
            Ok(_all_of_it) => Ok(()),
            // The caller has gone meanwhile, or all of the file system.
            Err(error)
                if matches!(
                    Errno::from_io_error(&error),
                    Some(Errno::NOENT | Errno::NODEV)
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
