//! Waiting for something that gives no event, with a deadline.

use std::time::{Duration, Instant};

/// How long something may take that should happen at once. Generous: two
/// cores may be building at the same time.
pub const PATIENCE: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(5);

/// Waits until `done`.
///
/// # Panics
/// When [`PATIENCE`] is over, naming `what` was waited for.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    until_some(what, || done().then_some(()));
}

/// Waits until `look` finds something.
///
/// # Panics
/// When [`PATIENCE`] is over, naming `what` was waited for.
pub fn until_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s until {what}",
            PATIENCE.as_secs()
        );
        std::thread::sleep(POLL);
    }
}
