//! Holds the launcher's ends of an instance's output, and takes its place when it has gone.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::super::wire::{Failure, Step};

/// Waits until the launcher's end of `socket` closes, then reads `outputs` to their ends.
pub(super) fn keep(socket: &OwnedFd, outputs: Vec<OwnedFd>) -> Result<(), Failure> {
    let failed = |e: Errno| Failure::new(Step::Standard, e, "keep the output");
    // What is meant for the launcher's group or terminal is not meant for this, and no folder
    // is in use because of it.
    rustix::process::setsid().map_err(failed)?;
    rustix::process::chdir("/").map_err(failed)?;
    let mut buffer = vec![0; 16 * 1024];
    while read(socket, &mut buffer).map_err(failed)? != 0 {}
    let mut open = outputs;
    while !open.is_empty() {
        let mut polled: Vec<_> = open
            .iter()
            .map(|output| PollFd::new(output, PollFlags::IN))
            .collect();
        match poll(&mut polled, None) {
            Err(Errno::INTR) => continue,
            other => other.map_err(failed)?,
        };
        let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut ready = ready.into_iter();
        open.retain(|output| {
            !ready.next().unwrap_or(false)
                || match read(output, &mut buffer) {
                    Ok(0) => false,
                    Ok(_) | Err(Errno::AGAIN) => true,
                    Err(_) => false,
                }
        });
    }
    Ok(())
}

fn read(from: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    loop {
        match rustix::io::read(&from, &mut *buffer) {
            Err(Errno::INTR) => {}
            // The launcher left something unread when it died.
            Err(Errno::CONNRESET) => return Ok(0),
            other => return other,
        }
    }
}
