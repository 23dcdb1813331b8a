//! One message to the launcher, and its answer.

use std::path::PathBuf;
use std::time::Duration;

use fslaunch_client::{Error, Launcher};
use fslaunch_os::{dial, environment};
use fslaunch_protocol::winfsp::{self, Message, Rejected};
use zeroize::Zeroizing;

use crate::message::Command;
use crate::status::Status;

/// How long a launcher may take. A start with a secret is answered when the
/// file system has answered to the secret, for which each class has its time.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET_PATIENCE: Duration = Duration::from_secs(600);

/// Sends the message and gets the answer.
///
/// # Errors
/// There is no launcher, it is not one to be trusted, or it gives no answer.
pub(crate) fn talk(
    command: Command,
    message: &[u8],
    may_impersonate: bool,
) -> Result<Zeroizing<Vec<u8>>, Status> {
    match pipe() {
        Some(pipe) => {
            let patience = match command {
                Command::START_WITH_SECRET => SECRET_PATIENCE,
                _ => PATIENCE,
            };
            dial::call(&pipe, message, may_impersonate, patience)
                .map_err(|error| Status::from_error(&error))
        }
        // All that follows is left out of the library there.
        None if dial::TAKES_MESSAGES => Err(Status::OBJECT_NAME_NOT_FOUND),
        None => {
            let socket = socket().ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
            translated(message, |request| Launcher::connect(&socket)?.ask(request))
        }
    }
}

/// Where the launcher takes messages, on a system where it does.
fn pipe() -> Option<PathBuf> {
    #[cfg(feature = "test-seams")]
    if let Some(pipe) = std::env::var_os("FSLAUNCH_TEST_PIPE") {
        return Some(pipe.into());
    }
    dial::messages_address()
}

/// Where the launcher listens that serves the program by default. One that
/// runs with more rights than its caller is served by the system's alone.
fn socket() -> Option<PathBuf> {
    let chosen = environment::choice("FSLAUNCH_SOCKET").map(PathBuf::from);
    let default = || {
        let system = environment::has_more_rights_than_its_caller() || dial::is_system_default();
        dial::default_address(!system).ok()
    };
    chosen.or_else(default)
}

/// Asks a launcher that does not speak messages what a message asks, and
/// gives its answer as a message.
fn translated(
    message: &[u8],
    ask: impl FnOnce(&fslaunch_protocol::Request) -> Result<fslaunch_protocol::Reply, Error>,
) -> Result<Zeroizing<Vec<u8>>, Status> {
    let request = match winfsp::decode(message) {
        Ok(Message::Request(request)) => request,
        // Drive letters are a matter of Windows.
        Ok(Message::Drive(_)) => return Err(Status::NOT_SUPPORTED),
        Err(Rejected::Length(_)) => return Err(Status::INVALID_PARAMETER),
        // What the launcher of the pipe would answer.
        Err(Rejected::Malformed(error)) => return Ok(winfsp::encode_error(&error)),
    };
    match ask(&request) {
        Ok(reply) => Ok(winfsp::encode_reply(&reply)),
        Err(Error::Launcher(error)) => Ok(winfsp::encode_error(&error)),
        Err(error) => Err(Status::from_win32(error.win32())),
    }
}

#[cfg(test)]
mod tests {
    use fslaunch_protocol::{Reply, Request, Target};

    use super::*;

    fn message(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_message_is_asked_as_the_request_that_it_is() {
        let answer = translated(&message("Ta\0b\0"), |request| {
            assert_eq!(*request, Request::Stop(Target::new("a", "b")));
            Ok(Reply::Stopped)
        });
        assert_eq!(**answer.unwrap(), *message("$"));
    }

    #[test]
    fn the_launchers_error_is_an_answer_and_its_silence_is_a_status() {
        let class = || "a".to_owned();
        let refused = translated(&message("Ta\0b\0"), |_| {
            Err(fslaunch_protocol::Error::ClassNotFound { class: class() }.into())
        });
        assert_eq!(**refused.unwrap(), *message("!2\0"));
        let silent = translated(&message("L"), |_| Err(Error::Closed));
        assert_eq!(silent, Err(Status::from_win32(109)));
    }

    #[test]
    fn what_is_no_request_is_not_asked() {
        let never = |_: &Request| panic!("it asked");
        assert_eq!(
            translated(&message("D-X:\0"), never),
            Err(Status::NOT_SUPPORTED)
        );
        assert_eq!(
            **translated(&message("Q"), never).unwrap(),
            *message("!87\0")
        );
    }
}
