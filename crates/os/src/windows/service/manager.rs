//! The service manager, and the services that it has.
#![allow(unsafe_code)]

mod read;

use std::{
    io, ptr, thread,
    time::{Duration, Instant},
};

use windows_sys::Win32::{
    Foundation::{
        ERROR_INVALID_LEVEL, ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DOES_NOT_EXIST,
        ERROR_SERVICE_NOT_ACTIVE, ERROR_SUCCESS,
    },
    System::Services::{
        CloseServiceHandle, ControlService, CreateServiceW, DeleteService, OpenSCManagerW,
        OpenServiceW, QueryServiceStatusEx, SC_HANDLE, SC_MANAGER_CONNECT,
        SC_MANAGER_CREATE_SERVICE, SC_STATUS_PROCESS_INFO, SERVICE_ALL_ACCESS,
        SERVICE_CONTROL_STOP, SERVICE_RUNNING, SERVICE_STATUS, SERVICE_STATUS_PROCESS,
        SERVICE_STOPPED, StartServiceW,
    },
};

use super::configuration::{Configuration, Wide};
use crate::windows::raw::{check, wide};

/// An open connection to the service manager, or an open service.
#[derive(Debug)]
struct Handle(SC_HANDLE);

impl Handle {
    fn new(handle: SC_HANDLE) -> io::Result<Handle> {
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Handle(handle))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it is open, ours, and used no more.
        unsafe { CloseServiceHandle(self.0) };
    }
}

/// The service manager.
#[derive(Debug)]
pub(super) struct Manager(Handle);

impl Manager {
    /// Connects to this machine's.
    pub(super) fn open() -> io::Result<Manager> {
        let access = SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE;
        // SAFETY: no name means this machine, no database the usual one.
        let handle = unsafe { OpenSCManagerW(ptr::null(), ptr::null(), access) };
        Handle::new(handle).map(Manager)
    }

    /// The service of that name, if there is one.
    pub(super) fn service(&self, name: &str) -> io::Result<Option<Service>> {
        let name = wide(name);
        // SAFETY: the name ends with a NUL.
        let handle = unsafe { OpenServiceW(self.0.0, name.as_ptr(), SERVICE_ALL_ACCESS) };
        match Handle::new(handle) {
            Ok(handle) => Ok(Some(Service(handle))),
            Err(error) if is(&error, ERROR_SERVICE_DOES_NOT_EXIST) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a service, as far as that can be said at once.
    pub(super) fn create(&self, name: &str, wanted: &Configuration) -> io::Result<Service> {
        let (name, display_name) = (wide(name), ended(&wanted.display_name));
        let (command, dependencies) = (ended(&wanted.command), ended(&wanted.dependencies));
        let account = ended(&wanted.account);
        // SAFETY: all texts end with a NUL, and the list with one more.
        let handle = unsafe {
            CreateServiceW(
                self.0.0,
                name.as_ptr(),
                display_name.as_ptr(),
                SERVICE_ALL_ACCESS,
                wanted.kind,
                wanted.start,
                wanted.error_control,
                command.as_ptr(),
                ptr::null(),
                ptr::null_mut(),
                dependencies.as_ptr(),
                account.as_ptr(),
                ptr::null(),
            )
        };
        Handle::new(handle).map(Service)
    }
}

/// A service.
#[derive(Debug)]
pub(super) struct Service(Handle);

/// What a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doing {
    pub(super) state: u32,
    /// What it ended with.
    pub(super) exit_code: u32,
    pub(super) specific_exit_code: u32,
    checkpoint: u32,
}

impl Doing {
    pub(super) fn is_stopped(self) -> bool {
        self.state == SERVICE_STOPPED
    }

    pub(super) fn is_running(self) -> bool {
        self.state == SERVICE_RUNNING
    }
}

impl Service {
    /// The raw handle, for as long as this lives.
    pub(super) fn raw(&self) -> SC_HANDLE {
        self.0.0
    }

    /// What it is doing.
    pub(super) fn doing(&self) -> io::Result<Doing> {
        // SAFETY: it is made of numbers, which may be zero.
        let mut status: SERVICE_STATUS_PROCESS = unsafe { std::mem::zeroed() };
        let mut needed = 0;
        // SAFETY: the room is one such structure, and as long as is said.
        check(unsafe {
            QueryServiceStatusEx(
                self.raw(),
                SC_STATUS_PROCESS_INFO,
                ptr::from_mut(&mut status).cast(),
                size_of::<SERVICE_STATUS_PROCESS>() as u32,
                &mut needed,
            )
        })?;
        Ok(Doing {
            state: status.dwCurrentState,
            exit_code: status.dwWin32ExitCode,
            specific_exit_code: status.dwServiceSpecificExitCode,
            checkpoint: status.dwCheckPoint,
        })
    }

    /// Asks it to start; one that runs is started.
    pub(super) fn start(&self) -> io::Result<()> {
        // SAFETY: no arguments.
        match check(unsafe { StartServiceW(self.raw(), 0, ptr::null()) }) {
            Err(error) if is(&error, ERROR_SERVICE_ALREADY_RUNNING) => Ok(()),
            started => started,
        }
    }

    /// Asks it to stop; one that does not run is stopped.
    pub(super) fn ask_to_stop(&self) -> io::Result<()> {
        // SAFETY: it is made of numbers, which may be zero.
        let mut status: SERVICE_STATUS = unsafe { std::mem::zeroed() };
        // SAFETY: the status outlives the call.
        match check(unsafe { ControlService(self.raw(), SERVICE_CONTROL_STOP, &mut status) }) {
            Err(error) if is(&error, ERROR_SERVICE_NOT_ACTIVE) => Ok(()),
            asked => asked,
        }
    }

    /// Waits until it is as is wanted, or stopped: as long as it gives signs of
    /// life.
    ///
    /// # Errors
    /// `TimedOut` if it gives none for `patience`.
    pub(super) fn wait(
        &self,
        wanted: impl Fn(Doing) -> bool,
        patience: Duration,
    ) -> io::Result<Doing> {
        let mut last = self.doing()?;
        let mut until = Instant::now() + patience;
        loop {
            let doing = self.doing()?;
            if wanted(doing) || doing.is_stopped() {
                return Ok(doing);
            }
            if doing != last {
                last = doing;
                until = Instant::now() + patience;
            }
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // There is no event for this that works for every service.
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Marks it for deletion: it goes once nobody has it open.
    pub(super) fn delete(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        check(unsafe { DeleteService(self.raw()) })
    }
}

/// Whether the service manager has no such setting. Wine's may also fail
/// without an error.
pub(super) fn is_unknown_level(error: &io::Error) -> bool {
    is(error, ERROR_INVALID_LEVEL) || is(error, ERROR_SUCCESS)
}

/// The text with a NUL at its end; a list with one more.
pub(super) fn ended(text: &[u16]) -> Wide {
    text.iter().copied().chain([0, 0]).collect()
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}
