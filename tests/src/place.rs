//! The folder of one test, and the end of everything that happens in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Account, Cgroup, mounts, processes, system, until};

/// A folder that is removed with all that runs in it or is mounted in it.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    cgroup: Option<Cgroup>,
}

impl Place {
    /// A new folder. `cargo xtask test` knows the name and looks for folders
    /// that stayed.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let (name, folder) = loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("fslaunch-test-{}-{number}", std::process::id());
            let folder = system::parent().join(&name);
            match system::make(&folder) {
                Ok(()) => break (name, folder),
                // Of an ended process that had the same ID.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("{}: {error}", folder.display()),
            }
        };
        system::set_mode(&folder, 0o755);
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
        system::set_mode(&folder, mode);
        folder
    }

    /// A new folder that belongs to somebody.
    ///
    /// # Panics
    /// When it can't be made or given away.
    pub fn make_folder_of(&self, name: &str, owner: &Account) -> PathBuf {
        let folder = self.make_folder(name, 0o755);
        system::give_to(owner, &folder);
        folder
    }

    /// A new file in this place.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn make_file(
        &self,
        name: impl AsRef<Path>,
        contents: impl AsRef<[u8]>,
        mode: u32,
    ) -> PathBuf {
        let file = self.folder.join(name);
        fs::write(&file, contents).expect("a file can be made");
        system::set_mode(&file, mode);
        file
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
            processes::kill(pid);
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
            system::remove_folder(&self.folder);
        }
    }
}
