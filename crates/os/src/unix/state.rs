//! What must outlive the daemon: a small file for each instance, so that the
//! next daemon can adopt those that live on and clear away after the others.
//!
//! A record holds no argument and no secret (design: secrets are never in a
//! state file); the command line of an adopted instance is asked of the system.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use super::peer::own_uid;
use fslaunch_core::table::InstanceId;
use rustix::fs::{FlockOperation, flock};

use crate::record::Files;
pub use crate::record::{MountRecord, Record};

/// The folder of the records. Only the daemon's user may look into it.
///
/// It is locked while it is open: two daemons would each take the instances
/// of the other for those of one that has died.
#[derive(Debug, Clone)]
pub struct StateFolder {
    files: Files,
    _lock: Arc<File>,
}

impl StateFolder {
    /// Opens the folder, making it if missing.
    ///
    /// # Errors
    /// It can't be made, others may write to it, or another daemon has it.
    pub fn open(state_dir: &Path) -> io::Result<StateFolder> {
        let path = state_dir.join("instances");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        for folder in [state_dir, &path] {
            let found = fs::symlink_metadata(folder)?;
            if !found.is_dir() || found.uid() != own_uid() || found.mode() & 0o022 != 0 {
                let words = "must be a folder that only the daemon's user may write";
                return Err(io::Error::other(format!("{} {words}", folder.display())));
            }
        }
        fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        let lock = File::open(&path)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let words = format!("{} is in use by another launcher", state_dir.display());
            return Err(io::Error::other(words));
        }
        let _lock = Arc::new(lock);
        let files = Files::new(path, create);
        Ok(StateFolder { files, _lock })
    }

    /// Remembers an instance.
    ///
    /// # Errors
    /// The system's.
    pub fn remember(&self, id: InstanceId, record: &Record) -> io::Result<()> {
        self.files.remember(id, record)
    }

    /// Forgets an instance.
    pub fn forget(&self, id: InstanceId) {
        self.files.forget(id);
    }

    /// All that is remembered. A file that can't be read is reported and set
    /// aside under a name of its own: nothing is lost, and it is reported once.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn records(&self) -> io::Result<Vec<(InstanceId, Record)>> {
        self.files.records()
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let name = format!("fslaunch-state-{}-{name}", std::process::id());
            Folder(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn record() -> Record {
        Record {
            boot: "b".into(),
            pid: 1,
            start_time: 2,
            image: None,
            job: Some("/sys/fs/cgroup/fslaunch-5".into()),
            class: "memfs64".into(),
            instance: "share".into(),
            starter: "anna".into(),
            starter_sid: "S-1-22-1-1000".into(),
            starter_administrator: false,
            run_as: "anna".into(),
            account: "1000".into(),
            since: 3,
            descriptor: "D:".into(),
            job_control: false,
            recovery: true,
            decided: true,
            stop_grace: 5000,
            mount: Some(MountRecord {
                path: "/mnt/z".into(),
                staged: None,
                before: vec![7],
            }),
        }
    }

    #[test]
    fn what_is_remembered_is_there_until_it_is_forgotten() {
        let folder = Folder::new("remember");
        let state = StateFolder::open(&folder.0).unwrap();
        state.remember(InstanceId(5), &record()).unwrap();
        assert_eq!(state.records().unwrap(), [(InstanceId(5), record())]);
        state.forget(InstanceId(5));
        assert_eq!(state.records().unwrap(), []);
    }

    #[test]
    fn nobody_else_may_look_into_the_folder_or_its_files() {
        let folder = Folder::new("modes");
        let state = StateFolder::open(&folder.0).unwrap();
        state.remember(InstanceId(5), &record()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&folder.0), 0o700);
        assert_eq!(mode(&folder.0.join("instances")), 0o700);
        assert_eq!(mode(&state.files.file(InstanceId(5))), 0o600);
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused() {
        let folder = Folder::new("writable");
        DirBuilder::new().create(&folder.0).unwrap();
        fs::set_permissions(&folder.0, Permissions::from_mode(0o777)).unwrap();
        let words = StateFolder::open(&folder.0).unwrap_err().to_string();
        assert!(
            words.contains("only the daemon's user may write"),
            "{words}"
        );
    }

    #[test]
    fn two_daemons_do_not_share_a_folder() {
        let folder = Folder::new("shared");
        let _first = StateFolder::open(&folder.0).unwrap();
        let words = StateFolder::open(&folder.0).unwrap_err().to_string();
        assert!(words.contains("in use by another launcher"), "{words}");
    }

    #[test]
    fn a_broken_record_is_set_aside_and_the_others_are_read() {
        let folder = Folder::new("broken");
        let state = StateFolder::open(&folder.0).unwrap();
        state.remember(InstanceId(5), &record()).unwrap();
        fs::write(state.files.file(InstanceId(6)), "{").unwrap();
        fs::write(folder.0.join("instances/0000000000000007.new"), "").unwrap();
        assert_eq!(state.records().unwrap().len(), 1);
        let aside = folder.0.join("instances/0000000000000006.unreadable");
        assert_eq!(fs::read_to_string(aside).unwrap(), "{");
        assert!(!folder.0.join("instances/0000000000000007.new").exists());
    }
}
