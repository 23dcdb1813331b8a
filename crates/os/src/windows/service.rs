//! The service control manager.

use std::io;

/// What the service manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Callers are served.
    Ready,
    /// All instances are being ended.
    Stopping,
}

/// Tells the service manager, if this process is a service.
///
/// # Errors
/// The system's.
pub fn notify(_state: State) -> io::Result<()> {
    Ok(())
}

/// Whether this process is a service.
pub fn is_service() -> bool {
    false
}

/// Returns when the service manager has asked the service to stop.
pub async fn stop_requested() {
    std::future::pending().await
}

/// The name of the service, unless another is chosen.
pub const NAME: &str = "WinFsp.Launcher";

/// Runs this process as the service of that name: returns once `serve` has
/// returned and the service manager knows. What `serve` returns as an error is
/// logged, and is what the service failed with.
///
/// # Errors
/// The service manager did not start this process.
pub fn run(
    _name: &str,
    _serve: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What `install` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The name of the service.
    pub name: String,
    /// Whether a service of somebody else may be replaced.
    pub replace: bool,
    /// Whether it starts a little after the system has.
    pub delayed: bool,
    /// Whether it is started at once.
    pub start: bool,
}

/// Why the service can't be installed or uninstalled.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Not yet.
    #[error("not yet")]
    Unsupported,
}

/// Makes this program a service; returns what was done, in words.
///
/// # Errors
/// What could not be done; everything is as it was before.
pub fn install(_wanted: &Install) -> Result<Vec<String>, InstallError> {
    Err(InstallError::Unsupported)
}

/// Takes the service away, and puts back what it replaced; returns what was
/// done, in words.
///
/// # Errors
/// What could not be done.
pub fn uninstall(_name: &str) -> Result<Vec<String>, InstallError> {
    Err(InstallError::Unsupported)
}
