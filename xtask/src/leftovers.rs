//! What a run has left on the machine: processes, mounts, cgroups, folders.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::quietly;
use crate::system::machine::is_root;

/// Where the tests make their folders; see the `place` module of the tests.
const TEST_FOLDERS: [&str; 2] = ["/var/lib", "/tmp"];
const TEST_PREFIX: &str = "fslaunch-test-";
const CGROUP_PREFIX: &str = "fslaunch-";

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
/// belongs to the folders of tests that have ended.
pub(crate) fn now(target: &Path) -> BTreeSet<Leftover> {
    let mut found = BTreeSet::new();
    for (pid, program) in processes() {
        let ours = program.starts_with(target) || is_of_an_ended_test(&program);
        if pid != std::process::id() && ours {
            found.insert(Leftover::Process { pid, program });
        }
    }
    let ended = |path: &PathBuf| is_of_an_ended_test(path);
    found.extend(mounts().into_iter().filter(ended).map(Leftover::Mount));
    found.extend(cgroups().into_iter().map(Leftover::Cgroup));
    found.extend(
        test_folders()
            .into_iter()
            .filter(ended)
            .map(Leftover::Folder),
    );
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

fn test_folders() -> Vec<PathBuf> {
    let entries = TEST_FOLDERS
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    entries
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.path())
        .collect()
}

/// Whether a path is, or leads through, the folder of a test whose program
/// runs no more. Somebody else's tests may go on at the same time.
fn is_of_an_ended_test(path: &Path) -> bool {
    TEST_FOLDERS
        .iter()
        .any(|folder| ended_test_in(Path::new(folder), path))
}

fn ended_test_in(parent: &Path, path: &Path) -> bool {
    let runs = |pid: u32| Path::new("/proc").join(pid.to_string()).exists();
    test_in(parent, path).is_some_and(|pid| !runs(pid))
}

/// The process ID in the name of a test's folder or control group.
fn test_in(parent: &Path, path: &Path) -> Option<u32> {
    let first = path.strip_prefix(parent).ok()?.components().next()?;
    let name = first.as_os_str().to_str()?.strip_prefix(TEST_PREFIX)?;
    name.split('-').next()?.parse().ok()
}

/// The control groups of ended tests, and those of instances outside of one,
/// wherever version 2 is mounted.
fn cgroups() -> Vec<PathBuf> {
    let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
    let root = roots
        .into_iter()
        .find(|root| root.join("cgroup.procs").exists());
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = root.into_iter().map(Path::to_owned).collect();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match name.strip_prefix(CGROUP_PREFIX) {
                None => open.push(path),
                Some(id) if is_id(id) || ended_test_in(&folder, &path) => found.push(path),
                // Of tests that go on, or of something else than tests.
                Some(_) => {}
            }
        }
    }
    found
}

/// Whether this is how the launcher names an instance.
fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{test_in, unescaped};
    use std::path::Path;

    #[test]
    fn a_space_in_a_mount_point_is_read_back() {
        assert_eq!(unescaped(br"/mnt/a\040b\134c"), br"/mnt/a b\c");
    }

    #[test]
    fn only_folders_of_tests_count() {
        let test = |path| test_in(Path::new("/var/lib"), Path::new(path));
        assert_eq!(test("/var/lib/fslaunch-test-17-2/m"), Some(17));
        assert_eq!(test("/var/lib/fslaunch/m"), None);
        assert_eq!(test("/var/lib"), None);
    }
}
