//! The launcher's two pipes.

use std::time::{Duration, Instant};

use fslaunch_protocol::varlink::{self, Flags, Frames, Method, ReplyError};
use fslaunch_protocol::winfsp::MESSAGE_BYTES;
use fslaunch_protocol::{Error, Instance, Reply, Request, Target};
use zeroize::Zeroizing;

use super::overlapped::Pipe;
use super::pipe;
use crate::world::{Fate, Said};

/// The pipe of existing clients.
const MESSAGES: &str = r"\\.\pipe\WinFsp.{14E7137D-22B4-437A-B0C1-D21D1BDF3767}";
/// The pipe of the Varlink interface.
const VARLINK: &str = r"\\.\pipe\org.fslaunch.Launcher";

/// Longest answer of the other pipe, in bytes: all instances of a machine.
const ANSWER_BYTES: usize = 16 << 20;

/// Sends a message and gives the answer. One launcher serves one message and
/// ends the conversation.
pub(super) fn say(message: &[u8], lend: bool, patience: Duration) -> Said {
    let deadline = Instant::now() + patience;
    let pipe = pipe::connect(&address(MESSAGES), lend, deadline)?;
    pipe.read_messages()?;
    pipe.write(message, deadline)?;
    let mut reply = Zeroizing::new(vec![0; MESSAGE_BYTES]);
    let length = pipe.read(&mut reply, deadline)?;
    reply.truncate(length);
    Ok(reply)
}

/// A conversation by the other pipe.
pub(super) struct Conversation {
    pipe: Pipe,
    frames: Frames,
}

/// There is no more to be had of the conversation.
pub(super) struct Over;

impl Conversation {
    /// Begins one; `None` if the launcher has no such pipe.
    pub(super) fn begin(deadline: Instant) -> Option<Conversation> {
        let name = address(VARLINK);
        Some(Conversation {
            pipe: pipe::connect(&name, false, deadline).ok()?,
            frames: Frames::new(ANSWER_BYTES),
        })
    }

    /// All that is known of an instance. That it is not told to this caller is
    /// no end of the conversation.
    pub(super) fn info(&mut self, target: &Target, deadline: Instant) -> Result<Fate, Over> {
        match self.ask(&Request::Info(target.clone()), Method::Info, deadline)? {
            Ok(Reply::Info(info)) => Ok(Fate::Known(info)),
            Err(Error::InstanceNotFound { .. }) => Ok(Fate::Gone),
            Ok(_) | Err(_) => Ok(Fate::Untold),
        }
    }

    /// The instances that the caller may know of.
    pub(super) fn instances(&mut self, deadline: Instant) -> Result<Option<Vec<Instance>>, Over> {
        match self.ask(&Request::List, Method::List, deadline)? {
            Ok(Reply::Instances(instances)) => Ok(Some(instances)),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    fn ask(
        &mut self,
        request: &Request,
        method: Method,
        deadline: Instant,
    ) -> Result<Result<Reply, Error>, Over> {
        let call = varlink::encode_call(request, Flags::default());
        self.pipe.write(&call, deadline).map_err(|_| Over)?;
        let message = self.message(deadline)?;
        match varlink::decode_reply(method, &message) {
            Ok(answer) => Ok(Ok(answer.reply)),
            Err(ReplyError::Launcher(error)) => Ok(Err(error)),
            Err(ReplyError::Malformed { .. }) => Err(Over),
        }
    }

    fn message(&mut self, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, Over> {
        let mut piece = Zeroizing::new(vec![0; 16 << 10]);
        loop {
            if let Some(message) = self.frames.take().map_err(|_| Over)? {
                return Ok(message);
            }
            let length = self.pipe.read(&mut piece, deadline).map_err(|_| Over)?;
            match piece.get(..length) {
                Some(bytes) if length > 0 => self.frames.push(bytes),
                Some(_) | None => return Err(Over),
            }
        }
    }
}

#[cfg(not(feature = "test-seams"))]
fn address(name: &str) -> String {
    name.to_owned()
}

/// For tests: a pipe that the environment names.
#[cfg(feature = "test-seams")]
fn address(name: &str) -> String {
    let variable = match name {
        MESSAGES => "FSLAUNCH_TEST_PIPE",
        _ => "FSLAUNCH_TEST_VARLINK",
    };
    super::seam::variable(variable).unwrap_or_else(|| name.to_owned())
}
