//! The files of the records: one for each instance, written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use fslaunch_core::table::InstanceId;

use super::Record;

/// A folder of records.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    /// Makes a file that nobody else may look into.
    create: fn(&Path) -> io::Result<File>,
}

impl Files {
    pub(crate) fn new(folder: PathBuf, create: fn(&Path) -> io::Result<File>) -> Files {
        Files { folder, create }
    }

    /// Remembers an instance.
    pub(crate) fn remember(&self, id: InstanceId, record: &Record) -> io::Result<()> {
        let text = serde_json::to_vec(record)?;
        let new = self.folder.join(format!("{id}.new"));
        let mut file = (self.create)(&new)?;
        file.write_all(&text)?;
        drop(file);
        fs::rename(new, self.file(id))
    }

    /// Forgets an instance.
    pub(crate) fn forget(&self, id: InstanceId) {
        let file = self.file(id);
        if let Err(error) = fs::remove_file(&file)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %file.display(), %error, "failed to forget an instance");
        }
    }

    /// All that is remembered. A file that can't be read is reported and set
    /// aside under a name of its own: nothing is lost, and it is reported once.
    pub(crate) fn records(&self) -> io::Result<Vec<(InstanceId, Record)>> {
        let mut records = vec![];
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => {}
                // Half-written when the daemon died, before the process went on.
                Some("new") => {
                    fs::remove_file(&path)?;
                    continue;
                }
                Some(_) | None => continue,
            }
            match read(&path) {
                Ok(record) => records.push(record),
                Err(error) => {
                    let aside = path.with_extension("unreadable");
                    tracing::error!(file = %path.display(), aside = %aside.display(), %error,
                        "failed to read what was remembered of an instance");
                    fs::rename(&path, &aside)?;
                }
            }
        }
        Ok(records)
    }

    /// The file of an instance.
    pub(crate) fn file(&self, id: InstanceId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

fn read(path: &Path) -> io::Result<(InstanceId, Record)> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let id = name
        .parse()
        .map_err(|_| invalid(format!("'{name}' is not an id")))?;
    Ok((id, serde_json::from_slice(&fs::read(path)?)?))
}
