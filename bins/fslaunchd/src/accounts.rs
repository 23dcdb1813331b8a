//! Which account an instance runs as, and what it gets from it.

use std::path::{Path, PathBuf};

use fslaunch_core::record::RunAs;
use fslaunch_os::{
    accounts::{self, User},
    limits,
    peer::{Peer, own_uid},
    plan::Account,
};
use fslaunch_protocol::Error;

use crate::{config::Config, options::Mode};

/// An account that an instance runs as.
pub(crate) struct Identity {
    /// Its name.
    pub name: String,
    /// Its user ID.
    pub uid: u32,
    /// Its primary group ID.
    pub gid: u32,
    /// What the process must become; `None` if it is what the daemon is.
    pub account: Option<Account>,
    home: PathBuf,
    shell: PathBuf,
}

/// The user who asks, with what the system knows of it. An account that is
/// not known to the system is called by its number.
pub(crate) fn caller(peer: &Peer) -> User {
    accounts::user_by_uid(peer.uid).unwrap_or_else(|| User {
        name: peer.uid.to_string(),
        uid: peer.uid,
        gid: peer.gid,
        home: "/".into(),
        shell: "/bin/sh".into(),
    })
}

/// The account that a class's instances run as when this caller starts them.
///
/// # Errors
/// [`Error::RunAsRefused`]: there is no such account, or it can't be taken.
pub(crate) fn identity(
    class: &str,
    run_as: &RunAs,
    mode: Mode,
    config: &Config,
    peer: &Peer,
    caller: &User,
) -> Result<Identity, Error> {
    let refused = |reason: String| Error::RunAsRefused {
        class: class.into(),
        run_as: run_as.as_str().into(),
        reason,
    };
    if mode == Mode::User {
        return own(run_as, caller).map_err(refused);
    }
    let user = match run_as {
        RunAs::Caller => return as_caller(peer, caller).map_err(refused),
        RunAs::LocalSystem => known("root").map_err(refused)?,
        RunAs::LocalService => {
            configured(&config.local_service, "local-service").map_err(refused)?
        }
        RunAs::NetworkService => {
            configured(&config.network_service, "network-service").map_err(refused)?
        }
        RunAs::Unknown(_) => return Err(refused(UNKNOWN.into())),
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
fn own(run_as: &RunAs, caller: &User) -> Result<Identity, String> {
    match run_as {
        RunAs::Caller if caller.uid == own_uid() => Ok(Identity::new(caller.clone(), None)),
        RunAs::Caller => Err("this launcher serves one user only, and you are another".into()),
        RunAs::LocalSystem | RunAs::LocalService | RunAs::NetworkService => {
            Err("this launcher serves one user and can't become another".into())
        }
        RunAs::Unknown(_) => Err(UNKNOWN.into()),
    }
}

/// With the caller's own groups and limits (security specification).
fn as_caller(peer: &Peer, caller: &User) -> Result<Identity, String> {
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
    Ok(Identity::new(caller.clone(), Some(account)))
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

    /// The clean environment of the account's processes.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
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
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}
