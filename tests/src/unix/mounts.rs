//! What is mounted, as the kernel tells it. No mount point is touched: a dead
//! file system would hang whoever looks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Mount ID.
    pub id: u64,
    /// Where it is mounted.
    pub mount_point: PathBuf,
    /// Options of this mount, such as `nosuid`.
    pub options: BTreeSet<String>,
    /// Type, such as `fuse.memfs`.
    pub kind: String,
    /// What is mounted, as the file system says.
    pub source: String,
    /// Options of the file system, such as `user_id=5`.
    pub super_options: BTreeSet<String>,
}

/// Everything that is mounted, the latest last.
pub fn all() -> Vec<Mount> {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo can be read");
    text.lines().filter_map(parse).collect()
}

/// What is mounted at a place; the topmost, if there are several.
pub fn at(mount_point: &Path) -> Option<Mount> {
    all()
        .into_iter()
        .rfind(|mount| mount.mount_point == mount_point)
}

/// What is mounted at or below a folder.
pub fn under(folder: &Path) -> Vec<Mount> {
    all()
        .into_iter()
        .filter(|mount| mount.mount_point.starts_with(folder))
        .collect()
}

/// Detaches what is mounted at or below a folder, also when it is busy or
/// dead.
pub fn detach_under(folder: &Path) {
    for mount in under(folder).into_iter().rev() {
        let flags = rustix::mount::UnmountFlags::DETACH | rustix::mount::UnmountFlags::NOFOLLOW;
        if rustix::mount::unmount(&mount.mount_point, flags).is_err() {
            // Not root: only the set-user-ID helper may do it.
            let mut helper = std::process::Command::new("fusermount3");
            let _ = helper
                .args(["-u", "-z", "--"])
                .arg(&mount.mount_point)
                .output();
        }
    }
}

fn parse(line: &str) -> Option<Mount> {
    let (place, file_system) = line.split_once(" - ")?;
    let place: Vec<&str> = place.split(' ').collect();
    let mut file_system = file_system.split(' ');
    let set = |text: &str| text.split(',').map(str::to_owned).collect();
    Some(Mount {
        id: place.first()?.parse().ok()?,
        mount_point: PathBuf::from(unescaped(place.get(4)?)),
        options: set(place.get(5)?),
        kind: file_system.next()?.to_owned(),
        source: unescaped(file_system.next()?),
        super_options: set(file_system.next()?),
    })
}

/// The kernel writes blanks, tabs, newlines and backslashes in octal.
fn unescaped(field: &str) -> String {
    [
        (r"\040", " "),
        (r"\011", "\t"),
        (r"\012", "\n"),
        (r"\134", "\\"),
    ]
    .iter()
    .fold(field.to_owned(), |text, (escape, plain)| {
        text.replace(escape, plain)
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_line_of_mountinfo_is_read() {
        let line =
            r"36 35 98:0 /x /mnt/a\040b rw,nosuid master:1 - fuse.memfs \134m\134s rw,user_id=5";
        let mount = parse(line).unwrap();
        assert_eq!(mount.id, 36);
        assert_eq!(mount.mount_point.to_str(), Some("/mnt/a b"));
        assert!(mount.options.contains("nosuid"));
        assert_eq!(mount.kind, "fuse.memfs");
        assert_eq!(mount.source, r"\m\s");
        assert!(mount.super_options.contains("user_id=5"));
    }
}
