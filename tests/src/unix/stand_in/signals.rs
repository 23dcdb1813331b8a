//! What SIGTERM does.

use std::path::PathBuf;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::SIGTERM;

/// Handled, and then nothing is done: for whoever sends it, it is ignored.
///
/// # Panics
/// When it can't be handled.
pub fn ignore_end() {
    remember_term();
}

/// After SIGTERM, waits, makes a file, and ends with 0.
///
/// # Panics
/// When it can't be handled.
pub fn on_end(delay: Duration, file: Option<PathBuf>) {
    let arrived = remember_term();
    std::thread::spawn(move || {
        while !arrived.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(delay);
        if let Some(file) = file {
            std::fs::write(file, "SIGTERM").expect("the file can be written");
        }
        exit(0);
    });
}

fn remember_term() -> Arc<AtomicBool> {
    let arrived = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&arrived)).expect("SIGTERM can be handled");
    arrived
}
