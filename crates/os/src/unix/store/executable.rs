//! Whether the program of a class can be run, and by whom it can be changed.

use std::path::Path;

use fslaunch_core::{
    name::ClassName,
    record::{ClassRecord, is_batch_file},
};
use fslaunch_protocol::Error;
use rustix::fs::FileType;

use super::ClassStore;
use crate::unix::trust::{Trust, TrustError, check_path};

impl ClassStore {
    /// Checks the program of a class: it must be there and executable, and
    /// nobody but those whom the store trusts may be able to change it.
    ///
    /// # Errors
    /// [`Error::ExecutableNotFound`] and [`Error::ClassUnusable`], each with
    /// what is wrong.
    pub fn check_executable(&self, class: &ClassName, record: &ClassRecord) -> Result<(), Error> {
        check_executable(class, record, &self.trust)
    }
}

fn check_executable(class: &ClassName, record: &ClassRecord, trust: &Trust) -> Result<(), Error> {
    let executable = record.executable.as_str();
    let name = || class.as_str().to_owned();
    let not_found = |reason: &str| Error::ExecutableNotFound {
        class: name(),
        executable: executable.to_owned(),
        reason: reason.to_owned(),
    };
    let unusable = |reason: String| Error::ClassUnusable {
        class: name(),
        reason,
    };
    if is_batch_file(executable) {
        return Err(unusable(format!(
            "{executable} is a batch file, which would read its arguments anew"
        )));
    }
    let trusted = check_path(Path::new(executable), trust).map_err(|error| match error {
        TrustError::NotFound { path } if path == Path::new(executable) => {
            not_found("it does not exist")
        }
        TrustError::NotFound { .. }
        | TrustError::Kind { .. }
        | TrustError::TooManyLinks { .. }
        | TrustError::NotFull { .. }
        | TrustError::Os { .. } => not_found(&error.to_string()),
        TrustError::Owner { .. } | TrustError::Writable { .. } => {
            unusable(format!("its executable can't be trusted: {error}"))
        }
    })?;
    if trusted.kind == FileType::Directory {
        return Err(not_found("it is a folder"));
    }
    if trusted.kind != FileType::RegularFile {
        return Err(not_found("it is not a file"));
    }
    if trusted.mode & 0o111 == 0 {
        return Err(not_found("it is not executable"));
    }
    Ok(())
}
