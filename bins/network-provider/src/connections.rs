//! What is connected: the launcher's instances, and the driver's volumes.

use std::time::Duration;

use fslaunch_protocol::winfsp::{self, Answer, Message};
use fslaunch_protocol::{Info, Instance, Request, Target};

use crate::name::{Drive, RemoteName};
use crate::world::{Fate, World};

/// How long is waited for an answer where other providers wait as well.
const GLANCE: Duration = Duration::from_secs(3);

/// A file system that is there.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) name: RemoteName,
    pub(crate) drive: Option<Drive>,
}

pub(crate) fn target(name: &RemoteName) -> Target {
    Target::new(&name.class, &name.instance)
}

/// All that is connected, as far as the caller may know.
pub(crate) fn all(world: &mut impl World) -> Vec<Connection> {
    let instances = match world.instances() {
        Some(instances) => {
            let live = |instance: &Instance| instance.state.is_live();
            let mut found = vec![];
            for instance in instances.into_iter().filter(live) {
                let name = RemoteName::new(&instance.class, &instance.instance);
                let drive = mounted(&instance).or_else(|| drive_of(world, &name));
                found.push(Connection { name, drive });
            }
            found
        }
        None => listed(world),
    };
    // No names of the network: those would not be understood when they come back.
    let is_name =
        |connection: &Connection| RemoteName::parse(&connection.name.to_string()).is_some();
    instances.into_iter().filter(is_name).collect()
}

/// The same by the WinFsp pipe alone.
fn listed(world: &mut impl World) -> Vec<Connection> {
    let Some(Answer::Success(data)) = ask(world, Request::List) else {
        return vec![];
    };
    let mut found = vec![];
    for Target { class, instance } in data.instances().unwrap_or_default() {
        let name = RemoteName::new(&class, &instance);
        let drive = drive_of(world, &name);
        found.push(Connection { name, drive });
    }
    found
}

/// The connection that a drive is.
pub(crate) fn of_drive(world: &mut impl World, drive: Drive) -> Option<RemoteName> {
    let device = world.leads_to(drive);
    if let Some(device) = &device {
        if is_of_another_network(device) {
            return None;
        }
        let volumes = world.volumes().unwrap_or_default();
        if volumes.iter().any(|volume| volume == device) {
            return name_of_volume(device);
        }
    }
    let found = all(world).into_iter();
    let mut ours = found.filter(|connection| connection.drive == Some(drive));
    ours.next().map(|connection| connection.name)
}

/// The drive of an instance, if it has one.
pub(crate) fn drive_of(world: &mut impl World, name: &RemoteName) -> Option<Drive> {
    match world.info(&target(name)) {
        Fate::Known(info) => drive_in_info(&info),
        Fate::Gone => None,
        Fate::Untold => match ask(world, Request::Info(target(name)))? {
            Answer::Success(data) => drive_in_words(&words(&data.info().ok()?.1)),
            Answer::Failure(_) => None,
        },
    }
}

/// What became of an instance, whichever pipe tells.
pub(crate) fn fate(world: &mut impl World, name: &RemoteName) -> Fate {
    const NOT_FOUND: u32 = 2;
    match world.info(&target(name)) {
        Fate::Untold => match ask(world, Request::Info(target(name))) {
            Some(Answer::Failure(NOT_FOUND)) => Fate::Gone,
            Some(Answer::Success(_) | Answer::Failure(_)) | None => Fate::Untold,
        },
        known @ (Fate::Known(_) | Fate::Gone) => known,
    }
}

fn ask(world: &mut impl World, request: Request) -> Option<Answer> {
    let message = winfsp::encode(&Message::Request(request)).ok()?;
    let reply = world.say(&message, false, GLANCE).ok()?;
    winfsp::decode_reply(&reply).ok()
}

fn mounted(instance: &Instance) -> Option<Drive> {
    Drive::of_mount_point(instance.mount_point.as_deref()?)
}

fn drive_in_info(info: &Info) -> Option<Drive> {
    mounted(&info.instance).or_else(|| drive_in_words(&info.arguments))
}

/// The drive among the words of a process: the last, as what a file system
/// shows comes before where it shows it.
fn drive_in_words(words: &[String]) -> Option<Drive> {
    words
        .iter()
        .rev()
        .find_map(|word| Drive::of_mount_point(word))
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

/// Whether the driver has a volume of that name.
pub(crate) fn is_live_volume(world: &mut impl World, name: &RemoteName) -> bool {
    world
        .volumes()
        .is_some_and(|volumes| is_among(&volumes, name))
}

/// Whether a volume of that name is among these.
pub(crate) fn is_among(volumes: &[String], name: &RemoteName) -> bool {
    let names = volumes.iter().filter_map(|volume| name_of_volume(volume));
    names.into_iter().any(|other| other.is(name))
}

/// The name in `\Device\Volume{GUID}\class\instance`.
fn name_of_volume(volume: &str) -> Option<RemoteName> {
    let (guid, name) = volume.strip_prefix(r"\Device\Volume{")?.split_once('}')?;
    let odd = |c: char| !c.is_ascii_hexdigit() && c != '-';
    match guid.contains(odd) {
        true => None,
        false => RemoteName::parse(&format!(r"\{name}")),
    }
}

/// Whether a drive leads to the network of somebody else: the launcher is not
/// asked about those.
fn is_of_another_network(device: &str) -> bool {
    const OTHERS: [&str; 4] = [
        r"\device\lanmanredirector",
        r"\device\mup\",
        r"\device\webdavredirector",
        r"\device\rdpdr",
    ];
    let device = device.to_lowercase();
    OTHERS.iter().any(|other| device.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_drive_among_the_words_is_where_it_is_mounted() {
        let found = |line: &str| drive_in_words(&words(line)).map(|drive| drive.to_string());
        assert_eq!(
            found(r#""C:\a b\fs.exe" -u \m\s -m "Z:""#).as_deref(),
            Some("Z:")
        );
        assert_eq!(found(r#"fs.exe C: y:\ "a b""#).as_deref(), Some("Y:"));
        assert_eq!(found(r#""C:\fs.exe" "" -m "" "a Z:""#), None);
    }

    #[test]
    fn a_volume_of_the_driver_has_the_name_after_its_guid() {
        let name = name_of_volume(r"\Device\Volume{0a-1B}\memfs64\a\b").unwrap();
        assert_eq!(name.to_string(), r"\\memfs64\a\b");
        for other in [
            r"\Device\HarddiskVolume1",
            r"\Device\Volume{0a-1B}",
            r"\Device\Volume{x}\a\b",
            r"\Device\Mup\a\b",
        ] {
            assert!(name_of_volume(other).is_none(), "{other}");
        }
    }

    #[test]
    fn drives_of_other_networks_are_known_by_their_devices() {
        assert!(is_of_another_network(
            r"\Device\LanmanRedirector\;Z:0\srv\x"
        ));
        assert!(is_of_another_network(r"\Device\Mup\srv\x"));
        assert!(!is_of_another_network(r"\Device\Volume{0a}\memfs64\x"));
    }
}
