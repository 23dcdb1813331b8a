//! Adding a connection: from a name to an instance whose root opens
//! (network provider specification, "Add connection").

use std::time::Duration;

use fslaunch_protocol::winfsp::{self, Answer};

use crate::class::{Class, Needs};
use crate::connections::{self, Place};
use crate::credentials::Credentials;
use crate::failure::{Failure, code};
use crate::name::{Drive, RemoteName};
use crate::world::World;
use crate::{ready, refusal};

/// How long the launcher may take, besides what the process may take to answer
/// to its secret.
const PATIENCE: Duration = Duration::from_secs(60);

const PRINTER: u32 = 2;
/// Any kind of resource, which a printer is none of.
const ANY: u32 = 0;

/// What is asked for, as the caller has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// The type of the resource: bits.
    pub(crate) kind: u32,
    pub(crate) local: String,
    pub(crate) remote: String,
    pub(crate) credentials: Credentials,
}

/// What is asked for, understood.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) name: RemoteName,
    /// The remote name as it was given: credentials are kept under it.
    pub(crate) given: String,
    pub(crate) drive: Option<Drive>,
    pub(crate) class: Class,
}

/// What a look at a wish says.
#[derive(Debug)]
pub(crate) enum Look {
    Ours(Box<Wanted>),
    /// There is nothing to do: it is there already.
    Done,
}

/// Adds a connection with the credentials that are given or remembered.
///
/// # Errors
/// What the specification says.
pub(crate) fn connect(world: &mut impl World, wish: &Wish) -> Result<(), Failure> {
    match look(world, wish)? {
        Look::Done => Ok(()),
        Look::Ours(wanted) => attempt(world, &wanted, &wish.credentials),
    }
}

/// Steps 1 and 2. For names that are not ours this asks the registry and,
/// where no drive is asked for, the driver for its volumes.
pub(crate) fn look(world: &mut impl World, wish: &Wish) -> Result<Look, Failure> {
    if wish.kind != ANY && wish.kind & PRINTER != 0 {
        return Err(Failure::Plain(code::BAD_VALUE));
    }
    let name = RemoteName::parse(&wish.remote).ok_or(Failure::Plain(code::BAD_NET_NAME))?;
    let drive = match wish.local.as_str() {
        "" => None,
        local => Some(Drive::parse(local).ok_or(Failure::Plain(code::BAD_LOCAL_NAME))?),
    };
    if drive.is_some_and(|drive| world.is_in_use(drive)) {
        return Err(Failure::Plain(code::ALREADY_ASSIGNED));
    }
    let class = match name.may_be_ours() {
        true => world.class(&name).filter(Class::is_for_us),
        false => None,
    };
    let Some(class) = class else {
        return match drive {
            None if connections::is_live_volume(world, &name) => Ok(Look::Done),
            Some(_) | None => Err(Failure::NOT_OURS),
        };
    };
    Ok(Look::Ours(Box::new(Wanted {
        name,
        given: wish.remote.clone(),
        drive,
        class,
    })))
}

/// Steps 3 to 6.
pub(crate) fn attempt(
    world: &mut impl World,
    wanted: &Wanted,
    given: &Credentials,
) -> Result<(), Failure> {
    let credentials = complete(world, wanted, given)?;
    let message = message(wanted, &credentials)?;
    let lend = wanted.class.runs_as_caller;
    let patience = PATIENCE + wanted.class.secret_timeout;
    let reply = match world.say(&message, lend, patience) {
        Ok(reply) => reply,
        Err(_) if is_there_already(world, wanted) => return Ok(()),
        Err(why) => return Err(refusal::unsaid(why)),
    };
    match winfsp::decode_reply(&reply) {
        Ok(Answer::Success(_)) => ready::wait(world, wanted),
        Ok(Answer::Failure(code::ACCESS_DENIED)) => Err(Failure::DENIED),
        Ok(Answer::Failure(ALREADY_EXISTS)) => running_already(world, wanted),
        Ok(Answer::Failure(error)) => {
            let is_there = error != 2 || world.is_there(&wanted.class.executable);
            let Wanted { name, class, .. } = wanted;
            Err(refusal::of_start(name, class, is_there, error))
        }
        Err(_) => Err(refusal::nonsense()),
    }
}

const ALREADY_EXISTS: u32 = 183;

/// Nobody answers, but what was asked for is there.
fn is_there_already(world: &mut impl World, wanted: &Wanted) -> bool {
    wanted.drive.is_none() && connections::is_live_volume(world, &wanted.name)
}

/// Step 3: what the class needs, given or remembered.
fn complete(
    world: &mut impl World,
    wanted: &Wanted,
    given: &Credentials,
) -> Result<Credentials, Failure> {
    let needs = wanted.class.needs;
    if given.are_enough_for(needs) {
        return Ok(given.clone());
    }
    let fits = |stored: &Credentials| stored.are_of(&given.user) && stored.are_enough_for(needs);
    let full = wanted.name.to_string();
    let stored = world.remembered(&wanted.given).filter(fits);
    let stored = match stored {
        // Kept by somebody who left out the backslashes at the end.
        None if full != wanted.given => world.remembered(&full).filter(fits),
        stored => stored,
    };
    stored.ok_or(Failure::DENIED)
}

/// Step 4: the start request.
fn message(
    wanted: &Wanted,
    credentials: &Credentials,
) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    const START: u16 = b'S' as u16;
    const START_WITH_SECRET: u16 = b'X' as u16;
    let wide = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let drive = wanted.drive.map(|drive| drive.to_string());
    let mut plain = vec![
        wide(&wanted.name.class),
        wide(&wanted.name.instance),
        wide(&wanted.name.argument()),
        wide(drive.as_deref().unwrap_or_default()),
    ];
    if wanted.class.needs == Needs::UserAndPassword {
        plain.push(wide(&credentials.user));
    }
    let mut parts: Vec<&[u16]> = plain.iter().map(Vec::as_slice).collect();
    let command = match wanted.class.needs {
        Needs::Nothing => START,
        Needs::Password | Needs::UserAndPassword => {
            parts.push(&credentials.password);
            START_WITH_SECRET
        }
    };
    let too_long = |_| {
        let words = format!("name and password of {} are too long together", wanted.name);
        Failure::words(122, &words)
    };
    winfsp::encode_parts(command, &parts).map_err(too_long)
}

/// Step 5: it runs. That is success if it is what was asked for.
fn running_already(world: &mut impl World, wanted: &Wanted) -> Result<(), Failure> {
    let Some(drive) = wanted.drive else {
        return Ok(());
    };
    let name = &wanted.name;
    match connections::place(world, name, drive) {
        // Somebody else may have asked for it a moment ago.
        Place::Here => ready::wait(world, wanted),
        Place::Elsewhere(other) => {
            let words = format!("{name} is drive {other} already: disconnect that first");
            Err(Failure::words(ALREADY_EXISTS, &words))
        }
        Place::Nowhere => {
            let words =
                format!("{name} is connected already, without a drive letter or not by you");
            Err(Failure::words(ALREADY_EXISTS, &words))
        }
    }
}

#[cfg(test)]
mod tests;
