//! The files that classes are registered from.

use super::{Failed, of_system, other};
use crate::exit;
use fslaunch_core::name::ClassName;
use fslaunch_core::record::{Import, RecordError, Registration};
use fslaunch_protocol::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What is in a file.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) classes: Vec<Registration>,
    /// What else is in it and was left out.
    pub(super) remarks: Vec<String>,
}

/// Reads a class file or a registry file, as its name says.
pub(super) fn read(path: &Path) -> Result<Contents, Failed> {
    let extension = path.extension().unwrap_or_default();
    let is = |known| extension.eq_ignore_ascii_case(known);
    if is("toml") {
        class(path, bytes(path)?)
    } else if is("reg") {
        registry(path, &bytes(path)?)
    } else {
        let cause = format!("{} is neither a .toml nor a .reg file", path.display());
        Err(other("FileKind", exit::WRONG, cause))
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failed> {
    let mut bytes = vec![];
    // One byte more than is allowed: its readers tell that it is too long.
    let most = Registration::MAX_BYTES.max(Import::MAX_BYTES) as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let cause = format!("failed to read {}: {error}", path.display());
            Err(other("File", of_system(&error), cause))
        }
    }
}

/// The class of a class file is called as the file is.
fn class(path: &Path, bytes: Vec<u8>) -> Result<Contents, Failed> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let class = ClassName::parse(&stem).map_err(|error| Failed::Class(error.into()))?;
    let unusable = |reason: String| {
        Failed::Class(Error::ClassUnusable {
            class: class.as_str().to_owned(),
            reason: format!("{}: {reason}", path.display()),
        })
    };
    let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8".into()))?;
    let registration = Registration::from_toml(class.clone(), &text);
    let registration = registration.map_err(|error: RecordError| unusable(error.to_string()))?;
    Ok(Contents {
        classes: vec![registration],
        remarks: vec![],
    })
}

fn registry(path: &Path, bytes: &[u8]) -> Result<Contents, Failed> {
    let unusable = |reason: &dyn std::fmt::Display| {
        let cause = format!("{}: {reason}", path.display());
        other("RegistryFile", exit::UNUSABLE, cause)
    };
    let Import { classes, ignored } = Import::parse(bytes).map_err(|error| unusable(&error))?;
    if classes.is_empty() {
        return Err(unusable(&"there is no class in it"));
    }
    let remarks = ignored
        .iter()
        .map(|what| format!("left out: {what}"))
        .collect();
    Ok(Contents { classes, remarks })
}
