//! What a run has left on the machine: processes, mounts, cgroups, folders.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{is_root, quietly};

/// Where the tests make their folders; see the `place` module of the tests.
const TEST_FOLDERS: [&str; 2] = ["/var/lib", "/tmp"];
const TEST_PREFIX: &str = "fslaunch-test-";
const CGROUP_PREFIX: &str = "fslaunch";

/// One thing that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leftover {
    /// A process that runs a program of ours.
    Process { pid: u32, program: PathBuf },
    /// Something mounted in a folder of ours.
    Mount(PathBuf),
    /// A control group of ours.
    Cgroup(PathBuf),
    /// A folder of a test.
    Folder(PathBuf),
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process { pid, program } => write!(f, "process {pid}: {}", program.display()),
            Self::Mount(path) => write!(f, "mount: {}", path.display()),
            Self::Cgroup(path) => write!(f, "cgroup: {}", path.display()),
            Self::Folder(path) => write!(f, "folder: {}", path.display()),
        }
    }
}

/// Everything of ours that is there now: programs below `target`, and what
/// belongs to the folders of tests.
pub(crate) fn now(target: &Path) -> BTreeSet<Leftover> {
    let mut found = BTreeSet::new();
    let folders = test_folders();
    for (pid, program) in processes() {
        let of_a_test = folders.iter().any(|folder| program.starts_with(folder))
            || TEST_FOLDERS
                .iter()
                .any(|folder| is_in_a_test_folder(Path::new(folder), &program));
        if pid != std::process::id() && (program.starts_with(target) || of_a_test) {
            found.insert(Leftover::Process { pid, program });
        }
    }
    for mount in mounts() {
        if TEST_FOLDERS
            .iter()
            .any(|folder| is_in_a_test_folder(Path::new(folder), &mount))
        {
            found.insert(Leftover::Mount(mount));
        }
    }
    found.extend(cgroups().into_iter().map(Leftover::Cgroup));
    found.extend(folders.into_iter().map(Leftover::Folder));
    found
}

/// Takes away what is left, as far as possible: what is mounted is detached,
/// what runs is killed, folders are removed.
pub(crate) fn remove(leftovers: &BTreeSet<Leftover>) {
    // Processes first, or they could mount again; folders last, and only
    // when nothing is mounted in them any more. Each failure shows in the
    // next look at what is there.
    for leftover in leftovers {
        if let Leftover::Process { pid, .. } = leftover {
            let _ = quietly(Command::new("sh").args(["-c", &format!("kill -9 {pid}")]));
        }
    }
    for leftover in leftovers {
        if let Leftover::Mount(path) = leftover {
            detach(path);
        }
    }
    for leftover in leftovers {
        match leftover {
            Leftover::Folder(path) => remove_folder(path),
            Leftover::Cgroup(path) => drop(fs::remove_dir(path)),
            Leftover::Process { .. } | Leftover::Mount(_) => {}
        }
    }
}

/// Detaches a mount, also when it is busy or its server is dead.
pub(crate) fn detach(mount_point: &Path) {
    let mut command = if is_root() {
        let mut command = Command::new("umount");
        command.args(["--lazy", "--no-canonicalize"]);
        command
    } else {
        let mut command = Command::new("fusermount3");
        command.args(["-u", "-z"]);
        command
    };
    let _ = quietly(command.arg("--").arg(mount_point));
}

/// Removes a folder, unless something is still mounted in it.
pub(crate) fn remove_folder(folder: &Path) {
    if mounts().iter().any(|mount| mount.starts_with(folder)) {
        eprintln!("{} stays: something is mounted in it", folder.display());
    } else if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("failed to remove {}: {error}", folder.display());
    }
}

/// Every process whose program can be seen.
pub(crate) fn processes() -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| Some((pid, fs::read_link(format!("/proc/{pid}/exe")).ok()?)))
        .collect()
}

/// Every mount point, with the escapes of `/proc/self/mountinfo` undone.
pub(crate) fn mounts() -> Vec<PathBuf> {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(|field| PathBuf::from(std::ffi::OsStr::from_bytes(&unescaped(field))))
        .collect()
}

fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if first == b'\\' => {
                out.push(byte);
                rest = &tail[3..];
            }
            Some(_) | None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

fn test_folders() -> BTreeSet<PathBuf> {
    let entries = TEST_FOLDERS
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    entries
        .flat_map(|entries| entries.flatten())
        .filter(|entry| {
            entry
                .file_name()
                .as_bytes()
                .starts_with(TEST_PREFIX.as_bytes())
        })
        .map(|entry| entry.path())
        .collect()
}

fn is_in_a_test_folder(parent: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(parent) else {
        return false;
    };
    let first = below.components().next();
    first.is_some_and(|name| {
        name.as_os_str()
            .as_bytes()
            .starts_with(TEST_PREFIX.as_bytes())
    })
}

/// The control groups of ours, wherever version 2 is mounted.
fn cgroups() -> Vec<PathBuf> {
    let roots = [
        Path::new("/sys/fs/cgroup/unified"),
        Path::new("/sys/fs/cgroup"),
    ];
    let Some(root) = roots
        .into_iter()
        .find(|root| root.join("cgroup.procs").exists())
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
        {
            let name = path.file_name().unwrap_or_default().as_bytes();
            if name.starts_with(CGROUP_PREFIX.as_bytes()) {
                found.push(path.clone());
            }
            open.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{is_in_a_test_folder, unescaped};
    use std::path::Path;

    #[test]
    fn a_space_in_a_mount_point_is_read_back() {
        assert_eq!(unescaped(br"/mnt/a\040b\134c"), br"/mnt/a b\c");
    }

    #[test]
    fn only_folders_of_tests_count() {
        let parent = Path::new("/var/lib");
        assert!(is_in_a_test_folder(
            parent,
            Path::new("/var/lib/fslaunch-test-1-2/m")
        ));
        assert!(!is_in_a_test_folder(
            parent,
            Path::new("/var/lib/fslaunch/m")
        ));
        assert!(!is_in_a_test_folder(parent, Path::new("/var/lib")));
    }
}
