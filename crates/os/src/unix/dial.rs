//! The client's end of the endpoint: where the launcher listens, and a
//! connection to it.

use std::{
    env, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    io::Errno,
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};

/// A blocking connection to a launcher.
pub type Stream = UnixStream;

/// Where the launcher of the system listens.
pub const SYSTEM: &str = "/run/fslaunch/org.fslaunch.Launcher";

const NAME: &str = "fslaunch/org.fslaunch.Launcher";

/// Connects to the launcher that listens at `address`.
///
/// Waits at most `patience` for a launcher whose queue of connections is
/// full. The same time bounds each later write, so that a launcher which
/// stopped reading holds up nobody; reads wait for ever.
///
/// # Errors
/// What the system says: `NotFound` or `ConnectionRefused` if nobody listens,
/// `PermissionDenied`, or `WouldBlock` if the time is over.
///
/// # Platform behaviour
/// On Unix the address is the path of a stream socket.
pub fn dial(address: &Path, patience: Duration) -> io::Result<Stream> {
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    // Linux waits as long as a send may take for room in the listener's queue.
    set_socket_timeout(&socket, Timeout::Send, Some(patience))?;
    let address = SocketAddrUnix::new(address)?;
    loop {
        match connect(&socket, &address) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    }
    Ok(socket.into())
}

/// Where the launcher of the system, or of the current user, listens unless
/// told otherwise.
///
/// # Errors
/// The user has no runtime folder: neither `XDG_RUNTIME_DIR` nor
/// `/run/user/<uid>`.
pub fn default_address(user_mode: bool) -> io::Result<PathBuf> {
    if user_mode {
        Ok(runtime_folder()?.join(NAME))
    } else {
        Ok(SYSTEM.into())
    }
}

/// Whether the caller is served by the system's launcher unless told
/// otherwise: root always, others if they have no launcher of their own.
pub fn is_system_default() -> bool {
    let own = || default_address(true).is_ok_and(|address| address.exists());
    is_administrator() || !own()
}

/// Whether the caller is an administrator of the system: root.
pub fn is_administrator() -> bool {
    rustix::process::geteuid().is_root()
}

fn runtime_folder() -> io::Result<PathBuf> {
    if let Some(folder) = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
        && folder.is_absolute()
    {
        return Ok(folder);
    }
    let folder = PathBuf::from(format!("/run/user/{}", rustix::process::getuid().as_raw()));
    if folder.is_dir() {
        return Ok(folder);
    }
    let words = format!(
        "no runtime folder of the user: XDG_RUNTIME_DIR is not set, and there is no {}",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        os::unix::net::UnixListener,
        time::Instant,
    };

    const SHORT: Duration = Duration::from_millis(50);

    fn address(name: &str) -> PathBuf {
        let address = env::temp_dir().join(format!("dial-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&address);
        address
    }

    #[test]
    fn the_systems_launcher_has_one_address() {
        let address = default_address(false).unwrap();
        assert_eq!(address, Path::new("/run/fslaunch/org.fslaunch.Launcher"));
    }

    #[test]
    fn a_connection_carries_bytes_both_ways() {
        let address = address("bytes");
        let listener = UnixListener::bind(&address).unwrap();
        let mut ours = dial(&address, SHORT).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        ours.write_all(b"ping").unwrap();
        theirs.write_all(b"pong").unwrap();
        let (mut heard, mut answered) = ([0; 4], [0; 4]);
        theirs.read_exact(&mut heard).unwrap();
        ours.read_exact(&mut answered).unwrap();
        assert_eq!((&heard, &answered), (b"ping", b"pong"));
        std::fs::remove_file(&address).unwrap();
    }

    #[test]
    fn nobody_there_is_told_at_once() {
        let address = address("nobody");
        let kind = |address: &Path| dial(address, SHORT).unwrap_err().kind();
        assert_eq!(kind(&address), io::ErrorKind::NotFound);
        drop(UnixListener::bind(&address).unwrap());
        assert_eq!(kind(&address), io::ErrorKind::ConnectionRefused);
        std::fs::remove_file(&address).unwrap();
    }

    #[test]
    fn a_launcher_that_accepts_nobody_is_waited_for_only_so_long() {
        let address = address("full");
        let listener = UnixListener::bind(&address).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let _first = dial(&address, SHORT).unwrap();
        let begun = Instant::now();
        let refused = dial(&address, SHORT).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::fs::remove_file(&address).unwrap();
    }

    #[test]
    fn a_path_longer_than_a_socket_address_is_an_error() {
        let address = PathBuf::from(format!("/tmp/{}", "x".repeat(200)));
        assert!(dial(&address, SHORT).is_err());
    }
}
