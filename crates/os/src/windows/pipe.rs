//! Named pipes: making instances of them with the exact descriptor, and listening.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{FromRawHandle, IntoRawHandle, OwnedHandle},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fslaunch_access::Sid;
use tokio::{
    net::windows::named_pipe::NamedPipeServer,
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::{sleep, timeout},
};
use windows_sys::Win32::{
    Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_OWNER, ERROR_PIPE_BUSY, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, PIPE_ACCESS_DUPLEX,
    },
    System::Pipes::{
        CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES, PIPE_WAIT,
    },
};

use super::{
    crowd::Crowd, descriptor::Descriptor, endpoint::EndpointError, holder, privilege, raw::wide,
};

/// Buffer of each direction, in bytes: the longest message of an existing client.
pub(super) const BUFFER: u32 = 4096;

/// Instances that wait for a client. Clients that find none have to try again.
const LISTENING: usize = 16;

/// Connections of clients that have said nothing yet, or have not read their last reply.
const CROWD: usize = 1024;

/// How long a client may take until it says the first thing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Until a new instance is tried for again.
const PAUSE: Duration = Duration::from_millis(100);

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
    pub(super) buffer: u32,
}

impl Attributes {
    /// The first instance must be the first: it fails where somebody has the name.
    pub(super) fn new(kind: Kind, first: bool) -> Self {
        let first = if first {
            FILE_FLAG_FIRST_PIPE_INSTANCE
        } else {
            0
        };
        let kind = match kind {
            Kind::Messages => PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
            Kind::Bytes => PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
        };
        Self {
            open_mode: PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
            pipe_mode: kind | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            instances: PIPE_UNLIMITED_INSTANCES,
            buffer: BUFFER,
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
struct Pipe {
    path: PathBuf,
    kind: Kind,
    descriptor: Descriptor,
}

impl Pipe {
    /// Makes the first instance.
    fn first(
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
        let with = |sddl: &str| {
            Ok(Self {
                path: path.into(),
                kind,
                descriptor: Descriptor::parse(sddl)?,
            })
        };
        let mut pipe =
            with(&sddl(owner)).map_err(|source| failed("read the descriptor of", source))?;
        let mut made = pipe.create(true);
        if is_code(&made, ERROR_INVALID_OWNER) && owner.is_none() {
            // Only LocalSystem is itself; an administrator may take another's name.
            if let Err(error) = privilege::enable(privilege::RESTORE) {
                tracing::debug!(%error, "failed to enable SeRestorePrivilege");
            }
            made = pipe.create(true);
        }
        if is_code(&made, ERROR_INVALID_OWNER) && owner.is_none() {
            tracing::warn!(
                path = %path.display(),
                "the pipe belongs to Administrators, as this account can't give it to \
                 LocalSystem: existing clients will refuse to talk to it"
            );
            pipe =
                with(ADMINISTRATORS).map_err(|source| failed("read the descriptor of", source))?;
            made = pipe.create(true);
        }
        match made {
            Ok(handle) => Ok((pipe, handle)),
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
                attributes.buffer,
                attributes.buffer,
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

    /// Makes another instance, however long that takes.
    async fn another(&self) -> NamedPipeServer {
        loop {
            match self.create(false).and_then(server) {
                Ok(server) => return server,
                Err(error) => {
                    tracing::warn!(%error, path = %self.path.display(), "failed to make an instance of the pipe");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Hands an instance to the runtime.
fn server(handle: OwnedHandle) -> io::Result<NamedPipeServer> {
    // SAFETY: the handle is the server's end of a pipe, made for overlapped I/O, and is given
    // away here.
    unsafe { NamedPipeServer::from_raw_handle(handle.into_raw_handle()) }
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

/// A pipe that clients connect to.
#[derive(Debug)]
pub(super) struct Listener {
    spoken: Mutex<mpsc::Receiver<NamedPipeServer>>,
    pipe: Arc<Pipe>,
    crowd: Arc<Crowd>,
    _listening: JoinSet<()>,
}

impl Listener {
    /// Listens, within a runtime.
    pub(super) fn bind(
        path: &Path,
        kind: Kind,
        owner: Option<&Sid>,
    ) -> Result<Self, EndpointError> {
        let (pipe, first) = Pipe::first(path, kind, owner)?;
        let failed = |source| EndpointError::Io {
            act: "listen on",
            path: path.into(),
            source,
        };
        let pipe = Arc::new(pipe);
        let crowd = Arc::new(Crowd::new(CROWD));
        let (ready, spoken) = mpsc::channel(LISTENING);
        let mut instances = vec![server(first).map_err(failed)?];
        while instances.len() < LISTENING {
            let instance = pipe.create(false).and_then(server).map_err(failed)?;
            instances.push(instance);
        }
        let mut listening = JoinSet::new();
        for instance in instances {
            listening.spawn(listen(pipe.clone(), instance, crowd.clone(), ready.clone()));
        }
        Ok(Self {
            spoken: Mutex::new(spoken),
            pipe,
            crowd,
            _listening: listening,
        })
    }

    /// Waits for a client that has said something. What it said is still to be read, and the
    /// client can be impersonated.
    pub(super) async fn accept(&self) -> io::Result<NamedPipeServer> {
        let mut spoken = self.spoken.lock().await;
        spoken
            .recv()
            .await
            .ok_or_else(|| io::Error::other("the pipe listens no more"))
    }

    /// Where connections go that are about to end.
    pub(super) fn crowd(&self) -> &Arc<Crowd> {
        &self.crowd
    }

    /// Listens no more, and keeps the name from others until what comes back is dropped.
    pub(super) fn close(self) -> Option<Lock> {
        let lock = self.pipe.create(false).ok()?;
        holder::unplug(lock, &self.pipe.path).map(Lock)
    }
}

/// An instance that nobody can connect to.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held for what its drop does")] OwnedHandle);

/// Takes one client after the other. An instance serves one client only: where it is used again
/// for the next, requests were seen to get mixed up.
async fn listen(
    pipe: Arc<Pipe>,
    mut instance: NamedPipeServer,
    crowd: Arc<Crowd>,
    ready: mpsc::Sender<NamedPipeServer>,
) {
    loop {
        let connected = instance.connect().await;
        // The next one is there before this one goes, so that clients always find one.
        let next = pipe.another().await;
        let instance = std::mem::replace(&mut instance, next);
        match connected {
            Ok(()) => crowd.admit(arrive(instance, ready.clone())),
            Err(error) => tracing::debug!(%error, "a client was gone before it was connected"),
        }
    }
}

/// Waits for the first thing that the client says. The runtime reads it ahead, into memory of
/// its own, which is what impersonation needs.
async fn arrive(instance: NamedPipeServer, ready: mpsc::Sender<NamedPipeServer>) {
    match timeout(PATIENCE, instance.readable()).await {
        Ok(Ok(())) => {
            let _ = ready.send(instance).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a client left without a word"),
        Err(_) => {
            tracing::debug!("a client said nothing");
            let _ = instance.disconnect();
        }
    }
}

#[cfg(test)]
mod tests;
