//! Requests to end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for a request to end: SIGTERM, or SIGINT from a terminal.
///
/// SIGHUP is such a request as well: it comes when the terminal goes away.
#[derive(Debug)]
pub struct Ending([Signal; 3]);

impl Ending {
    /// Requests from now on are waited for, and end nothing by themselves.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Ending> {
        Ok(Ending([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Returns when there is a request.
    pub async fn wait(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
