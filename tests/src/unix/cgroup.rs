//! A control group for one test. The launcher makes its instances' groups
//! beneath its own: so tests don't meet, and nothing escapes the end of one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::PATIENCE;

/// A version 2 control group, killed and removed when dropped.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// A new one, where this process may make one.
    pub fn new(name: &str) -> Option<Self> {
        let path = root()?.join(name);
        fs::create_dir(&path).ok()?;
        Some(Self { path })
    }

    /// The file that a process enters the group by.
    pub fn processes_file(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    /// The groups beneath it.
    pub fn inner(&self) -> Vec<PathBuf> {
        inner(&self.path)
    }

    /// Kills every process in it and beneath it.
    pub fn kill(&self) {
        // Kernels before 5.14 lack the file; there the caller's other ways of
        // finding processes must do.
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }

    fn remove(path: &Path) -> bool {
        inner(path).iter().all(|inner| Self::remove(inner)) && fs::remove_dir(path).is_ok()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.kill();
        // What was killed leaves the group only when it is gone.
        let deadline = Instant::now() + PATIENCE;
        while !Self::remove(&self.path) {
            if Instant::now() > deadline {
                // A second panic would hide the first.
                assert!(std::thread::panicking(), "{} stays", self.path.display());
                return;
            }
            self.kill();
            std::thread::yield_now();
        }
    }
}

/// Whether this process may make control groups.
pub(crate) fn are_writable() -> bool {
    Cgroup::new(&format!("fslaunch-probe-{:?}", std::thread::current().id())).is_some()
}

/// Where version 2 is mounted; alone, or beside version 1.
fn root() -> Option<&'static Path> {
    let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(Path::new);
    roots
        .into_iter()
        .find(|root| root.join("cgroup.procs").exists())
}

fn inner(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}
