//! The thread that everything of the launcher happens on.

use std::io;

use tokio::task::LocalSet;

use super::priority;

/// Runs a future on this thread, and what that spawns locally, within a runtime whose other
/// threads are for what blocks.
///
/// What still blocks when the future is over is not waited for: a slow disk or directory service
/// may hang.
///
/// # Errors
/// The runtime can't be made.
pub fn run<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(priority::as_started)
        .build()?;
    let output = LocalSet::new().block_on(&runtime, future);
    runtime.shutdown_background();
    Ok(output)
}
