//! Which instance a mount is of, for mounts that the launcher does not know
//! the place of: as noted beside what umount(8) knows, or by the mount's name.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use fslaunch_client::Instance;
use fslaunch_os::mounted;
use fslaunch_os::mounts::Mount;

use super::exit::Failure;
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
pub(crate) fn find(listed: Vec<Instance>, mount: &Mount) -> Result<Option<Instance>, Failure> {
    // Anybody else can give a mount any name, and mount where there was another.
    if !mounted::is_of_root_or_self(mount) {
        return Ok(None);
    }
    let notes = match fs::read(NOTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        // Without its note a mount could be taken for that of another instance.
        read => read.map_err(|error| Failure::system(format!("read {NOTES}"), error))?,
    };
    Ok(among(listed, mount, named(&notes, mount)))
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
fn named(notes: &[u8], mount: &Mount) -> Option<(String, String)> {
    let of_mount = |line: &&[u8]| {
        let value = |key| field(line, b' ', key).map(unescape);
        value("TARGET=").map(PathBuf::from).as_deref() == Some(Path::new(&mount.mount_point))
            && value("SRC=").as_ref() == Some(&mount.source)
    };
    let line = notes.split(|byte| *byte == b'\n').rfind(of_mount)?;
    let options = field(line, b' ', "OPTS=")?;
    let value = |key| decode(std::str::from_utf8(field(options, b',', key)?).ok()?);
    Some((value(CLASS)?, value(INSTANCE)?))
}

/// What stands after `key`, in the first part of a text that begins with it. Whose path is not
/// UTF-8 does not keep others from theirs.
fn field<'a>(text: &'a [u8], separator: u8, key: &str) -> Option<&'a [u8]> {
    let mut parts = text.split(|byte| *byte == separator);
    parts.find_map(|part| part.strip_prefix(key.as_bytes()))
}

/// Undoes what a table of mounts has for spaces and the like: `\040`.
fn unescape(mut rest: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(rest.len());
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
        assert_eq!(named(notes.as_bytes(), &at), expected);
        assert_eq!(named(notes.as_bytes(), &mount("/mnt/a b", "other")), None);
        assert_eq!(named(notes.as_bytes(), &mount("/mnt/c", "s")), None);
        assert_eq!(decode("a%2"), None);
    }

    #[test]
    fn a_byte_that_is_no_utf_8_hides_no_note() {
        let one = instance("a", "b");
        let mut notes = b"SRC=\xff TARGET=/mnt/\xfe ROOT=/ OPTS=uhelper=\xfd\n".to_vec();
        let note = options(&one);
        notes.extend(format!("SRC=s TARGET=/mnt/c ROOT=/ OPTS={note}\n").into_bytes());
        notes.extend(b"\xff\n");
        let expected = Some((one.class, one.instance));
        assert_eq!(named(&notes, &mount("/mnt/c", "s")), expected);
        let wrong = b"SRC=s TARGET=/mnt/c OPTS=x-fslaunch.class=\xff,x-fslaunch.instance=b";
        assert_eq!(named(wrong, &mount("/mnt/c", "s")), None);
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
