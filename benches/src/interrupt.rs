//! Ctrl-C and SIGTERM: remembered instead of obeyed at once, so that what was
//! started is taken down first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Failure;
use crate::system::MORE_SIGNALS;

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Starts to remember interruptions.
pub(crate) fn watch() -> Result<(), Failure> {
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM].into_iter().chain(MORE_SIGNALS) {
        signal_hook::flag::register(signal, Arc::clone(flag))
            .map_err(Failure::to("watch for signals"))?;
    }
    Ok(())
}

/// Fails if an interruption arrived since the start.
pub(crate) fn check() -> Result<(), Failure> {
    match INTERRUPTED.get() {
        Some(flag) if flag.load(Ordering::Relaxed) => Err(Failure::Interrupted),
        Some(_) | None => Ok(()),
    }
}
