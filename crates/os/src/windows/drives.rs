//! Global drive letters that file systems ask for (launcher specification, section 3; security
//! specification, rule 5 of what callers may never make the launcher do).
//!
//! A file system that runs as a service, but not as LocalSystem, can make letters for its own
//! session only. The launcher makes the global one for it.

mod link;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use fslaunch_access::Sid;
use fslaunch_protocol::Error;

use super::{peer::Peer, process};

/// Why a letter is not defined or removed.
pub type DriveError = Error;

/// The letters that were defined, and for whom.
#[derive(Debug, Default)]
pub struct Drives {
    defined: Mutex<HashMap<char, Definition>>,
}

/// A letter that was defined.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Definition {
    user: Sid,
    target: String,
    /// The process that asked for it, if the system told.
    client: Option<Client>,
}

/// A process: its ID may be another's later, with another time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Client {
    pid: u32,
    start_time: u64,
}

impl Client {
    fn of(pid: u32) -> Option<Client> {
        let start_time = process::start_time(pid).ok().flatten()?;
        Some(Client { pid, start_time })
    }
}

impl Drives {
    /// None yet.
    pub fn new() -> Drives {
        Drives::default()
    }

    /// Defines a letter as a link to an NT path, for the process `client` of the caller, if that
    /// is known. The caller's user may delete the link.
    ///
    /// # Errors
    /// The caller may not, the letter is taken, the target is not one, or the system refuses.
    pub fn define(
        &self,
        peer: &Peer,
        client: Option<u32>,
        letter: char,
        target: &str,
    ) -> Result<(), DriveError> {
        let mut defined = self.defined.lock().unwrap_or_else(PoisonError::into_inner);
        let there = link::target(letter).map_err(|error| failed(letter, &error))?;
        let caller = caller(peer).map_err(|error| failed(letter, &error))?;
        may_define(&caller, letter, target, there.as_deref()).map_err(Error::from)?;
        link::define(letter, target).map_err(|error| failed(letter, &error))?;
        if let Err(error) = link::let_delete(letter, peer.sid()) {
            // Nobody but us could remove it.
            let _ = link::remove(letter, target);
            return Err(failed(letter, &error));
        }
        let (user, target) = (*peer.sid(), target.to_owned());
        let defining = Definition {
            user,
            target,
            client: client.and_then(Client::of),
        };
        defined.insert(letter, defining);
        Ok(())
    }

    /// Removes a letter that the same user defined; with a target, only if it leads there.
    ///
    /// # Errors
    /// The caller may not, somebody else defined the letter, or the system refuses.
    pub fn remove(
        &self,
        peer: &Peer,
        letter: char,
        target: Option<&str>,
    ) -> Result<(), DriveError> {
        let mut defined = self.defined.lock().unwrap_or_else(PoisonError::into_inner);
        let there = link::target(letter).map_err(|error| failed(letter, &error))?;
        let ours = defined.get(&letter);
        let caller = caller(peer).map_err(|error| failed(letter, &error))?;
        let may = may_remove(&caller, letter, target, ours, there.as_deref());
        if may == Err(Refused::Gone(letter)) {
            // It was removed, or leads elsewhere now: it is not ours any more.
            defined.remove(&letter);
        }
        let target = may.map_err(Error::from)?;
        link::remove(letter, &target).map_err(|error| failed(letter, &error))?;
        defined.remove(&letter);
        Ok(())
    }

    /// Removes the letters that an instance's process had defined and has left: it has ended, so
    /// what they lead to is gone.
    pub fn clear_after(&self, pid: u32, start_time: u64) {
        let ended = Client { pid, start_time };
        let mut defined = self.defined.lock().unwrap_or_else(PoisonError::into_inner);
        for (letter, ours) in defined.extract_if(|_, ours| ours.client == Some(ended)) {
            let removed = match link::target(letter) {
                Ok(there) if is_left(&ours, there.as_deref()) => link::remove(letter, &ours.target),
                other => other.map(drop),
            };
            match removed {
                Ok(()) => tracing::debug!(%letter, pid, "no drive letter is left of a process"),
                Err(error) => {
                    tracing::warn!(%letter, pid, %error, "failed to remove a drive letter");
                }
            }
        }
    }
}

/// Whether a letter still is what it was defined as; another's is not ours to remove.
fn is_left(ours: &Definition, there: Option<&str>) -> bool {
    there.is_some_and(|there| there.eq_ignore_ascii_case(&ours.target))
}

/// What is decided by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Caller {
    user: Sid,
    is_system: bool,
    session: u32,
    is_service: bool,
}

fn caller(peer: &Peer) -> std::io::Result<Caller> {
    Ok(Caller {
        user: *peer.sid(),
        is_system: peer.is_system(),
        session: peer.session()?,
        is_service: peer.is_service(),
    })
}

impl Caller {
    fn may_ask(&self) -> bool {
        self.is_system || (self.session == 0 && self.is_service)
    }
}

/// Why a letter is neither defined nor removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    NotALetter,
    NotATarget,
    NotAService(char),
    Taken(char),
    NotYours(char),
    Gone(char),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let drive = |letter: char| format!("{letter}:");
        let malformed = |reason: &str| Error::MalformedRequest {
            reason: reason.to_owned(),
        };
        let denied = |letter, reason: &str| Error::MountPointRefused {
            mount_point: drive(letter),
            reason: reason.to_owned(),
        };
        match refused {
            Refused::NotALetter => malformed("its drive letter is not one of A to Z"),
            Refused::NotATarget => malformed(r"its target is no path under \Device\"),
            Refused::NotAService(letter) => denied(
                letter,
                "only services and the system may define letters for all",
            ),
            Refused::Taken(letter) => Error::MountPointBusy {
                mount_point: drive(letter),
                reason: "the letter is taken".to_owned(),
            },
            Refused::NotYours(letter) => denied(
                letter,
                "the letter was not defined by you through the launcher",
            ),
            Refused::Gone(letter) => denied(
                letter,
                "the letter does not lead where you defined it to any more",
            ),
        }
    }
}

/// Longest target, in UTF-16 units: longer than any device's name, and within any buffer.
const TARGET_UNITS: usize = 512;

/// Decides about `+`; `there` is where the letter leads already.
fn may_define(
    caller: &Caller,
    letter: char,
    target: &str,
    there: Option<&str>,
) -> Result<(), Refused> {
    if !letter.is_ascii_uppercase() {
        return Err(Refused::NotALetter);
    }
    if !caller.may_ask() {
        return Err(Refused::NotAService(letter));
    }
    if !is_device(target) {
        return Err(Refused::NotATarget);
    }
    match there {
        Some(_) => Err(Refused::Taken(letter)),
        None => Ok(()),
    }
}

/// Decides about `-`, and gives the exact target that is to be removed.
fn may_remove(
    caller: &Caller,
    letter: char,
    target: Option<&str>,
    ours: Option<&Definition>,
    there: Option<&str>,
) -> Result<String, Refused> {
    if !letter.is_ascii_uppercase() {
        return Err(Refused::NotALetter);
    }
    if !caller.may_ask() {
        return Err(Refused::NotAService(letter));
    }
    let ours = ours
        .filter(|ours| ours.user == caller.user)
        .ok_or(Refused::NotYours(letter))?;
    let same = |target: &str| target.eq_ignore_ascii_case(&ours.target);
    if !is_left(ours, there) {
        return Err(Refused::Gone(letter));
    }
    match target {
        Some(target) if !same(target) => Err(Refused::NotYours(letter)),
        Some(_) | None => Ok(ours.target.clone()),
    }
}

/// A device's name, with nothing in it that would lead out of the folder of devices.
fn is_device(target: &str) -> bool {
    let (folder, name) = target
        .split_at_checked(r"\Device\".len())
        .unwrap_or_default();
    folder.eq_ignore_ascii_case(r"\Device\")
        && !name.is_empty()
        && name
            .split('\\')
            .all(|part| !matches!(part, "" | "." | ".."))
        && !name.contains(char::is_control)
        && target.encode_utf16().count() <= TARGET_UNITS
}

fn failed(letter: char, error: &std::io::Error) -> Error {
    Error::MountPointRefused {
        mount_point: format!("{letter}:"),
        reason: format!("the system refuses it: {error}"),
    }
}

#[cfg(test)]
mod tests;
