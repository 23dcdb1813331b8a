//! Whether nobody but a trusted account can change a file.
//!
//! A path is looked at from its drive on, step by step: each folder on the way
//! must not let others exchange what is in it, and what is at the end must not
//! let others change it (security specification, rule 2 of what callers may
//! never make the launcher do).

mod decide;
mod descriptor;
mod own;
#[cfg(test)]
mod tests;
mod walk;

use std::{
    io,
    path::{Path, PathBuf},
};

use fslaunch_access::{Sid, well_known};
use fslaunch_protocol::escape;

pub(crate) use own::own_sid;
pub use walk::{Trusted, check_path};

/// Whom to trust with files: who may own them, and who may write to them.
///
/// # Platform behaviour
/// LocalSystem, Administrators and TrustedInstaller are always trusted. Wine
/// has one account, owns every file with it and keeps no other owner; there,
/// and only there, that account is trusted as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    accounts: Vec<Sid>,
}

/// `NT SERVICE\TrustedInstaller`, which most of Windows's own files belong to.
const TRUSTED_INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

impl Trust {
    /// The system alone: what the daemon of the system trusts.
    pub fn system() -> Trust {
        let mut accounts = vec![well_known::local_system(), well_known::administrators()];
        accounts.extend(TRUSTED_INSTALLER.parse::<Sid>());
        accounts.extend(own::wine().and_then(|()| own_sid().ok()));
        Trust { accounts }
    }

    /// The system and whoever runs this process: what a user's own daemon
    /// trusts.
    pub fn user() -> Trust {
        let mut trust = Trust::system();
        if let Ok(user) = own_sid()
            && !trust.accounts.contains(&user)
        {
            trust.accounts.push(user);
        }
        trust
    }

    /// Makes a folder that the trusted accounts, and nobody else, may look
    /// into and change.
    ///
    /// # Errors
    /// The system's; `AlreadyExists` if there is something at that path.
    pub fn make_folder(&self, path: &Path) -> io::Result<()> {
        own::make_folder(path, &self.folder_descriptor())
    }

    /// Installers of Windows itself have no business in our folders.
    fn folder_descriptor(&self) -> String {
        let mut text = "D:P".to_owned();
        for sid in &self.accounts {
            let sid = sid.to_string();
            if sid != TRUSTED_INSTALLER {
                text.push_str(&format!("(A;OICI;FA;;;{sid})"));
            }
        }
        text
    }

    fn includes(&self, sid: &Sid) -> bool {
        self.accounts.contains(sid)
    }

    fn words(&self) -> String {
        let accounts: Vec<String> = self.accounts.iter().map(own::account_label).collect();
        accounts.join(" or ")
    }
}

/// Why a file is not trusted, or can't be looked at.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum TrustError {
    /// It belongs to somebody else.
    #[error("{path} belongs to {owner}, not to {trusted}", path = shown(path))]
    Owner {
        path: PathBuf,
        owner: String,
        trusted: String,
    },
    /// Somebody else can change it, or what is in it.
    #[error("{path} can be changed by {by}", path = shown(path))]
    Writable { path: PathBuf, by: String },
    /// Links that lead to links, and so on.
    #[error("{path} is behind more than {most} links", path = shown(path), most = walk::MAX_LINKS)]
    TooManyLinks { path: PathBuf },
    /// A path without a beginning, or one on another machine.
    #[error("{path} is not a full path on a local drive", path = shown(path))]
    NotFull { path: PathBuf },
    /// Something else than a file, or than a folder on the way to one.
    #[error("{path} is not a {expected}", path = shown(path))]
    Kind {
        path: PathBuf,
        expected: &'static str,
    },
    /// It is not there.
    #[error("{path} does not exist", path = shown(path))]
    NotFound { path: PathBuf },
    /// The system's answer to a look at it.
    #[error("failed to look at {path}: {source}", path = shown(path))]
    Os { path: PathBuf, source: io::Error },
}

/// A path as one word of a message, with nothing in it that could forge
/// another line.
pub(super) fn shown(path: &Path) -> String {
    escape::line(&path.to_string_lossy()).into_owned()
}
