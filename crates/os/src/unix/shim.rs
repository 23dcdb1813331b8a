//! The exec shim: what happens between the launcher's spawn and the program of an instance,
//! in a process that has one thread and nothing of the launcher's memory.
//!
//! The same program serves for the short-lived work on mount points, which the launcher never
//! touches itself.

mod detach;
mod exec;
mod folder;
mod identity;
mod keep;
mod standard;

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::channel::{self, Inbox};
use super::wire::{Bytes, Failure, Reply, Request, Step};

/// The first argument that makes the launcher's program a shim.
pub const EXEC_SHIM: &str = "--exec-shim";

/// The lowest descriptor that is none of the standard three.
const FIRST_OTHER_DESCRIPTOR: i32 = 3;

/// Runs the shim and never returns, if the program was started as one. Must be the first thing
/// that `main` does: no thread may have been started, as identities are changed.
pub fn run_if_asked() {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == EXEC_SHIM)
    {
        shim_main();
    }
}

/// Receives one request from the socket that is standard input, does it, and ends. It ends
/// silently if the socket closes without one.
pub fn shim_main() -> ! {
    match serve() {
        Ok(()) => std::process::exit(0),
        // Nobody is there to be told: the launcher has gone.
        Err(_) => std::process::exit(1),
    }
}

fn serve() -> io::Result<()> {
    let socket = rustix::io::fcntl_dupfd_cloexec(io::stdin(), FIRST_OTHER_DESCRIPTOR)?;
    let Some((request, descriptors)) = channel::receive::<Request>(&socket, &mut Inbox::default())?
    else {
        return Ok(());
    };
    let answer = match request {
        Request::Exec {
            plan,
            entered,
            files,
            parent,
        } => {
            let launcher = exec::Launcher {
                entered,
                files,
                parent,
                socket: &socket,
            };
            exec::carry_out(&plan, &launcher, descriptors).map(|never| match never {})
        }
        Request::Detach { mount_id, path } => {
            detach::detach(mount_id, &PathBuf::from(path)).map(|()| None)
        }
        Request::Unmount { mount_id, path } => {
            detach::unmount(mount_id, &PathBuf::from(path)).map(|()| None)
        }
        Request::Attach { mount_id, path } => {
            attach(mount_id, &PathBuf::from(path), descriptors).map(Some)
        }
        Request::Keep => keep::keep(&socket, descriptors).map(|()| None),
        Request::Unstage { path } => detach::unstage(&PathBuf::from(path)).map(|()| None),
    };
    let reply = match answer {
        Ok(path) => Reply::Done {
            path: path.as_deref().map(Bytes::from),
        },
        Err(failure) => Reply::Failed(failure),
    };
    channel::send(&socket, &reply, &[])
}

fn attach(mount_id: u64, path: &Path, descriptors: Vec<OwnedFd>) -> Result<PathBuf, Failure> {
    let [destination] = <[OwnedFd; 1]>::try_from(descriptors)
        .map_err(|_| Failure::refused(Step::Plan, "no folder was given to attach to"))?;
    detach::attach(mount_id, path, &destination)
}
