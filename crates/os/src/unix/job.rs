//! One control group (version 2) for each instance, so that all its processes can be found
//! and killed, wherever they hide.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::mounts;

const PREFIX: &str = "fslaunch-";
/// How the names of those begin that are made to see whether one can be.
pub(super) const PROBE: &str = "probe-";

/// The launcher's own cgroup, in which it may create others.
#[derive(Debug, Clone)]
pub struct JobRoot {
    path: PathBuf,
}

/// The cgroup of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    path: PathBuf,
}

impl JobRoot {
    /// Finds the launcher's cgroup, if there is a cgroup2 hierarchy that it can write to.
    pub fn detect() -> Option<Self> {
        let table = mounts::Table::read().ok()?;
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::"))?;
        table
            .iter()
            .filter(|mount| mount.fs_type == "cgroup2")
            // A container may see only a part of the hierarchy: the mount's root is cut off.
            .filter_map(|mount| {
                let inside = Path::new(own).strip_prefix(&mount.root).ok()?;
                Some(mount.mount_point.join(inside))
            })
            .map(|path| Self { path })
            .find(Self::is_writable)
    }

    /// A process is moved only by who may write to the `cgroup.procs` of both ends' common
    /// ancestor, which is this cgroup; the folder's mode alone does not say so.
    fn is_writable(&self) -> bool {
        let probe = self
            .path
            .join(format!("{PREFIX}{PROBE}{}", std::process::id()));
        let writable = fs::OpenOptions::new()
            .write(true)
            .open(self.path.join("cgroup.procs"))
            .is_ok();
        if !writable || fs::create_dir(&probe).is_err() {
            return false;
        }
        match fs::remove_dir(&probe) {
            // Another launcher has cleared it away.
            Err(e) => e.kind() == io::ErrorKind::NotFound,
            Ok(()) => true,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the cgroup of the instance `id`.
    ///
    /// # Errors
    /// When it exists already or the kernel refuses.
    pub fn create(&self, id: &str) -> io::Result<Job> {
        let path = self.path.join(format!("{PREFIX}{id}"));
        fs::create_dir(&path)?;
        Ok(Job { path })
    }

    /// All cgroups of instances that are here, those of an earlier launcher included, with
    /// the instances' ids.
    ///
    /// # Errors
    /// When the cgroup can't be listed.
    pub fn instances(&self) -> io::Result<Vec<(String, Job)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(id) = name.to_str().and_then(|name| name.strip_prefix(PREFIX))
                && entry.file_type()?.is_dir()
            {
                found.push((id.to_owned(), Job { path: entry.path() }));
            }
        }
        Ok(found)
    }
}

impl Job {
    /// Opens the cgroup that an earlier launcher created at `path`.
    ///
    /// # Errors
    /// When there is no cgroup.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::metadata(path.join("cgroup.procs"))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The IDs of all processes in it and in the cgroups beneath it, zombies excluded.
    ///
    /// # Errors
    /// When it is gone.
    pub fn processes(&self) -> io::Result<Vec<u32>> {
        let mut found = Vec::new();
        let mut waiting = vec![self.path.clone()];
        while let Some(path) = waiting.pop() {
            let text = match fs::read_to_string(path.join("cgroup.procs")) {
                // A thread-granular cgroup inside lists its processes with its parent.
                Err(e) if e.raw_os_error() == Some(libc::EOPNOTSUPP) => String::new(),
                other => other?,
            };
            found.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
            waiting.extend(children(&path)?);
        }
        Ok(found)
    }

    /// Moves a process into it. This takes the kernel some milliseconds, unless another
    /// process was moved just before.
    pub(super) fn enter(&self, pid: u32) -> io::Result<()> {
        fs::write(self.path.join("cgroup.procs"), pid.to_string())
    }

    /// Removes it, if there is nothing in it.
    pub(super) fn remove_if_empty(&self) {
        // The kernel refuses otherwise, which is what is wanted.
        let _ = fs::remove_dir(&self.path);
    }

    /// Kills every process in it. A cgroup that is gone has none.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn kill(&self) -> io::Result<()> {
        match fs::write(self.path.join("cgroup.kill"), "1") {
            Err(e) if e.kind() == io::ErrorKind::NotFound => self.kill_one_by_one(),
            other => other,
        }
    }

    /// Before Linux 5.14, which brought `cgroup.kill`. A process that forks while it is read
    /// stays; [`Job::remove`] asks again until none is left.
    fn kill_one_by_one(&self) -> io::Result<()> {
        let processes = match self.processes() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for pid in processes {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _gone_meanwhile = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
        Ok(())
    }

    /// Removes it, killing what is in it, and waits up to `patience` for that.
    ///
    /// # Errors
    /// When a process is still in it at the end.
    pub async fn remove(&self, patience: Duration) -> io::Result<()> {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        loop {
            match remove_with_children(&self.path) {
                Err(e) if is_busy(&e) && Instant::now() < deadline => self.kill()?,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
                other => return other,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EBUSY)
}

/// The cgroups directly beneath `path`.
fn children(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// `remove_dir_all` won't do: the files of a cgroup can't be removed, and need not be.
fn remove_with_children(path: &Path) -> io::Result<()> {
    for child in children(path)? {
        remove_with_children(&child)?;
    }
    fs::remove_dir(path)
}
