//! The client's end of the endpoint: where the launcher listens, and a
//! connection to it.
//!
//! Anybody may make a pipe of any name that is free. So whom a pipe belongs to
//! is looked at before the launcher behind it gets a secret, or may act as the
//! caller.

mod open;
mod overlapped;
mod owner;
#[cfg(test)]
mod tests;

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use open::{Level, PipeName, open};
use overlapped::Pipe;
use owner::{is_trusted, owner};

pub use super::places::{MESSAGES, VARLINK as SYSTEM};
pub use owner::is_administrator;
#[cfg(test)]
pub(super) use owner::owner as owner_of;

/// The longest reply to a message, in bytes.
const REPLY_BYTES: usize = 4096;

/// How long a message waits for a launcher that is busy with others.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long is looked whether the user has a launcher of their own.
const GLANCE: Duration = Duration::from_secs(2);

/// A blocking connection to a launcher.
#[derive(Debug)]
pub struct Stream {
    pipe: Pipe,
    name: PipeName,
    patience: Duration,
    reads: Option<Duration>,
}

/// Says that no more will be sent: a pipe can't.
#[derive(Debug)]
pub enum HangUp {}

impl HangUp {
    /// Says so.
    pub fn hang_up(&self) {
        match *self {}
    }
}

/// Who serves a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The name of its account.
    pub name: String,
    /// Whether it may have the caller's secrets: it is the system, or the
    /// caller's own.
    pub trusted: bool,
}

impl Server {
    fn insist(self) -> io::Result<()> {
        if self.trusted {
            return Ok(());
        }
        let words = format!(
            "the pipe belongs to {}, neither to the system nor to you",
            self.name
        );
        Err(io::Error::new(io::ErrorKind::PermissionDenied, words))
    }
}

/// Connects to the launcher that listens at `address`.
///
/// Waits at most `patience` for a launcher that is busy with others. The same
/// time bounds each later write, so that a launcher which stopped reading
/// holds up nobody; reads wait for ever.
///
/// # Errors
/// What the system says: `NotFound` if nobody listens, `PermissionDenied`, or
/// `WouldBlock` if the time is over; `InvalidInput` for an address that is not
/// the name of a local pipe.
///
/// # Platform behaviour
/// On Windows the address is the name of a byte-type pipe. Its server may see
/// who the caller is, and not act as the caller. Under a name that anybody
/// would look for, the pipe of somebody else is `PermissionDenied`.
pub fn dial(address: &Path, patience: Duration) -> io::Result<Stream> {
    let name = PipeName::parse(address)?;
    let pipe = Pipe::new(open(&name, Level::Identification, deadline(patience))?)?;
    if name.is_of(SYSTEM) {
        server(&pipe, &name)?.insist()?;
    }
    Ok(Stream {
        pipe,
        name,
        patience,
        reads: None,
    })
}

impl Stream {
    /// How long a read may wait; `None` is for ever.
    ///
    /// # Errors
    /// A time of zero.
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            let words = "a time limit of zero leaves no time";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        self.reads = timeout;
        Ok(())
    }

    /// Who listens at the other end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Platform behaviour
    /// On Windows: who owns the pipe. Only its owner and those whom the owner
    /// lets can serve it.
    pub fn server(&self) -> io::Result<Server> {
        server(&self.pipe, &self.name)
    }

    /// What lets another thread hang up.
    ///
    /// # Errors
    /// Always `Unsupported`.
    ///
    /// # Platform behaviour
    /// Only on Unix; a pipe is closed as a whole.
    pub fn hang_up(&self) -> io::Result<HangUp> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Lets a trusted launcher act as the caller, for classes that run as who
    /// starts them. What was read or written before is over.
    ///
    /// # Errors
    /// As [`dial`].
    ///
    /// # Platform behaviour
    /// On Windows it connects again. The first connection is kept until the
    /// second is made, so that the pipe of that name is still the same.
    pub fn lend_identity(&mut self) -> io::Result<()> {
        if !self.server()?.trusted {
            return Ok(());
        }
        let handle = open(&self.name, Level::Impersonation, deadline(self.patience))?;
        let pipe = Pipe::new(handle)?;
        if server(&pipe, &self.name)?.trusted {
            self.pipe = pipe;
        }
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.pipe.read(into, self.reads.map(deadline)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            other => other,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.write(bytes, deadline(self.patience))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends one of WinFsp's messages and returns the reply. With `impersonation`
/// the launcher may act as the caller, which it must for a start of a class
/// that runs as the caller.
///
/// # Errors
/// As [`dial`]; `PermissionDenied`, too, if the pipe belongs neither to the
/// system nor to the caller: then nothing was sent. `TimedOut` if the reply
/// is not there in time, `BrokenPipe` if the launcher gives none, `InvalidData`
/// if it has more than 4096 bytes.
pub fn call(
    pipe: &Path,
    message: &[u8],
    impersonation: bool,
    timeout: Duration,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let deadline = deadline(timeout);
    let name = PipeName::parse(pipe)?;
    let level = match impersonation {
        true => Level::Impersonation,
        false => Level::Identification,
    };
    let connected = deadline.min(self::deadline(PATIENCE));
    let pipe = Pipe::new(open(&name, level, connected)?)?;
    server(&pipe, &name)?.insist()?;
    pipe.read_messages()?;
    pipe.write(message, deadline)?;
    let mut reply = Zeroizing::new(vec![0; REPLY_BYTES]);
    let length = pipe.read(&mut reply, Some(deadline))?;
    reply.truncate(length);
    Ok(reply)
}

/// Where the launcher of the system, or of the current user, listens unless
/// told otherwise.
///
/// # Errors
/// The system does not tell who the user is.
pub fn default_address(user_mode: bool) -> io::Result<PathBuf> {
    Ok(match user_mode {
        true => format!("{SYSTEM}.{}", owner::current_user()?).into(),
        false => SYSTEM.into(),
    })
}

/// Whether there is such a place on this system. Known when a program is built, so that what it
/// would do without is left out of it.
pub const TAKES_MESSAGES: bool = true;

/// Where the launcher of the system takes the messages of WinFsp's clients.
pub fn messages_address() -> Option<PathBuf> {
    Some(MESSAGES.into())
}

/// Whether the caller is served by the system's launcher unless told
/// otherwise: administrators always, others if they have no launcher of their
/// own. Somebody else's under that name does not count.
pub fn is_system_default() -> bool {
    let own = || dial(&default_address(true)?, GLANCE)?.server();
    is_administrator() || !own().is_ok_and(|server| server.trusted)
}

fn server(pipe: &Pipe, name: &PipeName) -> io::Result<Server> {
    let owner = owner(pipe.handle())?;
    let of_system = [SYSTEM, MESSAGES].iter().any(|system| name.is(system));
    Ok(Server {
        name: owner::account_name(&owner),
        trusted: is_trusted(&owner, &owner::current_user()?, of_system),
    })
}

/// A time that no clock reaches counts as a year.
fn deadline(from_now: Duration) -> Instant {
    let now = Instant::now();
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    now + from_now.min(year)
}
