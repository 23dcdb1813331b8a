//! What must outlive the daemon: a small file for each instance, so that the
//! next daemon can adopt those that live on and clear away after the others.
//!
//! A record holds no argument and no secret (design: secrets are never in a
//! state file); the command line of an adopted instance is asked of the system.

use std::{
    fs::{self, File},
    io,
    os::windows::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use fslaunch_core::table::InstanceId;
use windows_sys::Win32::Foundation::ERROR_SHARING_VIOLATION;

use super::trust::{Trust, check_path};
use crate::record::Files;
pub use crate::record::{MountRecord, Record};

/// The folder of the records. Only the daemon's account and administrators may
/// look into it.
///
/// A file in it is held open for nobody else while it is open: two daemons
/// would each take the instances of the other for those of one that has died.
#[derive(Debug, Clone)]
pub struct StateFolder {
    files: Files,
    _lock: Arc<File>,
}

const LOCK: &str = "lock";

impl StateFolder {
    /// Opens the folder, making it if missing.
    ///
    /// # Errors
    /// It can't be made, others may write to it, or another daemon has it.
    pub fn open(state_dir: &Path) -> io::Result<StateFolder> {
        let path = state_dir.join("instances");
        fs::create_dir_all(state_dir)?;
        let trust = Trust::user();
        match trust.make_folder(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        check_path(&path, &trust).map_err(io::Error::other)?;
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        let lock = options.share_mode(0).open(path.join(LOCK));
        let _lock = Arc::new(lock.map_err(|error| match error.raw_os_error() {
            Some(code) if code.cast_unsigned() == ERROR_SHARING_VIOLATION => {
                let words = format!("{} is in use by another launcher", state_dir.display());
                io::Error::other(words)
            }
            Some(_) | None => error,
        })?);
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
    // The folder's descriptor is handed down to it.
    File::create(path)
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
            image: Some(r"\Device\HarddiskVolume3\memfs.exe".into()),
            job: Some("fslaunch-5".into()),
            class: "memfs64".into(),
            instance: "share".into(),
            starter: "anna".into(),
            starter_sid: "S-1-5-21-1-2-3-1000".into(),
            starter_administrator: false,
            run_as: "anna".into(),
            account: "S-1-5-21-1-2-3-1000".into(),
            since: 3,
            descriptor: "D:".into(),
            job_control: false,
            recovery: false,
            decided: true,
            stop_grace: 5000,
            mount: Some(MountRecord {
                path: "Z:".into(),
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
