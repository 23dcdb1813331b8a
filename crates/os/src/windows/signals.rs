//! What asks the daemon to end.

use std::io;

use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

use super::{console, service};

/// Acts on each request to end from now on.
///
/// # Errors
/// Always `Unsupported`.
///
/// # Platform behaviour
/// Only on Unix.
pub fn on_each(_act: impl FnMut() + Send + 'static) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Waits for a request to end.
///
/// # Platform behaviour
/// In a console: Ctrl-C, Ctrl-Break, the window that closes, the system that
/// shuts down. As a service: the service manager's stop and shutdown, and
/// nothing else, as the instances share its console and could send the rest.
#[derive(Debug)]
pub struct Ending {
    controls: (CtrlC, CtrlBreak),
    console: Option<(CtrlClose, CtrlShutdown)>,
}

impl Ending {
    /// Requests from now on are waited for, and end nothing by themselves.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Ending> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let console = if service::is_service() {
            None
        } else {
            console::events_are_awaited();
            Some((ctrl_close()?, ctrl_shutdown()?))
        };
        Ok(Ending {
            controls: (ctrl_c()?, ctrl_break()?),
            console,
        })
    }

    /// Returns when there is a request.
    pub async fn wait(&mut self) {
        let (c, r#break) = &mut self.controls;
        match &mut self.console {
            None => service::stop_requested().await,
            Some((close, shutdown)) => tokio::select! {
                _ = c.recv() => {}
                _ = r#break.recv() => {}
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
            },
        }
    }
}
