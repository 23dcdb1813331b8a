//! What is connected: the launcher's instances, and the driver's volumes.

use std::time::Duration;

use fslaunch_protocol::winfsp::{self, Answer, Message};
use fslaunch_protocol::{Instance, Request, Target};

use crate::device;
use crate::name::{Drive, RemoteName};
use crate::world::{Fate, World};

/// How long the launcher is asked where other providers wait as well, however
/// many questions there are.
pub(crate) const GLANCE: Duration = Duration::from_secs(3);

/// A file system that is there.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) name: RemoteName,
    pub(crate) drive: Option<Drive>,
}

/// Where an instance is seen that runs already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the drive that is asked for, at once or as soon as it is ready.
    Here,
    Elsewhere(Drive),
    Nowhere,
}

pub(crate) fn target(name: &RemoteName) -> Target {
    Target::new(&name.class, &name.instance)
}

/// All that is connected, as far as the caller may know, and as far as the
/// launcher tells in time: drives that it does not tell are left out.
pub(crate) fn all(world: &mut impl World) -> Vec<Connection> {
    let glance = Glance::begin(world);
    let mut found = vec![];
    for Listed { name, stated } in listed(world, &glance) {
        let drive = stated.or_else(|| drive_in_words(world, &name, &glance));
        found.push(Connection { name, drive });
    }
    add_volumes(world, &mut found);
    found
}

/// The connection that a drive is.
pub(crate) fn of_drive(world: &mut impl World, drive: Drive) -> Option<RemoteName> {
    let device = world.leads_to(drive);
    if let Some(device) = &device {
        if !device::may_be_ours(device) {
            return None;
        }
        let volumes = world.volumes().unwrap_or_default();
        if volumes.contains(device) {
            let name = device::name_of_volume(device)?;
            return (!is_for_others(world, &name)).then_some(name);
        }
    }
    let glance = Glance::begin(world);
    let found = listed(world, &glance);
    if let Some(at) = found.iter().position(|one| one.stated == Some(drive)) {
        return found.into_iter().nth(at).map(|one| one.name);
    }
    // Words are believed where the letter leads somewhere only.
    device?;
    let mut unstated = found.into_iter().filter(|one| one.stated.is_none());
    unstated
        .find(|one| drive_in_words(world, &one.name, &glance) == Some(drive))
        .map(|one| one.name)
}

/// Where an instance is seen, for somebody who wants it as a drive.
pub(crate) fn place(world: &mut impl World, name: &RemoteName, wanted: Drive) -> Place {
    let glance = Glance::begin(world);
    let (stated, words) = told(world, name, &glance);
    let drive = stated.or_else(|| shown(world, name, &words));
    match drive {
        Some(drive) if drive == wanted => Place::Here,
        Some(other) => Place::Elsewhere(other),
        // Its letter leads nowhere yet: it is starting.
        None if drives(&words).any(|drive| drive == wanted) => Place::Here,
        None => Place::Nowhere,
    }
}

/// What became of an instance, whichever pipe tells.
pub(crate) fn fate(world: &mut impl World, name: &RemoteName) -> Fate {
    const NOT_FOUND: u32 = 2;
    let glance = Glance::begin(world);
    match world.info(&target(name), GLANCE) {
        Fate::Untold => match ask(world, Request::Info(target(name)), &glance) {
            Some(Answer::Failure(NOT_FOUND)) => Fate::Gone,
            Some(Answer::Success(_) | Answer::Failure(_)) | None => Fate::Untold,
        },
        known @ (Fate::Known(_) | Fate::Gone) => known,
    }
}

/// Whether a class of that name is registered, and not for this library.
fn is_for_others(world: &mut impl World, name: &RemoteName) -> bool {
    world.class(name).is_some_and(|class| !class.is_for_us())
}

/// The time for one or more questions.
struct Glance {
    end: Duration,
}

impl Glance {
    fn begin(world: &mut impl World) -> Glance {
        let end = world.now() + GLANCE;
        Glance { end }
    }

    /// What is left of it; `None` at its end.
    fn left(&self, world: &mut impl World) -> Option<Duration> {
        let left = self.end.saturating_sub(world.now());
        (!left.is_zero()).then_some(left)
    }
}

/// An instance, with the drive that the launcher knows without being asked
/// about this very one.
struct Listed {
    name: RemoteName,
    stated: Option<Drive>,
}

/// The instances that may be connections.
fn listed(world: &mut impl World, glance: &Glance) -> Vec<Listed> {
    let told = match glance.left(world) {
        Some(left) => world.instances(left),
        None => return vec![],
    };
    let mut found: Vec<Listed> = match told {
        Some(instances) => {
            let live = |instance: &Instance| instance.state.is_live();
            let listed = |instance: Instance| Listed {
                name: RemoteName::new(&instance.class, &instance.instance),
                stated: mounted(&instance),
            };
            instances.into_iter().filter(live).map(listed).collect()
        }
        None => listed_by_messages(world, glance),
    };
    // No names of the network: those would not be understood when they come back.
    found.retain(|one| RemoteName::parse(&one.name.to_string()).is_some());
    found.retain(|one| !is_for_others(world, &one.name));
    found
}

/// The same by the WinFsp pipe alone.
fn listed_by_messages(world: &mut impl World, glance: &Glance) -> Vec<Listed> {
    let Some(Answer::Success(data)) = ask(world, Request::List, glance) else {
        return vec![];
    };
    let instances = data.instances().unwrap_or_default().into_iter();
    let listed = |Target { class, instance }| Listed {
        name: RemoteName::new(&class, &instance),
        stated: None,
    };
    instances.map(listed).collect()
}

/// What an instance's mount point is said to be, and the words of its process.
fn told(
    world: &mut impl World,
    name: &RemoteName,
    glance: &Glance,
) -> (Option<Drive>, Vec<String>) {
    let nothing = (None, vec![]);
    let Some(left) = glance.left(world) else {
        return nothing;
    };
    match world.info(&target(name), left) {
        Fate::Known(info) => (mounted(&info.instance), info.arguments),
        Fate::Gone => nothing,
        Fate::Untold => match ask(world, Request::Info(target(name)), glance) {
            Some(Answer::Success(data)) => match data.info() {
                Ok((_, line)) => (None, words(&line)),
                Err(_) => nothing,
            },
            Some(Answer::Failure(_)) | None => nothing,
        },
    }
}

fn ask(world: &mut impl World, request: Request, glance: &Glance) -> Option<Answer> {
    let message = winfsp::encode(&Message::Request(request)).ok()?;
    let left = glance.left(world)?;
    let reply = world.say(&message, false, left).ok()?;
    winfsp::decode_reply(&reply).ok()
}

fn mounted(instance: &Instance) -> Option<Drive> {
    Drive::of_mount_point(instance.mount_point.as_deref()?)
}

fn drive_in_words(world: &mut impl World, name: &RemoteName, glance: &Glance) -> Option<Drive> {
    let (stated, words) = told(world, name, glance);
    stated.or_else(|| shown(world, name, &words))
}

/// The drive among the words of a process: the last, as what a file system
/// shows comes before where it shows it. A word may also name a disk that is
/// shown, or a drive to be: it counts if the letter leads to what may be this
/// file system.
fn shown(world: &mut impl World, name: &RemoteName, words: &[String]) -> Option<Drive> {
    drives(words).find(|drive| {
        let device = world.leads_to(*drive);
        device.is_some_and(|device| {
            let named = device::name_of_volume(&device);
            device::may_be_ours(&device) && named.is_none_or(|other| other.is(name))
        })
    })
}

/// The words that are drives, the last one first.
fn drives(words: &[String]) -> impl Iterator<Item = Drive> {
    let words = words.iter().rev();
    words.filter_map(|word| Drive::of_mount_point(word))
}

/// The words of a command line, well enough to find a drive: quotes hold words
/// together, and that is all they do.
fn words(line: &str) -> Vec<String> {
    let mut quoted = false;
    let ends = |c: char| {
        quoted ^= c == '"';
        !quoted && c == ' '
    };
    let words = line.split(ends).filter(|word| !word.is_empty());
    words.map(|word| word.replace('"', "")).collect()
}

/// Adds the driver's volumes that are not listed yet, with their letters, and
/// the letters of those that are.
fn add_volumes(world: &mut impl World, found: &mut Vec<Connection>) {
    let volumes = world.volumes().unwrap_or_default();
    if volumes.is_empty() {
        return;
    }
    let letters = |drive| Some((drive, world.leads_to(drive)?));
    let letters: Vec<(Drive, String)> = Drive::all().filter_map(letters).collect();
    for volume in volumes {
        let Some(name) = device::name_of_volume(&volume) else {
            continue;
        };
        if is_for_others(world, &name) {
            continue;
        }
        let letter = letters.iter().find(|(_, device)| *device == volume);
        let drive = letter.map(|(drive, _)| *drive);
        match found.iter_mut().find(|one| one.name.is(&name)) {
            Some(listed) => listed.drive = listed.drive.or(drive),
            None => found.push(Connection { name, drive }),
        }
    }
}

/// Whether the driver has a volume of that name.
pub(crate) fn is_live_volume(world: &mut impl World, name: &RemoteName) -> bool {
    world
        .volumes()
        .is_some_and(|volumes| is_among(&volumes, name))
}

/// Whether a volume of that name is among these.
pub(crate) fn is_among(volumes: &[String], name: &RemoteName) -> bool {
    let names = volumes
        .iter()
        .filter_map(|volume| device::name_of_volume(volume));
    names.into_iter().any(|other| other.is(name))
}

#[cfg(test)]
mod tests;
