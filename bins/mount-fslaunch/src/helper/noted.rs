//! Which instance a mount is of, for mounts that the launcher does not know
//! the place of: as noted beside what umount(8) knows, or by the mount's name.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use fslaunch_client::Instance;
use fslaunch_os::mounted;
use fslaunch_os::mounts::Mount;

use super::fill::same;
use super::source;

/// What mount(8) knows beside the kernel. Only root writes it.
const NOTES: &str = "/run/mount/utab";
const CLASS: &str = "x-fslaunch.class=";
const INSTANCE: &str = "x-fslaunch.instance=";

/// The options that say which instance a mount is of.
pub(crate) fn options(instance: &Instance) -> String {
    let (class, name) = (encode(&instance.class), encode(&instance.instance));
    format!("{CLASS}{class},{INSTANCE}{name}")
}

/// The instance that a mount is of, among those whose place is not known.
pub(crate) fn find(listed: Vec<Instance>, mount: &Mount) -> Option<Instance> {
    // Anybody else can give a mount any name, and mount where there was another.
    if !mounted::is_of_root_or_self(mount) {
        return None;
    }
    let notes = fs::read_to_string(NOTES).unwrap_or_default();
    among(listed, mount, named(&notes, mount))
}

fn among(
    listed: Vec<Instance>,
    mount: &Mount,
    noted: Option<(String, String)>,
) -> Option<Instance> {
    let mut found = listed.into_iter().filter(|one| {
        let is_it = match &noted {
            Some((class, name)) => same(&one.class, class) && same(&one.instance, name),
            None => mount
                .source
                .to_str()
                .is_some_and(|source| is_named(one, source)),
        };
        one.state.is_live() && one.mount_point.is_none() && is_it
    });
    // Of two that it may be it is neither.
    found.next().filter(|_| found.next().is_none())
}

/// Whether a mount with that source can be of the instance.
fn is_named(instance: &Instance, source: &str) -> bool {
    let kind = format!("fslaunch.{}", instance.class);
    let parsed = source::parse(Some(&kind), source);
    parsed.is_ok_and(|parsed| same(&parsed.instance, &instance.instance))
}

/// The class and instance that are noted of a mount; the last note counts.
fn named(notes: &str, mount: &Mount) -> Option<(String, String)> {
    let of_mount = |line: &&str| {
        let value = |key: &str| {
            let mut fields = line.split(' ');
            fields
                .find_map(|field| field.strip_prefix(key))
                .map(unescape)
        };
        value("TARGET=").map(PathBuf::from).as_deref() == Some(Path::new(&mount.mount_point))
            && value("SRC=").as_ref() == Some(&mount.source)
    };
    let line = notes.lines().rfind(of_mount)?;
    let options = line
        .split(' ')
        .find_map(|field| field.strip_prefix("OPTS="))?;
    let value = |key| {
        options
            .split(',')
            .find_map(|option| option.strip_prefix(key))
    };
    Some((decode(value(CLASS)?)?, decode(value(INSTANCE)?)?))
}

/// Undoes what a table of mounts has for spaces and the like: `\040`.
fn unescape(text: &str) -> OsString {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes)
}

/// A name without anything that means something in a list of options.
fn encode(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => text.push(byte.into()),
            _ => text += &format!("%{byte:02x}"),
        }
    }
    text
}

fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_client::State;
    use fslaunch_os::mounts::Table;
    use std::slice::from_ref;

    fn instance(class: &str, name: &str) -> Instance {
        Instance {
            class: class.into(),
            instance: name.into(),
            state: State::Running,
            pid: Some(7),
            starter: "anna".into(),
            run_as: "anna".into(),
            since: "2026-01-01T00:00:00.000Z".into(),
            mount_point: None,
            failure: None,
        }
    }

    fn mount(place: &str, source: &str) -> Mount {
        let mut mount = Table::read().unwrap().iter().next().unwrap().clone();
        (mount.mount_point, mount.source) = (place.into(), source.into());
        mount
    }

    #[test]
    fn any_name_comes_back_from_a_note_as_it_was() {
        let one = instance("a.b_c-1", "x y,z=%\"\\ü\\041");
        let note = options(&one);
        assert!(note.chars().filter(|c| *c == ',').count() == 1, "{note}");
        let notes = format!(
            "SRC=s TARGET=/mnt/a\\040b ROOT=/ OPTS=uhelper=fslaunch,{note}\n\
             SRC=s TARGET=/mnt/c ROOT=/ OPTS=uhelper=fslaunch\n"
        );
        let at = mount("/mnt/a b", "s");
        let expected = Some((one.class.clone(), one.instance.clone()));
        assert_eq!(named(&notes, &at), expected);
        assert_eq!(named(&notes, &mount("/mnt/a b", "other")), None);
        assert_eq!(named(&notes, &mount("/mnt/c", "s")), None);
        assert_eq!(decode("a%2"), None);
    }

    #[test]
    fn a_mount_without_a_note_is_of_the_one_instance_that_its_name_can_mean() {
        let found = |listed: &[Instance], source: &str| {
            among(listed.to_vec(), &mount("/mnt", source), None).map(|one| one.class)
        };
        let share = instance("plain", "share");
        assert_eq!(
            found(from_ref(&share), r"\plain\share").as_deref(),
            Some("plain")
        );
        assert_eq!(found(from_ref(&share), "share").as_deref(), Some("plain"));
        assert_eq!(found(from_ref(&share), "other"), None);
        assert_eq!(
            found(&[share.clone(), instance("more", "share")], "share"),
            None
        );
        let known = Instance {
            mount_point: Some("/mnt/z".into()),
            ..share
        };
        assert_eq!(found(&[known], "share"), None);
    }
}
