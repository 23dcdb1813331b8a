//! The front for Linux: FUSE, through the kernel's device and without a library of the system or of anybody else.
//!
//! ```text
//! mod            mounts, serves, ends
//!   mount        the mount point; fusermount mounts for ordinary users
//!   stop         signals, and taking the mount away
//!   session      takes requests from the device, by several threads, and sends the answers
//!     wire       the protocol: bytes to requests, replies to bytes      pure
//!   filesystem   requests to operations of the volume; contents, listing and xattrs are parts of it
//! ```
//!
//! One thread waits for signals, the others serve requests. Mounting and unmounting are done here: so the error number
//! of a failed mount is kept and, at the end, nothing is unmounted but what was mounted.

mod contents;
mod device;
mod errno;
mod error;
mod filesystem;
mod fusermount;
#[cfg(test)]
mod kernel;
mod listing;
mod mount;
mod mountinfo;
mod readiness;
mod session;
mod stop;
mod translate;
mod wire;
mod xattrs;

use memfs::command_line::Options;

use device::Device;
use error::Error;
use filesystem::Memfs;
use mount::Request;

/// Mounts a file system and serves it until somebody unmounts it, or a signal asks to stop: that ends the process from
/// within, with exit code 0 if the mount is gone, and 1 if it could not be taken away.
pub(crate) fn serve(options: &Options) -> Result<(), Error> {
    // First of all, so that no signal ends the process between mounting and being able to unmount.
    let stop = stop::Stop::on_signals().map_err(Error::Signals)?;
    let request = Request::new(options)?;
    let device = Device::from(stop.guard(|| mount::mount(&request))?);
    let memfs = Memfs::new(options);
    let served = session::greet(&device, &memfs).and_then(|()| {
        readiness::announce();
        session::serve(device, &memfs, threads())
    });
    stop.finish(served).map_err(Error::Session)
}

/// Requests never wait for anything but memory: more threads than the machine has processors only get in each other's
/// way. With two, one that waits for room to be given back keeps nobody from giving it back.
fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 16)
}
