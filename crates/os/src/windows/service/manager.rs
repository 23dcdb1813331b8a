//! The service manager, and the services that it has.
#![allow(unsafe_code)]

use std::{
    io, ptr, thread,
    time::{Duration, Instant},
};

use windows_sys::Win32::{
    Foundation::{
        ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_LEVEL, ERROR_SERVICE_ALREADY_RUNNING,
        ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_NOT_ACTIVE, ERROR_SUCCESS,
    },
    System::Services::{
        CloseServiceHandle, ControlService, CreateServiceW, DeleteService, OpenSCManagerW,
        OpenServiceW, QUERY_SERVICE_CONFIGW, QueryServiceConfig2W, QueryServiceConfigW,
        QueryServiceStatusEx, SC_ACTION, SC_HANDLE, SC_MANAGER_CONNECT, SC_MANAGER_CREATE_SERVICE,
        SC_STATUS_PROCESS_INFO, SERVICE_ALL_ACCESS, SERVICE_CONFIG,
        SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_CONFIG_DESCRIPTION,
        SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
        SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, SERVICE_CONFIG_SERVICE_SID_INFO,
        SERVICE_CONTROL_STOP, SERVICE_DESCRIPTIONW, SERVICE_FAILURE_ACTIONSW, SERVICE_RUNNING,
        SERVICE_STATUS, SERVICE_STATUS_PROCESS, SERVICE_STOPPED, StartServiceW,
    },
};

use super::configuration::{Configuration, Failure, Wide};
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

    /// How it is configured.
    pub(super) fn configuration(&self) -> io::Result<Configuration> {
        let room = grown(|room, length, needed| {
            // SAFETY: the room is as long as is said, and aligned.
            check(unsafe { QueryServiceConfigW(self.raw(), room.cast(), length, needed) })
        })?;
        // SAFETY: on success it begins with this structure, whose texts are in it.
        let about = unsafe { &*room.as_ptr().cast::<QUERY_SERVICE_CONFIGW>() };
        // SAFETY: each is null, or a text with a NUL at its end in `room`.
        let text = |text| unsafe { text_at(text) };
        Ok(Configuration {
            kind: about.dwServiceType,
            start: about.dwStartType,
            error_control: about.dwErrorControl,
            command: text(about.lpBinaryPathName),
            group: text(about.lpLoadOrderGroup),
            tag: about.dwTagId,
            // SAFETY: null, or texts with a NUL each and one more at the end.
            dependencies: unsafe { list_at(about.lpDependencies) },
            account: text(about.lpServiceStartName),
            display_name: text(about.lpDisplayName),
            description: self.description()?,
            failure: self.failure()?,
            failure_on_error: self.number(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)?,
            delayed: self.number(SERVICE_CONFIG_DELAYED_AUTO_START_INFO)?,
            sid_type: self.number(SERVICE_CONFIG_SERVICE_SID_INFO)?,
            privileges: self.privileges()?,
        })
    }

    fn description(&self) -> io::Result<Option<Wide>> {
        let room = self.more(SERVICE_CONFIG_DESCRIPTION)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with this structure.
            let about = unsafe { &*room.as_ptr().cast::<SERVICE_DESCRIPTIONW>() };
            // SAFETY: null, or a text with a NUL at its end in `room`.
            unsafe { text_at(about.lpDescription) }
        }))
    }

    fn failure(&self) -> io::Result<Option<Failure>> {
        let room = self.more(SERVICE_CONFIG_FAILURE_ACTIONS)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with this structure.
            let about = unsafe { &*room.as_ptr().cast::<SERVICE_FAILURE_ACTIONSW>() };
            let actions: &[SC_ACTION] = if about.lpsaActions.is_null() {
                &[]
            } else {
                // SAFETY: so many of them are in `room`.
                unsafe { std::slice::from_raw_parts(about.lpsaActions, about.cActions as usize) }
            };
            Failure {
                reset: about.dwResetPeriod,
                // SAFETY: null, or a text with a NUL at its end in `room`.
                reboot_message: unsafe { text_at(about.lpRebootMsg) },
                // SAFETY: the same.
                command: unsafe { text_at(about.lpCommand) },
                actions: actions
                    .iter()
                    .map(|action| (action.Type as u32, action.Delay))
                    .collect(),
            }
        }))
    }

    /// A setting whose structure is one number of 32 bits.
    fn number(&self, level: SERVICE_CONFIG) -> io::Result<Option<u32>> {
        let room = self.more(level)?;
        // The number is at the beginning; bytes come as the machine has them.
        Ok(room.and_then(|room| room.first().map(|word| *word as u32)))
    }

    fn privileges(&self) -> io::Result<Option<Wide>> {
        let room = self.more(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with a pointer.
            let list = unsafe { *room.as_ptr().cast::<*mut u16>() };
            // SAFETY: null, or texts with a NUL each and one more at the end.
            unsafe { list_at(list) }
        }))
    }

    /// One more part of the configuration; `None` where the system has none
    /// such.
    fn more(&self, level: SERVICE_CONFIG) -> io::Result<Option<Vec<u64>>> {
        let room = grown(|room, length, needed| {
            // SAFETY: the room is as long as is said, and aligned.
            check(unsafe { QueryServiceConfig2W(self.raw(), level, room.cast(), length, needed) })
        });
        match room {
            Ok(room) => Ok(Some(room)),
            Err(error) if is_unknown_level(&error) => Ok(None),
            Err(error) => Err(error),
        }
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

/// Asks into a room that grows until the answer fits.
fn grown(ask: impl Fn(*mut u64, u32, &mut u32) -> io::Result<()>) -> io::Result<Vec<u64>> {
    // The most that the functions ask for.
    const MOST: usize = 64 << 10;
    let mut room = vec![0_u64; 256];
    loop {
        let mut needed = 0;
        let bytes = size_of_val(room.as_slice());
        match ask(room.as_mut_ptr(), bytes as u32, &mut needed) {
            Ok(()) => return Ok(room),
            Err(error) if is(&error, ERROR_INSUFFICIENT_BUFFER) && bytes < MOST => {
                let needed = (needed as usize).clamp(2 * bytes, MOST.max(2 * bytes));
                room.resize(needed.div_ceil(8), 0);
            }
            Err(error) => return Err(error),
        }
    }
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}

/// A copy of a text.
///
/// # Safety
/// It is null, or ends with a NUL.
unsafe fn text_at(text: *const u16) -> Wide {
    if text.is_null() {
        return Wide::new();
    }
    // SAFETY: up to its NUL it may be read.
    let length = (0..)
        .take_while(|&at| unsafe { *text.add(at) } != 0)
        .count();
    // SAFETY: the units before its NUL.
    unsafe { std::slice::from_raw_parts(text, length) }.to_vec()
}

/// A copy of a list, without the NUL that ends it.
///
/// # Safety
/// It is null, or texts with a NUL each and one more at the end.
unsafe fn list_at(list: *const u16) -> Wide {
    let mut copy = Wide::new();
    if list.is_null() {
        return copy;
    }
    loop {
        // SAFETY: within the list, which ends with an empty text.
        let text = unsafe { text_at(list.add(copy.len())) };
        if text.is_empty() {
            return copy;
        }
        copy.extend(text);
        copy.push(0);
    }
}
