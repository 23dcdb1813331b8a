//! Classes come and go.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use fslaunch_core::{name::ClassName, record::Registration};
use fslaunch_protocol::Error;
use rustix::fs::{CWD, RenameFlags};

use super::{ClassStore, MAX_FILE, file, record};

/// Why a class can't be registered, unregistered or exported.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum StoreError {
    /// The class could not be used, or can't be looked at.
    #[error(transparent)]
    Class(#[from] Error),
    /// Its file would be longer than any that is read.
    #[error("class '{class}' is too large: its file would be longer than {MAX_FILE} bytes")]
    TooLong { class: ClassName },
    /// There is a class of this name.
    #[error("class '{class}' is already registered, in {path}", path = path.display())]
    Exists { class: ClassName, path: PathBuf },
    /// The class is in a folder that classes are not removed from.
    #[error("class '{class}' came with the system, in {path}: a class of your own with this name hides it", path = path.display())]
    NotOwn { class: ClassName, path: PathBuf },
    /// A folder of classes can't be trusted or read.
    #[error("{reason}")]
    Folder { reason: String },
    /// There is no folder to register classes in.
    #[error("there is no folder for classes: neither XDG_CONFIG_HOME nor HOME is a full path")]
    NoFolder,
    /// The system's answer to what was done with a file.
    #[error("failed to {action} {path}: {source}", path = path.display())]
    Os {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

fn os(action: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Os {
        action,
        path: path.to_owned(),
        source,
    }
}

impl ClassStore {
    /// Registers a class in the first folder, which is made if need be, and
    /// returns its file. Nobody ever sees half a file.
    ///
    /// # Errors
    /// The class could not be used; the first folder has it already, unless
    /// `force` says to replace it; or the file can't be written.
    pub fn register(
        &self,
        registration: &Registration,
        force: bool,
    ) -> Result<PathBuf, StoreError> {
        let class = registration.class();
        record(registration).map_err(|error| error.for_class(class))?;
        let text = registration.to_toml();
        if text.len() as u64 > MAX_FILE {
            return Err(StoreError::TooLong {
                class: class.clone(),
            });
        }
        let folder = self.folders.first().ok_or(StoreError::NoFolder)?;
        make_folder(folder)?;
        let known = file::locate(folder, class, &self.trust)?;
        let path = known.unwrap_or_else(|| folder.join(file::file_name(class)));
        if !force && path.exists() {
            return Err(StoreError::Exists {
                class: class.clone(),
                path,
            });
        }
        write(folder, &path, class, &text, force)?;
        Ok(path)
    }

    /// Puts back what a registration left aside that was interrupted: none
    /// does, as a file is moved to its place in one step.
    ///
    /// # Errors
    /// None on this system.
    pub fn recover(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes a class from the first folder and returns the file that it had.
    ///
    /// # Errors
    /// It is not registered, or in another folder only, or the file can't be
    /// removed.
    pub fn unregister(&self, class: &ClassName) -> Result<PathBuf, StoreError> {
        for (place, folder) in self.folders.iter().enumerate() {
            let Some(path) = file::locate(folder, class, &self.trust)? else {
                continue;
            };
            if place > 0 {
                return Err(StoreError::NotOwn {
                    class: class.clone(),
                    path,
                });
            }
            fs::remove_file(&path).map_err(os("remove", &path))?;
            return Ok(path);
        }
        Err(Error::ClassNotFound {
            class: class.as_str().to_owned(),
        }
        .into())
    }
}

/// Makes a folder and those above it, each with mode 0755 whatever the umask:
/// the daemon must be able to read what it is to trust.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match DirBuilder::new().mode(0o755).create(folder) {
        Ok(()) => {
            fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(os("make", folder))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(os("make", folder)(error)),
    }
}

/// Writes the file beside its place and moves it there.
fn write(
    folder: &Path,
    path: &Path,
    class: &ClassName,
    text: &str,
    force: bool,
) -> Result<(), StoreError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // A leading dot: it is never taken for a class.
    let beside = folder.join(format!(".{}-{count}.new", std::process::id()));
    let written = write_new(&beside, text).and_then(|()| {
        let flags = if force {
            RenameFlags::empty()
        } else {
            RenameFlags::NOREPLACE
        };
        rustix::fs::renameat_with(CWD, &beside, CWD, path, flags).map_err(io::Error::from)
    });
    if let Err(error) = written {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
        if error.kind() == io::ErrorKind::AlreadyExists {
            let (class, path) = (class.clone(), path.to_owned());
            return Err(StoreError::Exists { class, path });
        }
        return Err(os("write", path)(error));
    }
    let kept = File::open(folder).and_then(|folder| folder.sync_all());
    kept.map_err(os("write", path))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    // One that an earlier process of the same ID left behind.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
