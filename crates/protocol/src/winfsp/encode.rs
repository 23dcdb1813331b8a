//! From requests to bytes: the client's side.

use zeroize::Zeroizing;

use super::MESSAGE_BYTES;
use super::command::{DriveRequest, Message, characters as c};
use super::units::Writer;
use crate::limits::ARGUMENTS;
use crate::{Request, Start};

/// Why a request can't be sent through the WinFsp pipe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unencodable {
    /// The pipe has no such command.
    #[error("the WinFsp pipe has no request for {0}")]
    NoCommand(&'static str),
    /// The pipe's commands take arguments by position only.
    #[error("the WinFsp pipe takes no named arguments")]
    Named,
    /// More than nine, the secret among them.
    #[error("{count} arguments are too many: the WinFsp pipe takes {limit}, the secret among them")]
    TooManyArguments {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A NUL would end the part early.
    #[error("part {0} of the request has a NUL in it")]
    Nul(usize),
    /// It has more than 4096 bytes.
    #[error("the request is longer than {MESSAGE_BYTES} bytes")]
    TooLong,
}

/// Writes a request. What comes back is wiped when dropped: it may hold a
/// secret.
///
/// # Errors
/// The request is none that the pipe can carry as it is.
pub fn encode(message: &Message) -> Result<Zeroizing<Vec<u8>>, Unencodable> {
    match message {
        Message::Request(Request::Start(start)) => encode_start(start),
        Message::Request(Request::Stop(target)) => {
            text(c::STOP, &[&target.class, &target.instance])
        }
        Message::Request(Request::Info(target)) => {
            text(c::INFO, &[&target.class, &target.instance])
        }
        Message::Request(Request::List) => text(c::LIST, &[]),
        Message::Request(Request::Classes) => Err(Unencodable::NoCommand("classes")),
        Message::Request(Request::StopIdle(_)) => Err(Unencodable::NoCommand("stop if idle")),
        Message::Drive(DriveRequest::Define { letter, target }) => {
            text(c::DRIVE, &[&format!("+{letter}:"), target])
        }
        Message::Drive(DriveRequest::Remove { letter, target }) => {
            let name = format!("-{letter}:");
            let target = target.as_deref();
            let parts: Vec<&str> = [name.as_str()].into_iter().chain(target).collect();
            text(c::DRIVE, &parts)
        }
    }
}

/// Writes a command and its parts as they are: for callers whose text is
/// UTF-16 already, and need not be well-formed.
///
/// # Errors
/// A part has a NUL in it, or the request is too long.
pub fn encode_parts(command: u16, parts: &[&[u16]]) -> Result<Zeroizing<Vec<u8>>, Unencodable> {
    if let Some(at) = parts.iter().position(|part| part.contains(&0)) {
        return Err(Unencodable::Nul(at + 1));
    }
    let mut writer = Writer::new(command, MESSAGE_BYTES);
    if writer.push_all(parts.iter().map(|part| part.iter().copied())) {
        Ok(writer.into_bytes())
    } else {
        Err(Unencodable::TooLong)
    }
}

fn encode_start(start: &Start) -> Result<Zeroizing<Vec<u8>>, Unencodable> {
    let Start {
        class,
        instance,
        arguments,
        named,
        secret,
        // It answers once the process runs: there is hardly a start to cancel.
        while_connected: _,
    } = start;
    if !named.is_empty() {
        return Err(Unencodable::Named);
    }
    let count = arguments.len() + usize::from(secret.is_some());
    if count > ARGUMENTS {
        let limit = ARGUMENTS;
        return Err(Unencodable::TooManyArguments { count, limit });
    }
    let (command, secret) = match secret {
        Some(secret) => (c::START_WITH_SECRET, Some(secret.expose())),
        None => (c::START, None),
    };
    let names = [class.as_str(), instance.as_str()].into_iter();
    let arguments = arguments.iter().map(String::as_str);
    let parts: Vec<&str> = names.chain(arguments).chain(secret).collect();
    text(command, &parts)
}

fn text(command: u16, parts: &[&str]) -> Result<Zeroizing<Vec<u8>>, Unencodable> {
    if let Some(at) = parts.iter().position(|part| part.contains('\0')) {
        return Err(Unencodable::Nul(at + 1));
    }
    let mut writer = Writer::new(command, MESSAGE_BYTES);
    if writer.push(parts.iter().copied()) {
        Ok(writer.into_bytes())
    } else {
        Err(Unencodable::TooLong)
    }
}
