//! Class files: found, checked and read.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use fslaunch_core::{
    name::ClassName,
    record::{RecordError, Registration},
};
use fslaunch_protocol::Error;

use super::MAX_FILE;
use crate::unix::trust::{Trust, TrustError, check_path};

const EXTENSION: &str = ".toml";

/// The name of the file that a class is registered in.
pub(super) fn file_name(class: &ClassName) -> String {
    format!("{class}{EXTENSION}")
}

/// The file of a class in a folder, whatever the case of its name.
///
/// # Errors
/// The folder can't be trusted, which hides what it has from nobody; or two
/// files differ in case alone.
pub(super) fn locate(
    folder: &Path,
    class: &ClassName,
    trust: &Trust,
) -> Result<Option<PathBuf>, Error> {
    let unusable = |reason| Error::ClassUnusable {
        class: class.as_str().to_owned(),
        reason,
    };
    let mut found = classes(folder, trust).map_err(unusable)?;
    found.retain(|known| known == class);
    let path = |known: &ClassName| folder.join(file_name(known));
    match found.as_mut_slice() {
        [] => Ok(None),
        [one] => Ok(Some(path(one))),
        several => {
            several.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            let names: Vec<String> = several.iter().map(file_name).collect();
            let (folder, names) = (folder.display(), names.join(" and "));
            Err(unusable(format!(
                "{names} in {folder} differ in case alone: remove one"
            )))
        }
    }
}

/// The classes that have a file in a folder, in no order. A folder that is not
/// there has none; files that are not called as a class can be are left out.
///
/// # Errors
/// The folder can't be trusted or read: a text that says why.
pub(super) fn classes(folder: &Path, trust: &Trust) -> Result<Vec<ClassName>, String> {
    let trusted = match check_path(folder, trust) {
        Ok(trusted) => trusted,
        Err(TrustError::NotFound { .. }) => return Ok(vec![]),
        Err(error) => return Err(error.to_string()),
    };
    let failed = |error: io::Error| format!("failed to read {}: {error}", folder.display());
    let mut classes = Vec::new();
    for entry in fs::read_dir(&trusted.path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(EXTENSION));
        classes.extend(stem.and_then(|stem| ClassName::parse(stem).ok()));
    }
    Ok(classes)
}

/// Reads a class file.
pub(super) fn read(class: &ClassName, path: &Path, trust: &Trust) -> Result<Registration, Error> {
    let text = read_text(path, trust).map_err(|reason| Error::ClassUnusable {
        class: class.as_str().to_owned(),
        reason,
    })?;
    // The name is spelled as the file is, not as it was asked for.
    let spelled = path
        .file_name()
        .and_then(|name| name.to_str()?.strip_suffix(EXTENSION));
    let name = spelled.and_then(|stem| ClassName::parse(stem).ok());
    let name = name.unwrap_or_else(|| class.clone());
    Registration::from_toml(name, &text).map_err(|error| unusable(class, path, error))
}

fn read_text(path: &Path, trust: &Trust) -> Result<String, String> {
    let file = check_path(path, trust).and_then(|trusted| trusted.open());
    let file = file.map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("failed to read {}: {error}", path.display()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!(
            "{} is longer than {MAX_FILE} bytes",
            path.display()
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let lines = error.as_bytes()[..good]
            .iter()
            .filter(|&&byte| byte == b'\n');
        format!("{}: line {}: not UTF-8", path.display(), lines.count() + 1)
    })
}

/// The error of a class whose record can't be used, with the file that it is in.
pub(super) fn unusable(class: &ClassName, path: &Path, error: RecordError) -> Error {
    error.for_class_in(class, &path.display().to_string())
}
