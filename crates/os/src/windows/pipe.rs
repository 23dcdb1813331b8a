//! Named pipes: making instances of them with the exact descriptor.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    path::{Path, PathBuf},
    time::Duration,
};

use fslaunch_access::Sid;
use windows_sys::Win32::{
    Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_OWNER, ERROR_PIPE_BUSY, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, PIPE_ACCESS_DUPLEX,
    },
    System::Pipes::{
        CreateNamedPipeW, DisconnectNamedPipe, PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE,
        PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES,
        PIPE_WAIT,
    },
};

use super::{descriptor::Descriptor, endpoint::EndpointError, holder, privilege, raw::wide};

/// Buffer of a direction, in bytes: the longest message of an existing client.
pub(super) const BUFFER: u32 = 4096;

/// Instances that wait for a client. Clients that find none have to try again.
pub(super) const LISTENING: usize = 16;

/// Connections of clients that have said nothing yet.
pub(super) const CROWD: usize = 1024;

/// How long a client may take until it says the first thing.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Until a new instance is tried for again.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// What a pipe carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Messages with their bounds (launcher specification, section 2).
    Messages,
    /// A stream of bytes.
    Bytes,
}

/// What an instance of a pipe is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) open_mode: u32,
    pub(super) pipe_mode: u32,
    pub(super) instances: u32,
    /// What clients write that was not read yet.
    pub(super) inbound: u32,
    /// What clients have not read yet.
    pub(super) outbound: u32,
}

impl Attributes {
    /// The first instance must be the first: it fails where somebody has the name.
    pub(super) fn new(kind: Kind, first: bool) -> Self {
        let first = if first {
            FILE_FLAG_FIRST_PIPE_INSTANCE
        } else {
            0
        };
        let (kind, outbound) = match kind {
            // Nothing is kept for a client: so a reply is written once the client has read it.
            Kind::Messages => (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 0),
            Kind::Bytes => (PIPE_TYPE_BYTE | PIPE_READMODE_BYTE, BUFFER),
        };
        Self {
            open_mode: PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
            pipe_mode: kind | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            instances: PIPE_UNLIMITED_INSTANCES,
            inbound: BUFFER,
            outbound,
        }
    }
}

/// Who may do what with the system's pipes: everybody may read, write data and attributes, but
/// not make instances. `GR` and the like stand as the specification has them.
const SYSTEM: &str = "O:SYG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRDCCR;;;WD)";

/// The same for an administrator who can't give things to LocalSystem.
const ADMINISTRATORS: &str = "O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRDCCR;;;WD)";

/// The descriptor of the system's pipes, or of those of one user.
pub(super) fn sddl(owner: Option<&Sid>) -> String {
    match owner {
        None => SYSTEM.to_owned(),
        Some(user) => format!("O:{user}G:{user}D:P(A;;GA;;;{user})"),
    }
}

/// What all instances of a pipe have in common.
#[derive(Debug)]
pub(super) struct Pipe {
    path: PathBuf,
    kind: Kind,
    descriptor: Descriptor,
}

impl Pipe {
    /// Makes the first instance.
    pub(super) fn first(
        path: &Path,
        kind: Kind,
        owner: Option<&Sid>,
    ) -> Result<(Self, OwnedHandle), EndpointError> {
        let failed = |act, source| EndpointError::Io {
            act,
            path: path.into(),
            source,
        };
        if !is_pipe_name(path) {
            return Err(EndpointError::NotAPipe { path: path.into() });
        }
        // The flag alone decides; asking first finds those that it is not enforced against.
        if holder::is_there(path) {
            return Err(in_use(path));
        }
        let make = |sddl: &str| {
            let descriptor = Descriptor::parse(sddl)?;
            let pipe = Self {
                path: path.into(),
                kind,
                descriptor,
            };
            let handle = pipe.create(true)?;
            Ok((pipe, handle))
        };
        let made = match owner {
            Some(_) => make(&sddl(owner)),
            None => of_the_system(path, make, || privilege::enable(privilege::RESTORE)),
        };
        match made {
            Ok(made) => Ok(made),
            // An instance is there already, and it is not ours.
            Err(error)
                if [ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY]
                    .contains(&(error.raw_os_error().unwrap_or(0) as u32))
                    && holder::is_there(path) =>
            {
                Err(in_use(path))
            }
            Err(source) => Err(failed("make the pipe", source)),
        }
    }

    /// Makes another instance. Clients can connect to it at once.
    pub(super) fn another(&self) -> io::Result<OwnedHandle> {
        self.create(false)
    }

    /// Keeps the name from others until what comes back is dropped; `listening` ends before.
    pub(super) fn close<T>(&self, listening: T) -> Option<Lock> {
        let lock = self.another();
        drop(listening);
        let failed = |error: &io::Error| {
            let path = self.path.display();
            tracing::warn!(%error, %path, "the name of the pipe is free while the launcher ends");
        };
        let lock = lock.inspect_err(failed).ok()?;
        holder::unplug(lock, &self.path).map(Lock)
    }

    /// Its name.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn create(&self, first: bool) -> io::Result<OwnedHandle> {
        let attributes = Attributes::new(self.kind, first);
        let security = self.descriptor.attributes();
        // SAFETY: the name ends with a NUL, and the descriptor is there for the call.
        let handle = unsafe {
            CreateNamedPipeW(
                wide(&self.path).as_ptr(),
                attributes.open_mode,
                attributes.pipe_mode,
                attributes.instances,
                attributes.outbound,
                attributes.inbound,
                0,
                &security,
            )
        };
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is ours alone from here on.
        Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
    }
}

/// Makes a pipe of the system: one of LocalSystem where that can be.
fn of_the_system<T>(
    path: &Path,
    make: impl Fn(&str) -> io::Result<T>,
    enable: impl FnOnce() -> io::Result<()>,
) -> io::Result<T> {
    let made = make(SYSTEM);
    if !is_code(&made, ERROR_INVALID_OWNER) {
        return made;
    }
    // Only LocalSystem is itself; an administrator may take another's name.
    if let Err(error) = enable() {
        tracing::debug!(%error, "failed to enable SeRestorePrivilege");
    }
    let made = make(SYSTEM);
    if !is_code(&made, ERROR_INVALID_OWNER) {
        return made;
    }
    tracing::warn!(
        path = %path.display(),
        "the pipe belongs to Administrators, as this account can't give it to LocalSystem: \
         existing clients will refuse to talk to it"
    );
    make(ADMINISTRATORS)
}

/// Ends a connection from our side: what the client has not read is lost, and it can't hold on
/// to the instance.
pub(super) fn disconnect(instance: &OwnedHandle) {
    // SAFETY: the handle is open. Who is gone already needs no more.
    unsafe { DisconnectNamedPipe(instance.as_raw_handle()) };
}

fn in_use(path: &Path) -> EndpointError {
    EndpointError::InUse {
        path: path.into(),
        holder: holder::of(path),
    }
}

fn is_code<T>(result: &io::Result<T>, code: u32) -> bool {
    let error = result.as_ref().err();
    error.is_some_and(|error| error.raw_os_error() == Some(code as i32))
}

fn is_pipe_name(path: &Path) -> bool {
    let name = path
        .to_str()
        .and_then(|path| path.strip_prefix(r"\\.\pipe\"));
    name.is_some_and(|name| !name.is_empty() && !name.contains(['\\', '\0']) && name.len() < 240)
}

/// An instance that nobody can connect to.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held for what its drop does")] OwnedHandle);

#[cfg(test)]
mod tests;
