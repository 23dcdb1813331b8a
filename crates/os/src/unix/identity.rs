//! Which account an instance runs as, and what it gets from it.

use std::{
    io,
    path::{Path, PathBuf},
};

use fslaunch_core::record::RunAs;

use super::{
    accounts::{self, User},
    limits,
    peer::{Peer, own_uid},
    plan::Account,
};

/// Who asks, as command lines name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `%U`: the account's name. An account that is not known to the system
    /// is called by its number.
    pub name: String,
    /// `%P`: the home folder.
    pub profile: String,
}

/// The user who asks, with what the system knows of it. It may take long the
/// first time.
pub fn caller(peer: &Peer) -> Caller {
    let user = user_of(peer);
    Caller {
        profile: user.home.to_str().unwrap_or("/").to_owned(),
        name: user.name,
    }
}

fn user_of(peer: &Peer) -> User {
    peer.account().cloned().unwrap_or_else(|| User {
        name: peer.uid.to_string(),
        uid: peer.uid,
        gid: peer.gid,
        home: "/".into(),
        shell: "/bin/sh".into(),
    })
}

/// Which accounts there are to run as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The daemon's own account only: user mode.
    pub own_only: bool,
    /// Account that stands for LocalService.
    pub local_service: Option<String>,
    /// Account that stands for NetworkService.
    pub network_service: Option<String>,
}

/// An account that the settings name and the system does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration names the account {0:?}, which does not exist")]
pub struct UnknownAccount(pub String);

impl Settings {
    /// Whether the accounts that are named are there.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), UnknownAccount> {
        let named = [&self.local_service, &self.network_service];
        match named
            .into_iter()
            .flatten()
            .find(|name| accounts::user_by_name(name).is_none())
        {
            Some(name) => Err(UnknownAccount(name.clone())),
            None => Ok(()),
        }
    }
}

/// Why an account can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// In words.
    Reason(String),
    /// The caller lets the launcher know who it is, and no more. On Unix
    /// there is no such caller.
    IdentificationOnly,
}

impl From<String> for Refused {
    fn from(reason: String) -> Refused {
        Refused::Reason(reason)
    }
}

/// An account that an instance runs as.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub name: String,
    uid: u32,
    gid: u32,
    account: Option<Account>,
    home: PathBuf,
    shell: PathBuf,
}

/// The account that a class's instances run as when this caller starts them.
///
/// # Errors
/// There is no such account, or it can't be taken.
pub fn identity(run_as: &RunAs, settings: &Settings, peer: &Peer) -> Result<Identity, Refused> {
    if settings.own_only {
        return Ok(own(run_as, peer)?);
    }
    let user = match run_as {
        RunAs::Caller => return Ok(as_caller(peer)?),
        RunAs::LocalSystem => known("root")?,
        RunAs::LocalService => configured(&settings.local_service, "local-service")?,
        RunAs::NetworkService => configured(&settings.network_service, "network-service")?,
        RunAs::Unknown(_) => return Err(Refused::Reason(UNKNOWN.into())),
    };
    let (uid, gid, groups) = (user.uid, user.gid, accounts::groups_of(&user));
    let account = Account {
        uid,
        gid,
        groups,
        limits: vec![],
    };
    Ok(Identity::new(user, Some(account)))
}

const UNKNOWN: &str = "it is none of '.', root, LocalSystem, LocalService and NetworkService";

/// In user mode there is one account only: the daemon's.
fn own(run_as: &RunAs, peer: &Peer) -> Result<Identity, String> {
    match run_as {
        RunAs::Caller if peer.uid == own_uid() => Ok(Identity::new(user_of(peer), None)),
        RunAs::Caller => Err("this launcher serves one user only, and you are another".into()),
        RunAs::LocalSystem | RunAs::LocalService | RunAs::NetworkService => {
            Err("this launcher serves one user and can't become another".into())
        }
        RunAs::Unknown(_) => Err(UNKNOWN.into()),
    }
}

/// With the caller's own groups and limits (security specification).
fn as_caller(peer: &Peer) -> Result<Identity, String> {
    let limits = limits::of(peer.pid, peer.uid);
    // Only while the process is there, its number can't be another's.
    if !peer.is_alive() {
        return Err("you have left, and your limits with you".into());
    }
    let limits = limits.map_err(|error| format!("your limits can't be read: {error}"))?;
    let groups = peer.groups.clone();
    let account = Account {
        uid: peer.uid,
        gid: peer.gid,
        groups,
        limits,
    };
    Ok(Identity::new(user_of(peer), Some(account)))
}

fn known(name: &str) -> Result<User, String> {
    accounts::user_by_name(name).ok_or_else(|| format!("there is no account '{name}'"))
}

fn configured(name: &Option<String>, setting: &str) -> Result<User, String> {
    match name {
        Some(name) => known(name),
        None => Err(format!(
            "fslaunchd.toml does not say which account '{setting}' is"
        )),
    }
}

impl Identity {
    fn new(user: User, account: Option<Account>) -> Identity {
        let gid = account.as_ref().map_or(user.gid, |account| account.gid);
        let User {
            name,
            uid,
            gid: _,
            home,
            shell,
        } = user;
        Identity {
            name,
            uid,
            gid,
            account,
            home,
            shell,
        }
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    pub(super) fn gid(&self) -> u32 {
        self.gid
    }

    /// What the process must become; `None` if it is what the daemon is.
    pub fn account(&self) -> Option<Account> {
        self.account.clone()
    }

    /// Whether it is the very caller.
    pub fn is(&self, peer: &Peer) -> bool {
        self.uid == peer.uid
    }

    /// Names the account for ever, as in the state file: the user ID.
    pub fn key(&self) -> String {
        self.uid.to_string()
    }

    /// The clean environment of the account's processes.
    ///
    /// # Errors
    /// None on Unix.
    pub fn environment(&self) -> io::Result<Vec<(String, String)>> {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let pairs = [
            ("PATH", path.to_owned()),
            ("HOME", text(&self.home)),
            ("USER", self.name.clone()),
            ("LOGNAME", self.name.clone()),
            ("SHELL", text(&self.shell)),
            ("LANG", "C.UTF-8".to_owned()),
        ];
        let owned = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Ok(owned.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_named_must_be_there() {
        let settings = |name: &str| Settings {
            local_service: Some(name.into()),
            ..Settings::default()
        };
        assert_eq!(settings("root").check(), Ok(()));
        let words = settings("no such user").check().unwrap_err().to_string();
        assert_eq!(
            words,
            "the configuration names the account \"no such user\", which does not exist"
        );
    }
}
