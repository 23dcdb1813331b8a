//! Ctrl-C and SIGTERM: remembered instead of obeyed at once, so that what
//! was set up is taken down first.
//!
//! A terminal sends its Ctrl-C to the commands that xtask runs as well, so
//! those end by themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::TERM_SIGNALS;

use crate::failure::Failure;

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Starts to remember interruptions.
pub(crate) fn watch() -> Result<(), Failure> {
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for signal in TERM_SIGNALS.iter().chain(crate::system::MORE_SIGNALS) {
        signal_hook::flag::register(*signal, Arc::clone(flag))
            .map_err(|error| Failure::to("watch for signals", &error))?;
    }
    Ok(())
}

/// Fails if an interruption arrived since the start.
pub(crate) fn check() -> Result<(), Failure> {
    match INTERRUPTED.get() {
        Some(flag) if flag.load(Ordering::Relaxed) => Err(Failure::new("interrupted")),
        Some(_) | None => Ok(()),
    }
}
