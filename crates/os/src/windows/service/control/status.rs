//! What the service manager is told of the service, and signs of life while it
//! starts and stops.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use windows_service::{
    service::{ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType},
    service_control_handler::ServiceStatusHandle,
};

use super::{AT_MOST, WAIT_HINT, system};

/// Between two signs of life.
const EVERY: Duration = Duration::from_secs(1);

/// What a running service is asked besides its status. Preshutdown comes before everything else
/// at a shutdown: what instances still have to write may need services that end with the rest,
/// and their 5.5 s (launcher specification, section 8) are more than the 5 s there are then. How
/// long it is waited for then, installing the service says.
const ACCEPTED: ServiceControlAccept = ServiceControlAccept::STOP
    .union(ServiceControlAccept::PRESHUTDOWN)
    .union(ServiceControlAccept::SHUTDOWN);

/// The status of a service.
#[derive(Debug)]
pub(super) struct Status {
    handle: ServiceStatusHandle,
    phase: Mutex<Phase>,
    changed: Condvar,
}

#[derive(Debug)]
struct Phase {
    state: ServiceState,
    since: Instant,
    checkpoint: u32,
}

impl Status {
    /// A service that starts.
    pub(super) fn starting(handle: ServiceStatusHandle) -> Arc<Status> {
        let status = Arc::new(Status {
            handle,
            phase: Mutex::new(Phase {
                state: ServiceState::StartPending,
                since: Instant::now(),
                checkpoint: 1,
            }),
            changed: Condvar::new(),
        });
        if let Err(error) = status.tell(&status.lock(), ServiceExitCode::NO_ERROR) {
            tracing::warn!(%error, "failed to tell the service manager");
        }
        let alive = Arc::clone(&status);
        thread::spawn(move || alive.give_signs());
        status
    }

    /// The service serves, unless it is being stopped already.
    pub(super) fn running(&self) -> io::Result<()> {
        self.go(
            &[ServiceState::StartPending],
            ServiceState::Running,
            ServiceExitCode::NO_ERROR,
        )
    }

    /// The service is about to end, unless it has.
    pub(super) fn stopping(&self) -> io::Result<()> {
        let from = [ServiceState::StartPending, ServiceState::Running];
        self.go(&from, ServiceState::StopPending, ServiceExitCode::NO_ERROR)
    }

    /// The service has ended: the last that the service manager is told.
    pub(super) fn stopped(&self, exit_code: ServiceExitCode) -> io::Result<()> {
        let from = [
            ServiceState::StartPending,
            ServiceState::Running,
            ServiceState::StopPending,
        ];
        self.go(&from, ServiceState::Stopped, exit_code)
    }

    fn go(
        &self,
        from: &[ServiceState],
        to: ServiceState,
        exit_code: ServiceExitCode,
    ) -> io::Result<()> {
        let mut phase = self.lock();
        if !from.contains(&phase.state) {
            return Ok(());
        }
        let checkpoint = u32::from(is_pending(to));
        *phase = Phase {
            state: to,
            since: Instant::now(),
            checkpoint,
        };
        self.changed.notify_all();
        self.tell(&phase, exit_code)
    }

    /// Counts on while the service starts or stops.
    fn give_signs(&self) {
        let mut phase = self.lock();
        while phase.state != ServiceState::Stopped {
            let (now, waited) = self
                .changed
                .wait_timeout(phase, EVERY)
                .unwrap_or_else(PoisonError::into_inner);
            phase = now;
            let lives = is_pending(phase.state) && phase.since.elapsed() < AT_MOST;
            if waited.timed_out() && lives {
                phase.checkpoint += 1;
                if let Err(error) = self.tell(&phase, ServiceExitCode::NO_ERROR) {
                    tracing::warn!(%error, "failed to tell the service manager");
                }
            }
        }
    }

    fn tell(&self, phase: &Phase, exit_code: ServiceExitCode) -> io::Result<()> {
        let controls_accepted = if phase.state == ServiceState::Running {
            ACCEPTED
        } else {
            ServiceControlAccept::empty()
        };
        let wait_hint = if is_pending(phase.state) {
            WAIT_HINT
        } else {
            Duration::ZERO
        };
        let status = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: phase.state,
            controls_accepted,
            exit_code,
            checkpoint: phase.checkpoint,
            wait_hint,
            process_id: None,
        };
        self.handle.set_service_status(status).map_err(system)
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_pending(state: ServiceState) -> bool {
    matches!(
        state,
        ServiceState::StartPending | ServiceState::StopPending
    )
}
