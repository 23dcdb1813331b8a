//! The daemon's folders: made so that nobody else can change what is in them.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Places;
use crate::windows::trust::{Trust, TrustError, check_path};

/// Why a folder can't be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum FolderError {
    /// The registered classes are at no registry key.
    #[error("{reason}")]
    Classes { reason: String },
    /// Others could change what is in it.
    #[error("a folder can't be trusted")]
    Untrusted(#[from] TrustError),
    /// It is not there and can't be made.
    #[error("failed to make {path}", path = path.display())]
    Make { path: PathBuf, source: io::Error },
}

pub(super) fn prepare(places: &Places, trust: &Trust) -> Result<(), FolderError> {
    let config_dir = places.config_file.parent();
    let log_dir = places.log_file.parent();
    let folders = [config_dir, Some(places.state_dir.as_path()), log_dir];
    for folder in folders.into_iter().flatten() {
        make(folder, trust)?;
        check_path(folder, trust)?;
    }
    Ok(())
}

/// Makes a folder, and those above it that are missing.
fn make(folder: &Path, trust: &Trust) -> Result<(), FolderError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make(parent, trust)?;
    }
    match trust.make_folder(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(FolderError::Make {
            path: folder.to_owned(),
            source,
        }),
        Ok(()) => Ok(()),
    }
}
