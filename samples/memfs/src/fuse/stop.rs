//! Ending: by a signal, or because the file system was unmounted.

use std::io;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{SigSet, Signal};

use super::mount::Mount;

/// Ends the process when a signal says so, never leaving a mount behind.
///
/// The lock decides who ends the process: whoever holds it while there is a mount takes it away, and does not give the
/// lock back.
pub(super) struct Stop {
    mount: Arc<Mutex<Option<Mount>>>,
}

impl Stop {
    /// Takes SIGTERM, SIGINT and SIGHUP from now on, the latter two unless they are ignored, as `nohup` and the shell
    /// ask for. To be called before any other thread exists, since threads inherit what is blocked.
    pub(super) fn on_signals() -> io::Result<Self> {
        let ignored = ignored(&std::fs::read_to_string("/proc/self/status")?);
        let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
            .into_iter()
            .filter(|signal| {
                *signal == Signal::SIGTERM || ignored & (1 << (*signal as u32 - 1)) == 0
            })
            .collect();
        signals.thread_block()?;
        let stop = Self {
            mount: Arc::default(),
        };
        let mount = Arc::clone(&stop.mount);
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || wait(&signals, &mount))?;
        Ok(stop)
    }

    /// Mounts, while a signal waits.
    pub(super) fn guard<D, E>(
        &self,
        mount: impl FnOnce() -> Result<(D, Mount), E>,
    ) -> Result<D, E> {
        let mut slot = lock(&self.mount);
        let (device, mounted) = mount()?;
        *slot = Some(mounted);
        Ok(device)
    }

    /// Waits for a signal that is being served to end the process. If there is none, the file system was unmounted, or
    /// its connection broke: then what is left of the mount goes.
    pub(super) fn finish(self, served: io::Result<()>) -> io::Result<()> {
        let slot = lock(&self.mount);
        if let (Err(_), Some(mount)) = (&served, &*slot) {
            // It ends with an error in any case.
            let _said = unmount(mount);
        }
        // Kept for the little time that is left: a signal now must not look for a mount that is no longer there.
        std::mem::forget(slot);
        served
    }
}

fn wait(signals: &SigSet, mount: &Mutex<Option<Mount>>) {
    // It fails for a set that holds no valid signal only.
    while signals.wait().is_err() {}
    let slot = lock(mount);
    // A mount that stays is dead from now on: whoever asked to stop is not to take that for a clean end.
    let left = slot.as_ref().is_some_and(|mount| unmount(mount).is_err());
    // Not by way of the serving threads: they may go on for as long as somebody keeps a file open.
    process::exit(left.into())
}

/// Takes the mount away, or says why it stays.
fn unmount(mount: &Mount) -> io::Result<()> {
    mount
        .unmount()
        .inspect_err(|error| eprintln!("memfs: cannot unmount: {error}"))
}

fn lock(mount: &Mutex<Option<Mount>>) -> MutexGuard<'_, Option<Mount>> {
    mount.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which signals were ignored when the process started; bit 0 is signal 1.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status_of_a_process() {
        assert_eq!(
            ignored("Name:\tmemfs\nSigIgn:\t0000000000001003\nSigCgt:\t0\n"),
            0x1003
        );
        assert_eq!(ignored("Name:\tmemfs\n"), 0);
    }
}
