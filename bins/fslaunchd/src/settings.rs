//! Finds and reads the configuration.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use fslaunch_os::{
    identity::{self, UnknownAccount},
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
    /// It names an account that there is not.
    #[error(transparent)]
    Account(#[from] UnknownAccount),
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
    identities(&config, mode).check()?;
    Ok(config)
}

/// Which accounts there are to run as.
pub(crate) fn identities(config: &Config, mode: Mode) -> identity::Settings {
    identity::Settings {
        own_only: mode == Mode::User,
        local_service: config.local_service.clone(),
        network_service: config.network_service.clone(),
    }
}

/// Whose files decide what the daemon does.
pub(crate) fn whom_to_trust(mode: Mode) -> Trust {
    match mode {
        Mode::System => Trust::system(),
        Mode::User => Trust::user(),
    }
}
