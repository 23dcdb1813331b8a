//! From bytes to requests: the launcher's side.

use zeroize::Zeroizing;

use super::command::{DriveRequest, Message, characters as c};
use super::{LEAST_BYTES, MESSAGE_BYTES, units};
use crate::limits::ARGUMENTS;
use crate::{Error, Request, Secret, Start, Target};

/// Why a message is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It has under 2 or over 4096 bytes: the connection ends without a reply.
    Length(usize),
    /// It is answered with this error.
    Malformed(Error),
}

/// Reads a request. Parts and NULs that nothing asks for are ignored, as known
/// clients send them; so are arguments after the ninth.
///
/// # Errors
/// [`Rejected::Length`], or [`Rejected::Malformed`] with the words of what is
/// wrong: an unknown command, a missing part, half a surrogate pair in a part
/// that counts.
pub fn decode(message: &[u8]) -> Result<Message, Rejected> {
    if !(LEAST_BYTES..=MESSAGE_BYTES).contains(&message.len()) {
        return Err(Rejected::Length(message.len()));
    }
    let units = units::units(message);
    let (&command, rest) = units.split_first().ok_or(Rejected::Length(message.len()))?;
    let mut parts = Parts::new(rest);
    let request = match command {
        c::START => Request::Start(start(&mut parts)?),
        c::START_WITH_SECRET => Request::Start(start_with_secret(&mut parts)?),
        c::STOP => Request::Stop(target(&mut parts)?),
        c::INFO => Request::Info(target(&mut parts)?),
        c::LIST => Request::List,
        c::DRIVE => return Ok(Message::Drive(drive(&mut parts)?)),
        // `Q` ends a debug build of the original, and nothing here.
        _ => return Err(malformed("its command is unknown")),
    };
    Ok(Message::Request(request))
}

/// The parts that are left, read in order.
struct Parts<'a> {
    rest: Box<dyn Iterator<Item = &'a [u16]> + 'a>,
}

impl<'a> Parts<'a> {
    fn new(units: &'a [u16]) -> Self {
        Self {
            rest: Box::new(units::parts(units)),
        }
    }

    fn optional(&mut self, what: &str) -> Result<Option<Zeroizing<String>>, Rejected> {
        let Some(units) = self.rest.next() else {
            return Ok(None);
        };
        match units::text(units) {
            Some(text) => Ok(Some(text)),
            None => Err(malformed(&format!("its {what} is not UTF-16"))),
        }
    }

    fn required(&mut self, what: &str) -> Result<String, Rejected> {
        match self.optional(what)? {
            Some(mut text) => Ok(std::mem::take(&mut *text)),
            None => Err(malformed(&format!("it has no {what}, ended by a NUL"))),
        }
    }
}

fn target(parts: &mut Parts<'_>) -> Result<Target, Rejected> {
    Ok(Target {
        class: parts.required("class name")?,
        instance: parts.required("instance name")?,
    })
}

fn start(parts: &mut Parts<'_>) -> Result<Start, Rejected> {
    let Target { class, instance } = target(parts)?;
    let arguments = arguments(parts)?;
    let plain = |mut text: Zeroizing<String>| std::mem::take(&mut *text);
    Ok(Start {
        class,
        instance,
        arguments: arguments.into_iter().map(plain).collect(),
        ..Start::default()
    })
}

fn start_with_secret(parts: &mut Parts<'_>) -> Result<Start, Rejected> {
    let Target { class, instance } = target(parts)?;
    let mut arguments = arguments(parts)?;
    let Some(secret) = arguments.pop() else {
        return Err(malformed("it has no secret, ended by a NUL"));
    };
    let plain = |mut text: Zeroizing<String>| std::mem::take(&mut *text);
    Ok(Start {
        class,
        instance,
        arguments: arguments.into_iter().map(plain).collect(),
        secret: Some(Secret::from(secret)),
        ..Start::default()
    })
}

/// At most nine: the last may be a secret, so each is wiped where it is not
/// taken.
fn arguments(parts: &mut Parts<'_>) -> Result<Vec<Zeroizing<String>>, Rejected> {
    let mut arguments = Vec::with_capacity(ARGUMENTS);
    while arguments.len() < ARGUMENTS {
        match parts.optional("argument")? {
            Some(argument) => arguments.push(argument),
            None => break,
        }
    }
    Ok(arguments)
}

fn drive(parts: &mut Parts<'_>) -> Result<DriveRequest, Rejected> {
    let name = parts.required("drive letter")?;
    let &[sign, letter @ b'A'..=b'Z', b':'] = name.as_bytes() else {
        return Err(malformed("its drive is not + or -, a letter A to Z, and :"));
    };
    let letter = char::from(letter);
    match sign {
        b'+' => Ok(DriveRequest::Define {
            letter,
            target: parts.required("target")?,
        }),
        b'-' => Ok(DriveRequest::Remove {
            letter,
            target: parts
                .optional("target")?
                .map(|mut text| std::mem::take(&mut *text)),
        }),
        _ => Err(malformed("its drive does not begin with + or -")),
    }
}

fn malformed(reason: &str) -> Rejected {
    Rejected::Malformed(Error::MalformedRequest {
        reason: reason.to_owned(),
    })
}
