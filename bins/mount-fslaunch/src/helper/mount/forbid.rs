//! What a mount must forbid.

use fslaunch_os::mounted;
use fslaunch_os::mounts::Mount;

use super::super::exit::Failure;
use super::super::place;

/// Sees to it that the mount forbids what it was asked to forbid.
pub(super) fn require(mount: &Mount, wanted: &[String]) -> Result<(), Failure> {
    let missing = missing(mount, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let restricted = mounted::restrict(mount, &missing);
    let now = place::table()?.by_id(mount.id).cloned();
    let still: Vec<_> = match &now {
        Some(now) => self::missing(now, wanted),
        None => return Err(Failure::Mount("it was unmounted at once".to_owned())),
    };
    if still.is_empty() {
        return Ok(());
    }
    let cause = restricted.err();
    let cause = cause.map_or(String::new(), |error| format!(" ({error})"));
    let allow: Vec<_> = still
        .iter()
        .map(|option| option.trim_start_matches("no"))
        .collect();
    Err(Failure::Hinted(
        Box::new(Failure::Mount(format!(
            "the file system was mounted without {}, and was unmounted again{cause}",
            still.join(",")
        ))),
        format!(
            "let the class name an argument 'mount-options' for its file system to mount with, or allow it: {}",
            allow.join(",")
        ),
    ))
}

fn missing<'a>(mount: &Mount, wanted: &'a [String]) -> Vec<&'a str> {
    let has = |option: &str| {
        let both = mount
            .options
            .split(',')
            .chain(mount.super_options.split(','));
        let mut both = both.filter(|known| *known != "rw");
        both.any(|known| known == option)
    };
    let wanted = wanted.iter().map(String::as_str);
    wanted.filter(|option| !has(option)).collect()
}
