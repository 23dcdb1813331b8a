//! Finds and reads the configuration.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use fslaunch_os::{
    accounts,
    peer::own_uid,
    places::Places,
    store::ClassStore,
    trust::{self, Trust, TrustError},
};

use crate::{config::Config, options::Mode};

/// The longest configuration that is read, in bytes.
const MOST: u64 = 1 << 20;

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Others could change it.
    #[error("the configuration can't be trusted")]
    Untrusted(#[from] TrustError),
    /// It can't be read.
    #[error("failed to read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{path} is not a configuration", path = path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: toml_edit::de::Error,
    },
    /// It names an account or group that there is not.
    #[error("the configuration names the {kind} {name:?}, which does not exist")]
    Unknown {
        /// Group or account.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

/// Reads the configuration; one that is missing is empty.
///
/// # Errors
/// It is there and can't be used.
pub(crate) fn read(path: &Path, mode: Mode) -> Result<Config, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.into(),
        source,
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(error) => return Err(failed(error)),
        Ok(_) => {}
    }
    let mut text = String::new();
    let file = trust::check_path(path, &whom_to_trust(mode))?.open()?;
    file.take(MOST).read_to_string(&mut text).map_err(failed)?;
    let config = Config::parse(&text).map_err(|source| ConfigError::Parse {
        path: path.into(),
        source,
    })?;
    for account in [&config.local_service, &config.network_service]
        .into_iter()
        .flatten()
    {
        if accounts::user_by_name(account).is_none() {
            return Err(ConfigError::Unknown {
                kind: "account",
                name: account.clone(),
            });
        }
    }
    Ok(config)
}

/// The group whose members are administrators.
///
/// # Errors
/// There is no such group.
pub(crate) fn administrators(config: &Config) -> Result<Option<u32>, ConfigError> {
    let Some(name) = &config.administrators else {
        return Ok(None);
    };
    match accounts::group_by_name(name) {
        Some(group) => Ok(Some(group.gid)),
        None => Err(ConfigError::Unknown {
            kind: "group",
            name: name.clone(),
        }),
    }
}

/// The registered classes.
pub(crate) fn store(mode: Mode, places: &Places) -> ClassStore {
    match (&places.classes, mode) {
        (Some(folder), _) => ClassStore::at(vec![folder.clone()], whom_to_trust(mode)),
        (None, Mode::System) => ClassStore::system(),
        (None, Mode::User) => ClassStore::user(),
    }
}

/// Whose files decide what the daemon does.
fn whom_to_trust(mode: Mode) -> Trust {
    match mode {
        Mode::System => Trust::system(),
        Mode::User => Trust::user(own_uid()),
    }
}
