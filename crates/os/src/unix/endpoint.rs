//! The Unix stream socket that callers connect to.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Read, Write},
    os::{
        fd::AsFd,
        unix::{
            fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
            net::UnixStream as StdStream,
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::FlockOperation,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
};
use tokio::net::UnixListener;

use super::{
    peer::{Identities, Peer},
    sockopt,
};

pub use super::stream::Stream;

/// As many as the system allows (`net.core.somaxconn`) may wait to be accepted.
const BACKLOG: i32 = i32::MAX;

/// A listening endpoint. Its socket file is removed when it is dropped.
#[derive(Debug)]
pub struct Endpoint {
    listener: UnixListener,
    identities: Identities,
    /// No descriptor ever comes in with a connection.
    fenced: bool,
    owned: Option<Owned>,
}

/// A socket file that is ours, and the lock that says so.
#[derive(Debug)]
struct Owned {
    path: PathBuf,
    lock: Lock,
}

/// Keeps other daemons from the endpoint, until it is dropped.
#[derive(Debug)]
pub struct Lock(Option<File>);

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Another launcher listens there.
    #[error("{path} is in use by {holder}", path = path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
        /// Who has it, in words.
        holder: String,
    },
    /// Something else is there, and was left alone.
    #[error("{path} is not a socket", path = path.display())]
    NotASocket {
        /// What was found.
        path: PathBuf,
    },
    /// Others could replace the socket.
    #[error("the folder {path} {reason}", path = path.display())]
    Folder {
        /// The folder of the socket.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system refused.
    #[error("failed to {act} {path}", path = path.display())]
    Io {
        /// What was being done.
        act: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Endpoint {
    /// Listens on a socket at `path`, which everybody may connect to. A socket
    /// that nobody listens on is replaced. The folder is made if missing.
    ///
    /// # Errors
    /// Another launcher has the socket, something else is there, or the folder
    /// is not safe.
    pub fn bind(path: &Path, identities: Identities) -> Result<Endpoint, EndpointError> {
        let folder = match path.parent() {
            Some(folder) if path.is_absolute() => folder,
            Some(_) | None => {
                let source = io::Error::new(io::ErrorKind::InvalidInput, "not an absolute path");
                return Err(failed("listen on", path)(source));
            }
        };
        prepare_folder(folder)?;
        let lock = take_lock(path)?;
        clear_stale(path)?;
        let (listener, fenced) = listen(path).map_err(failed("listen on", path))?;
        let mode = Permissions::from_mode(0o666);
        fs::set_permissions(path, mode).map_err(failed("open to everybody", path))?;
        let owned = Some(Owned {
            path: path.into(),
            lock: Lock(Some(lock)),
        });
        Ok(Endpoint {
            listener,
            identities,
            fenced,
            owned,
        })
    }

    /// Takes over a listening socket from the service manager.
    ///
    /// # Errors
    /// The descriptor is not a listening Unix stream socket.
    pub fn inherited(
        listener: std::os::unix::net::UnixListener,
        identities: Identities,
    ) -> io::Result<Endpoint> {
        if !rustix::net::sockopt::socket_acceptconn(&listener)? {
            let words = "the socket of the service manager does not listen";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        listener.set_nonblocking(true)?;
        sockopt::refuse_descriptors(listener.as_fd())?;
        let listener = UnixListener::from_std(listener)?;
        Ok(Endpoint {
            listener,
            identities,
            // Those who connected before may have sent some already.
            fenced: false,
            owned: None,
        })
    }

    /// Listens no more, and still keeps other daemons away.
    pub fn close(mut self) -> Lock {
        match &mut self.owned {
            Some(owned) => Lock(owned.lock.0.take()),
            None => Lock(None),
        }
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// The system's; none of them is a reason to stop listening.
    pub async fn accept(&self) -> io::Result<Stream> {
        let (stream, _) = self.listener.accept().await?;
        Ok(Stream::new(stream, self.fenced))
    }

    /// Who has connected.
    ///
    /// # Errors
    /// As [`Peer::of`].
    pub fn peer(&self, stream: &Stream) -> io::Result<Peer> {
        Peer::of(stream, &self.identities)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // The lock file stays: removing it would let two daemons each lock one.
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens at `path`. Descriptors are kept out before anybody can connect; returns whether the
/// kernel does that.
fn listen(path: &Path) -> io::Result<(UnixListener, bool)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let fenced = sockopt::refuse_descriptors(socket.as_fd())?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok((UnixListener::from_std(socket.into())?, fenced))
}

fn failed<'a>(act: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> EndpointError + 'a {
    move |source| EndpointError::Io {
        act,
        path: path.into(),
        source,
    }
}

fn prepare_folder(folder: &Path) -> Result<(), EndpointError> {
    let exists = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
    match DirBuilder::new().mode(0o755).create(folder) {
        // The umask does not matter to a folder that everybody must reach.
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o755))
            .map_err(failed("open to everybody", folder))?,
        Err(error) if exists(&error) => {}
        Err(error) => return Err(failed("make the folder", folder)(error)),
    }
    let found = fs::symlink_metadata(folder).map_err(failed("look at", folder))?;
    let own = rustix::process::geteuid().as_raw();
    let reason = if !found.is_dir() {
        "is not a folder".to_owned()
    } else if found.uid() != own && found.uid() != 0 {
        format!(
            "belongs to user {}, who could replace the socket",
            found.uid()
        )
    } else if found.mode() & 0o022 != 0 {
        format!(
            "may be written by others (mode {:04o})",
            found.mode() & 0o7777
        )
    } else {
        return Ok(());
    };
    Err(EndpointError::Folder {
        path: folder.into(),
        reason,
    })
}

fn lock_path(socket: &Path) -> PathBuf {
    let mut path = socket.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

fn take_lock(socket: &Path) -> Result<File, EndpointError> {
    let path = lock_path(socket);
    let mut lock = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(&path)
        .map_err(failed("open", &path))?;
    if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut pid = String::new();
        let _ = Read::take(&mut lock, 16).read_to_string(&mut pid);
        return Err(EndpointError::InUse {
            path: socket.into(),
            holder: process(pid.trim()),
        });
    }
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .map_err(failed("write", &path))?;
    Ok(lock)
}

/// Removes a socket that nobody listens on.
fn clear_stale(path: &Path) -> Result<(), EndpointError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at", path)(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(EndpointError::NotASocket { path: path.into() });
        }
        Ok(_) => {}
    }
    match StdStream::connect(path) {
        Ok(stream) => {
            let holder = match sockopt::peer_credentials(stream.as_fd()) {
                Ok(peer) => process(&peer.pid.to_string()),
                Err(_) => "another process".into(),
            };
            Err(EndpointError::InUse {
                path: path.into(),
                holder,
            })
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed("remove the stale socket", path))
        }
        Err(error) => Err(failed("connect to", path)(error)),
    }
}

/// A process in words: its ID and its name.
fn process(pid: &str) -> String {
    match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("process {pid} ({})", name.trim()),
        Err(_) => format!("process {pid}"),
    }
}

#[cfg(test)]
mod tests;
