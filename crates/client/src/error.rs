//! Why a request has no result.

use fslaunch_protocol::escape::line;
use fslaunch_protocol::varlink::{Method, TooLarge};
use fslaunch_protocol::winfsp::Unencodable;
use std::io;
use std::path::{Path, PathBuf};

/// Why a request has no result. The text leaves out the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens.
    #[error("no launcher listens on {} (is fslaunchd running?)", .address.display())]
    NotRunning {
        /// Where it was looked for.
        address: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let the caller connect.
    #[error("you may not connect to the launcher on {}", .address.display())]
    NotAllowed {
        /// Where it listens.
        address: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It listens and takes no connection in time.
    #[error("the launcher on {} is too busy to answer", .address.display())]
    Busy {
        /// Where it listens.
        address: PathBuf,
    },
    /// Any other failure to connect.
    #[error("failed to connect to {}", .address.display())]
    Connect {
        /// Where to.
        address: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The launcher runs as somebody who could keep the secret.
    #[error("the secret was not sent: the launcher belongs to {}, neither to the system nor to you", line(.name))]
    SecretWithheld {
        /// The account that the launcher runs as.
        name: String,
    },
    /// The connection ended without an answer.
    #[error("the launcher closed the connection before it answered")]
    Closed,
    /// The answer did not come in the time that was set.
    #[error("the launcher did not answer in time")]
    TimedOut,
    /// Sending or receiving failed.
    #[error("failed to {act} the launcher")]
    Io {
        /// What was being done, such as `send to`.
        act: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The answer is longer than a client reads.
    #[error("the launcher's answer has more than {limit} bytes")]
    AnswerTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The original launcher's messages have no such request.
    #[error("the launcher can't be asked that")]
    Unsendable(#[source] Unencodable),
    /// What came is no answer to the request.
    #[error("the launcher's answer to {} can't be read: {reason}", .method.name())]
    Malformed {
        /// What was called.
        method: Method,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The launcher's answer is an error, or the request is one that no
    /// launcher would take.
    #[error(transparent)]
    Launcher(#[from] fslaunch_protocol::Error),
}

impl Error {
    /// The Win32 code: the launcher's, or what the system would say of a pipe.
    pub fn win32(&self) -> u32 {
        match self {
            Self::NotRunning { .. } | Self::Connect { .. } => 2, // ERROR_FILE_NOT_FOUND
            Self::NotAllowed { .. } | Self::SecretWithheld { .. } => 5, // ERROR_ACCESS_DENIED
            Self::Malformed { .. } | Self::AnswerTooLarge { .. } => 13, // ERROR_INVALID_DATA
            Self::Unsendable(_) => 50,                           // ERROR_NOT_SUPPORTED
            Self::Closed | Self::Io { .. } => 109,               // ERROR_BROKEN_PIPE
            Self::Busy { .. } => 231,                            // ERROR_PIPE_BUSY
            Self::TimedOut => 1460,                              // ERROR_TIMEOUT
            Self::Launcher(error) => error.win32(),
        }
    }

    pub(crate) fn connecting(address: &Path, source: io::Error) -> Self {
        let address = address.to_owned();
        // The kinds that matter; the system may always have others.
        #[expect(clippy::wildcard_enum_match_arm)]
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Self::NotRunning { address, source }
            }
            io::ErrorKind::PermissionDenied => Self::NotAllowed { address, source },
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Busy { address },
            _ => Self::Connect { address, source },
        }
    }

    pub(crate) fn talking(act: &'static str, source: io::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm)]
        match source.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted => Self::Closed,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io { act, source },
        }
    }
}

impl From<TooLarge> for Error {
    fn from(error: TooLarge) -> Self {
        Self::AnswerTooLarge { limit: error.limit }
    }
}
