//! The front for Linux: FUSE, through the kernel's device and without a library of the system.
//!
//! One thread waits for signals, the others serve requests. Mounting and unmounting are done here and not by fuser,
//! which forgets the error number of a failed mount and, at the end, unmounts by path whatever is there by then.

mod errno;
mod error;
mod filesystem;
mod fusermount;
mod mount;
mod mountinfo;
mod readiness;
mod stop;
mod translate;

use fuser::{Session, SessionACL};
use memfs::command_line::Options;

use error::Error;
use filesystem::Memfs;
use mount::Request;

/// Mounts a file system and serves it until somebody unmounts it, or a signal asks to stop: that ends the process from
/// within, with exit code 0.
pub(crate) fn serve(options: &Options) -> Result<(), Error> {
    // First of all, so that no signal ends the process between mounting and being able to unmount.
    let stop = stop::Stop::on_signals().map_err(Error::Signals)?;
    let request = Request::new(options)?;
    let device = stop.guard(|| mount::mount(&request))?;
    let session = Session::from_fd(
        Memfs::new(options),
        device,
        SessionACL::All,
        fuser::Config::default(),
    );
    // The kernel, not fuser, keeps other users out: it knows what was mounted with allow_other.
    let served = session.and_then(|session| {
        readiness::announce();
        session.run()
    });
    stop.finish(served).map_err(Error::Session)
}
