//! The folder of one test, and the end of everything that happens in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use crate::{Account, Cgroup, mounts, processes, until};

/// A folder that is removed with all that runs in it or is mounted in it.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    cgroup: Option<Cgroup>,
}

impl Place {
    /// A new folder. Root's lies where nobody else may write on the whole
    /// path, as the launcher of the system demands; `cargo xtask test` knows
    /// the name and looks for folders that stayed.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let parent = if Account::is_root() {
            PathBuf::from("/var/lib")
        } else {
            std::env::temp_dir()
        };
        let name = format!("fslaunch-test-{}-{number}", std::process::id());
        let folder = parent.join(&name);
        fs::create_dir(&folder).expect("the folder of the test can be made");
        set_mode(&folder, 0o755);
        Self {
            folder,
            cgroup: Cgroup::new(&name),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The control group of the test, where there can be one.
    pub fn cgroup(&self) -> Option<&Cgroup> {
        self.cgroup.as_ref()
    }

    /// A new folder in this place.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn make_folder(&self, name: &str, mode: u32) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        set_mode(&folder, mode);
        folder
    }

    /// A new folder that belongs to somebody.
    ///
    /// # Panics
    /// When it can't be made or given away.
    pub fn make_folder_of(&self, name: &str, owner: &Account) -> PathBuf {
        let folder = self.make_folder(name, 0o755);
        if Account::is_root() {
            chown(&folder, Some(owner.uid), Some(owner.gid)).expect("a folder can be given away");
        }
        folder
    }

    /// What runs or is mounted here, in words.
    pub fn leftovers(&self) -> Vec<String> {
        let running = processes::of(&self.folder)
            .into_iter()
            .filter(|pid| processes::runs(*pid));
        let process = |pid| format!("process {pid} ({:?})", processes::executable(pid));
        let mounted = mounts::under(&self.folder).into_iter();
        let mount = |mount: mounts::Mount| format!("mount {}", mount.mount_point.display());
        let groups = self.cgroup.iter().flat_map(Cgroup::inner);
        let group = |path: PathBuf| format!("cgroup {}", path.display());
        let all = running.map(process).chain(mounted.map(mount));
        all.chain(groups.map(group)).collect()
    }

    /// Ends every process that belongs here and detaches every mount.
    pub fn clear(&self) {
        if let Some(cgroup) = &self.cgroup {
            cgroup.kill();
        }
        for pid in processes::of(&self.folder) {
            processes::signal(pid, Signal::KILL);
        }
        mounts::detach_under(&self.folder);
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
        if std::thread::panicking() {
            // A second panic would hide the first.
            let _ = fs::remove_dir_all(&self.folder);
        } else {
            until("nothing is mounted in the folder of the test", || {
                self.clear();
                mounts::under(&self.folder).is_empty()
            });
            fs::remove_dir_all(&self.folder).expect("the folder of the test can be removed");
        }
    }
}

fn set_mode(folder: &Path, mode: u32) {
    fs::set_permissions(folder, Permissions::from_mode(mode)).expect("a mode can be set");
}
