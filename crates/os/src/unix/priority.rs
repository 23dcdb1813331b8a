//! Who goes first when everybody wants the processor.

use std::sync::OnceLock;

use rustix::process::{getpriority_process, setpriority_process};

/// By how much the preferred thread goes before others.
const STEPS: i32 = 5;

/// The niceness that the process was started with.
static ORIGINAL: OnceLock<i32> = OnceLock::new();

/// Lets the calling thread go before others, if the process may do so: the
/// thread that answers callers, while many processes are being started.
///
/// # Platform behaviour
/// On Linux niceness belongs to a thread, and to those that it starts; these
/// call [`as_started`].
pub fn prefer_this_thread() {
    if let Ok(nice) = getpriority_process(None) {
        let nice = *ORIGINAL.get_or_init(|| nice);
        // Ordinary users may not, and go without.
        let _ = setpriority_process(None, nice - STEPS);
    }
}

/// Gives the calling thread the niceness that the process was started with.
pub fn as_started() {
    if let Some(nice) = ORIGINAL.get() {
        let _ = setpriority_process(None, *nice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preferred_thread_prefers_no_other() {
        let of_thread = || getpriority_process(None).unwrap();
        let before = of_thread();
        std::thread::spawn(move || {
            prefer_this_thread();
            let preferred = of_thread();
            let root = rustix::process::geteuid().is_root();
            assert!(preferred == before - STEPS || !root, "{before} {preferred}");
            let other = std::thread::spawn(move || {
                as_started();
                of_thread()
            });
            assert_eq!(other.join().unwrap(), before);
        })
        .join()
        .unwrap();
        assert_eq!(of_thread(), before);
    }
}
