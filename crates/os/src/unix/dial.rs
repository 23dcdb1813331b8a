//! The client's end of the endpoint: where the launcher listens, and a
//! connection to it.

use std::{
    env,
    io::{self, Read, Write},
    net::Shutdown,
    os::{fd::AsFd, unix::net::UnixStream},
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
use zeroize::Zeroizing;

use super::{accounts, sockopt};

/// A blocking connection to a launcher.
#[derive(Debug)]
pub struct Stream(UnixStream);

/// Who serves a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The name of its account.
    pub name: String,
    /// Whether it may have the caller's secrets: it is the system, or the
    /// caller's own.
    pub trusted: bool,
}

impl Stream {
    /// How long a read may wait; `None` is for ever.
    ///
    /// # Errors
    /// A time of zero.
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    /// Who listens at the other end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Platform behaviour
    /// On Unix: whoever made the socket listen, as the kernel has noted it.
    pub fn server(&self) -> io::Result<Server> {
        let uid = sockopt::peer_credentials(self.0.as_fd())?.uid;
        let trusted = is_trusted(uid, rustix::process::geteuid().as_raw());
        let account = accounts::user_by_uid(uid);
        let name = account.map_or_else(|| uid.to_string(), |account| account.name);
        Ok(Server { name, trusted })
    }

    /// What lets another thread hang up.
    ///
    /// # Errors
    /// There are too many open files.
    ///
    /// # Platform behaviour
    /// Only on Unix; a pipe is closed as a whole.
    pub fn hang_up(&self) -> io::Result<HangUp> {
        self.0.try_clone().map(HangUp)
    }

    /// Lets a trusted launcher act as the caller, for classes that run as who
    /// starts them. What was read or written before is over.
    ///
    /// # Errors
    /// As [`dial`].
    ///
    /// # Platform behaviour
    /// On Unix there is nothing to do: root needs nobody's leave.
    pub fn lend_identity(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says that no more will be sent, while another thread waits for an answer.
#[derive(Debug)]
pub struct HangUp(UnixStream);

impl HangUp {
    /// Says so. What is on its way still arrives, and an answer as well.
    pub fn hang_up(&self) {
        // A connection that is over needs no words.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

fn is_trusted(server: u32, own: u32) -> bool {
    server == 0 || server == own
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

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
    Ok(Stream(socket.into()))
}

/// Whether there is a place for the messages of WinFsp's clients on this system.
pub const TAKES_MESSAGES: bool = false;

/// Where the launcher of the system takes the messages of WinFsp's clients:
/// nowhere on Unix.
pub fn messages_address() -> Option<PathBuf> {
    None
}

/// Sends one of WinFsp's messages and returns the reply.
///
/// # Errors
/// On Unix always `NotFound`: there are no such messages.
pub fn call(
    _pipe: &Path,
    _message: &[u8],
    _impersonation: bool,
    _timeout: Duration,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let words = "this system has no pipes for the messages of WinFsp";
    Err(io::Error::new(io::ErrorKind::NotFound, words))
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
    fn who_hangs_up_sends_no_more_and_still_hears_the_answer() {
        let address = address("hang-up");
        let listener = UnixListener::bind(&address).unwrap();
        let mut ours = dial(&address, SHORT).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        ours.hang_up().unwrap().hang_up();
        assert_eq!(theirs.read(&mut [0; 4]).unwrap(), 0);
        assert!(ours.write_all(b"ping").is_err());
        theirs.write_all(b"pong").unwrap();
        let mut answered = [0; 4];
        ours.read_exact(&mut answered).unwrap();
        assert_eq!(&answered, b"pong");
        std::fs::remove_file(&address).unwrap();
    }

    #[test]
    fn root_and_the_callers_own_launcher_may_have_secrets_and_nobody_else() {
        assert!(is_trusted(0, 1000));
        assert!(is_trusted(1000, 1000));
        assert!(!is_trusted(1001, 1000));
        assert!(!is_trusted(1000, 0));
    }

    #[test]
    fn a_launcher_is_who_made_its_socket_listen() {
        let address = address("server");
        let _listener = UnixListener::bind(&address).unwrap();
        let server = dial(&address, SHORT).unwrap().server().unwrap();
        let own = rustix::process::geteuid().as_raw();
        let own = accounts::user_by_uid(own).map_or(own.to_string(), |account| account.name);
        let (name, trusted) = (own, true);
        assert_eq!(server, Server { name, trusted });
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
