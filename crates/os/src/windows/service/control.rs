//! Being a service: the dispatcher, the status, the requests to stop.
#![allow(unsafe_code)]

mod status;

use std::{
    ffi::{OsStr, OsString},
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::sync::watch;
use windows_service::{
    define_windows_service,
    service::{ServiceControl, ServiceExitCode},
    service_control_handler::{self, ServiceControlHandlerResult},
    service_dispatcher,
};

use crate::windows::logging::{self, Destination};
use status::Status;

/// What the service manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Callers are served.
    Ready,
    /// All instances are being ended.
    Stopping,
}

/// What the service failed with: there is one number, the log has the words.
const FAILED: u32 = 1;

/// How long the service may take to start or to stop, in all: after this there are no more signs
/// of life. Whatever it does by then, it gets nowhere, and the service manager may say so.
pub(super) const AT_MOST: Duration = Duration::from_secs(180);

/// How long the service manager is told to wait for the next sign of life.
const WAIT_HINT: Duration = Duration::from_secs(5);

type Serve = Box<dyn FnOnce() -> Result<(), String> + Send>;

/// The service that this process is.
struct Service {
    name: OsString,
    serve: Mutex<Option<Serve>>,
    stop: watch::Sender<bool>,
    status: OnceLock<Arc<Status>>,
}

static SERVICE: OnceLock<Service> = OnceLock::new();

/// Runs this process as the service of that name: returns once `serve` has
/// returned and the service manager knows. `serve` runs on a thread of its
/// own. What it returns as an error is logged, and is what the service fails
/// with, so that the service manager may start it again.
///
/// Only for a process that the service manager started: asked anywhere else,
/// it would wait for nothing.
///
/// # Errors
/// The service manager did not start this process; or this is the second call.
pub fn run(
    name: &str,
    serve: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> io::Result<()> {
    let service = Service {
        name: name.into(),
        serve: Mutex::new(Some(Box::new(serve))),
        stop: watch::Sender::new(false),
        status: OnceLock::new(),
    };
    if SERVICE.set(service).is_err() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    service_dispatcher::start(name, service_main).map_err(system)
}

/// Whether this process runs as a service.
pub fn is_service() -> bool {
    SERVICE.get().is_some()
}

/// Returns when the service manager has asked the service to stop; never in a
/// process that is none.
pub async fn stop_requested() {
    let Some(service) = SERVICE.get() else {
        return std::future::pending().await;
    };
    // The sender is never dropped.
    let _ = service.stop.subscribe().wait_for(|stop| *stop).await;
}

/// Tells the service manager, if this process is a service.
///
/// # Errors
/// The system's.
pub fn notify(state: State) -> io::Result<()> {
    match SERVICE.get().and_then(|service| service.status.get()) {
        None => Ok(()),
        Some(status) => match state {
            State::Ready => status.running(),
            State::Stopping => status.stopping(),
        },
    }
}

define_windows_service!(service_main, serve);

/// What the service manager starts, on a thread of its own.
fn serve(_arguments: Vec<OsString>) {
    let Some(service) = SERVICE.get() else {
        return;
    };
    let handle = match service_control_handler::register(&service.name, control) {
        Ok(handle) => handle,
        Err(error) => {
            tracing::error!(%error, "failed to answer the service manager");
            return;
        }
    };
    let status = service.status.get_or_init(|| Status::starting(handle));
    let body = service
        .serve
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let exit_code = match body.map(|serve| serve()) {
        Some(Ok(())) => ServiceExitCode::NO_ERROR,
        Some(Err(reason)) => {
            log_at_all(&service.name);
            tracing::error!(reason, "the service failed");
            ServiceExitCode::ServiceSpecific(FAILED)
        }
        None => ServiceExitCode::ServiceSpecific(FAILED),
    };
    if let Err(error) = status.stopped(exit_code) {
        tracing::error!(%error, "failed to tell the service manager that the service has ended");
    }
}

/// A service that fails before its log was started still says why.
fn log_at_all(name: &OsStr) {
    if !tracing::dispatcher::has_been_set() {
        logging::start(&Destination {
            file: None,
            service: Some(name.to_string_lossy().into_owned()),
        });
    }
}

/// What the service manager asks, on the thread of its dispatcher.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all else that can be asked is not accepted"
)]
fn control(control: ServiceControl) -> ServiceControlHandlerResult {
    let Some(service) = SERVICE.get() else {
        return ServiceControlHandlerResult::NotImplemented;
    };
    match control {
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        ServiceControl::Stop | ServiceControl::Preshutdown | ServiceControl::Shutdown => {
            // Before the answer: the service manager must not take us for running.
            if let Err(error) = notify(State::Stopping) {
                tracing::warn!(%error, "failed to tell the service manager");
            }
            service.stop.send_replace(true);
            ServiceControlHandlerResult::NoError
        }
        _ => ServiceControlHandlerResult::NotImplemented,
    }
}

fn system(error: windows_service::Error) -> io::Error {
    if let windows_service::Error::Winapi(error) = error {
        return error;
    }
    io::Error::other(error)
}
