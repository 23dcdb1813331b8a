//! Ending a connection, and saying what a drive is connected to.

use std::time::Duration;

use fslaunch_protocol::Request;
use fslaunch_protocol::winfsp::{self, Answer, Message};

use crate::connections::{self, GLANCE, target};
use crate::failure::{Failure, code};
use crate::name::{Drive, RemoteName};
use crate::world::{Fate, Unsaid, World};
use crate::{backoff, refusal};

const PATIENCE: Duration = Duration::from_secs(60);

/// How long is waited until an instance that was asked to end is gone: a class
/// has its own time for that, 5 s by default.
const GRACE: Duration = Duration::from_secs(6);

/// Ends the connection of a drive, or of a remote name.
///
/// # Errors
/// 67 for what is neither, 2250 for what is not connected.
pub(crate) fn cancel(world: &mut impl World, name: &str) -> Result<(), Failure> {
    if let Some(drive) = Drive::parse(name) {
        let name = connections::of_drive(world, drive).ok_or(Failure::NOT_CONNECTED)?;
        return stop(world, &name);
    }
    let name = RemoteName::parse(name).ok_or(Failure::Plain(code::BAD_NET_NAME))?;
    // Not ours: somebody else's name costs nothing.
    let is_ours = name.may_be_ours() && world.class(&name).is_some_and(|class| class.is_for_us());
    if !is_ours {
        return Err(Failure::NOT_CONNECTED);
    }
    stop(world, &name)
}

/// The remote name of a drive.
///
/// # Errors
/// 1200 for what is no drive, 2250 for what is not connected.
pub(crate) fn remote_name(world: &mut impl World, local: &str) -> Result<RemoteName, Failure> {
    let drive = Drive::parse(local).ok_or(Failure::Plain(code::BAD_LOCAL_NAME))?;
    connections::of_drive(world, drive).ok_or(Failure::NOT_CONNECTED)
}

/// The remote name of the drive that a path is on, and the rest of the path.
///
/// # Errors
/// As [`remote_name`].
pub(crate) fn universal(
    world: &mut impl World,
    path: &str,
) -> Result<(RemoteName, String), Failure> {
    let (drive, rest) = Drive::of_path(path).ok_or(Failure::Plain(code::BAD_LOCAL_NAME))?;
    let name = connections::of_drive(world, drive).ok_or(Failure::NOT_CONNECTED)?;
    Ok((name, rest.to_owned()))
}

fn stop(world: &mut impl World, name: &RemoteName) -> Result<(), Failure> {
    let request = Message::Request(Request::Stop(target(name)));
    // What can't be asked for can't have been started.
    let message = winfsp::encode(&request).map_err(|_| Failure::NOT_CONNECTED)?;
    let reply = match world.say(&message, false, PATIENCE) {
        Ok(reply) => reply,
        // Without a launcher nothing of its is connected.
        Err(Unsaid::NoLauncher) if !connections::is_live_volume(world, name) => {
            return Err(Failure::NOT_CONNECTED);
        }
        Err(why) => return Err(refusal::unsaid(why)),
    };
    match winfsp::decode_reply(&reply) {
        Ok(Answer::Success(_)) => {
            settle(world, name);
            Ok(())
        }
        Ok(Answer::Failure(2)) => Err(Failure::NOT_CONNECTED),
        Ok(Answer::Failure(code::ACCESS_DENIED)) => Err(Failure::DENIED),
        Ok(Answer::Failure(error)) => Err(refusal::of_stop(name, error)),
        Err(_) => Err(refusal::nonsense()),
    }
}

/// Waits until it is gone, so that drive and name are free again when the call
/// returns. It was asked to end either way.
fn settle(world: &mut impl World, name: &RemoteName) {
    let end = world.now() + GRACE;
    for pause in backoff::pauses() {
        match world.info(&target(name), GLANCE) {
            Fate::Known(info) if info.instance.state.is_live() => {}
            Fate::Known(_) | Fate::Gone | Fate::Untold => return,
        }
        if world.now() >= end {
            return;
        }
        world.sleep(pause);
    }
}

#[cfg(test)]
mod tests;
