//! Whom an instance runs as.
//!
//! | `RunAs` | system mode | user mode |
//! | --- | --- | --- |
//! | LocalSystem | what the launcher is: LocalSystem as a service. A launcher that an administrator runs in a terminal can't become it; instances run as that administrator, and are shown so | refused |
//! | LocalService, NetworkService | logged on anew | refused |
//! | `.` | the caller's own token, in the launcher's session, with the caller's environment | the launcher's own account, for a caller who is that user with no fewer rights |

mod token;

use std::io;
use std::os::windows::io::{AsHandle, OwnedHandle};

use fslaunch_access::Sid;
use fslaunch_core::record::RunAs;
use windows_sys::Win32::Foundation::ERROR_BAD_IMPERSONATION_LEVEL;

use super::accounts;
use super::peer::Peer;
use super::plan::Account;
use super::token::user;
#[cfg(test)]
pub(super) use token::own as own_token;
pub(super) use token::{impersonate, primary};

/// The caller, as a class's command line may ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `DOMAIN\user`, for `%U`.
    pub name: String,
    /// The profile folder, for `%P`; empty if there is none.
    pub profile: String,
}

/// What there is to know of a caller. This may ask another machine, and take long.
pub fn caller(peer: &Peer) -> Caller {
    Caller {
        name: name_of(peer.sid()),
        profile: accounts::profile_of(peer.token())
            .map(|folder| folder.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// Which identities a launcher may take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// None but its own (user mode).
    pub own_only: bool,
    /// Of no meaning here: the system knows LocalService.
    pub local_service: Option<String>,
    /// Of no meaning here: the system knows NetworkService.
    pub network_service: Option<String>,
}

/// An account that the settings name and the system does not know: there is none here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration names the account {0:?}, which does not exist")]
pub struct UnknownAccount(pub String);

impl Settings {
    /// Whether the accounts that are named are there. They have no meaning here.
    ///
    /// # Errors
    /// None on Windows.
    pub fn check(&self) -> Result<(), UnknownAccount> {
        Ok(())
    }
}

/// Why an identity is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// In words.
    Reason(String),
    /// The caller's client lets the launcher know who they are, not act as them.
    IdentificationOnly,
}

/// An account that an instance runs as.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub name: String,
    sid: Sid,
    account: Option<Account>,
}

const UNKNOWN: &str = "it is none of '.', LocalSystem, LocalService and NetworkService";

/// The account that instances run as when this caller starts them. This may take long.
///
/// # Errors
/// Why it is not to be had.
pub fn identity(run_as: &RunAs, settings: &Settings, peer: &Peer) -> Result<Identity, Refused> {
    match (run_as, settings.own_only) {
        (RunAs::Unknown(_), _) => Err(Refused::Reason(UNKNOWN.into())),
        (RunAs::Caller, true) => own_for(peer),
        (RunAs::LocalSystem | RunAs::LocalService | RunAs::NetworkService, true) => {
            let words = "this launcher serves one user and can't become another";
            Err(Refused::Reason(words.into()))
        }
        (RunAs::Caller, false) => as_caller(peer),
        (RunAs::LocalSystem, false) => own().map_err(|error| failed("look at itself", &error)),
        (RunAs::LocalService, false) => service("LocalService", LOCAL_SERVICE),
        (RunAs::NetworkService, false) => service("NetworkService", NETWORK_SERVICE),
    }
}

const LOCAL_SERVICE: &str = "S-1-5-19";
const NETWORK_SERVICE: &str = "S-1-5-20";

fn failed(action: &str, error: &io::Error) -> Refused {
    Refused::Reason(format!("the launcher failed to {action}: {error}"))
}

/// In user mode, where a caller is served whose token is that of the same user. That may be less
/// than the launcher has: nobody gets more by asking.
fn own_for(peer: &Peer) -> Result<Identity, Refused> {
    let error = |error: io::Error| failed("look at its own account", &error);
    let own_token = token::own().map_err(error)?;
    let own = own().map_err(error)?;
    if own.sid != *peer.sid() {
        let words = "this launcher serves one user only, and you are another";
        return Err(Refused::Reason(words.into()));
    }
    match token::is_less(peer.token(), own_token.as_handle()).map_err(error)? {
        false => Ok(own),
        true => {
            let words = "this launcher has more rights than you have";
            Err(Refused::Reason(words.into()))
        }
    }
}

/// What the launcher itself is.
fn own() -> io::Result<Identity> {
    let (sid, _) = user(token::own()?.as_handle())?;
    Ok(Identity {
        name: name_of(&sid),
        sid,
        account: None,
    })
}

fn as_caller(peer: &Peer) -> Result<Identity, Refused> {
    let token = match peer.primary_token() {
        Err(e) if e.raw_os_error() == Some(ERROR_BAD_IMPERSONATION_LEVEL as i32) => {
            return Err(Refused::IdentificationOnly);
        }
        other => other.map_err(|error| failed("take your identity", &error))?,
    };
    token::to_own_session(token.as_handle())
        .map_err(|error| failed("take your identity to its own session", &error))?;
    Ok(Identity::new(token, *peer.sid()))
}

/// An account that the system logs on without a password.
fn service(name: &str, expected: &str) -> Result<Identity, Refused> {
    let action = format!("log {name} on");
    let error = |error: io::Error| failed(&action, &error);
    let token = token::log_on(name).map_err(error)?;
    let (sid, _) = user(token.as_handle()).map_err(error)?;
    if sid.to_string() != expected {
        let words = format!("the system logged {sid} on in place of {name}");
        return Err(Refused::Reason(words));
    }
    Ok(Identity::new(token, sid))
}

fn name_of(sid: &Sid) -> String {
    accounts::name_of(sid).unwrap_or_else(|| sid.to_string())
}

impl Identity {
    fn new(token: OwnedHandle, sid: Sid) -> Identity {
        let name = name_of(&sid);
        let account = Some(Account::new(token, name.clone()));
        Identity { name, sid, account }
    }

    /// The clean environment of the account's processes: what the system and the account's
    /// profile say, and nothing that the launcher was given. This reads the registry.
    ///
    /// # Errors
    /// The system's.
    pub fn environment(&self) -> io::Result<Vec<(String, String)>> {
        match &self.account {
            Some(account) => token::environment(account.as_handle()),
            None => token::environment(token::own()?.as_handle()),
        }
    }

    /// Whether it is the caller's.
    pub fn is(&self, peer: &Peer) -> bool {
        self.sid == *peer.sid()
    }

    /// Whether drive letters that its processes define are seen in its logon session only, and
    /// not by the launcher. Service accounts have the launcher define theirs for all.
    pub(super) fn has_own_drives(&self) -> bool {
        let sid = self.sid.to_string();
        self.account.is_some() && ![LOCAL_SERVICE, NETWORK_SERVICE].contains(&sid.as_str())
    }

    /// A text that names the account for ever.
    pub fn key(&self) -> String {
        self.sid.to_string()
    }

    /// What the process must become; `None` if it is what the launcher is.
    pub fn account(&self) -> Option<Account> {
        self.account.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_launcher_is_needs_no_token_and_has_an_environment() {
        let own = own().unwrap();
        assert!(own.account().is_none());
        assert_eq!(own.key(), accounts::own_sid().unwrap().to_string());
        assert_eq!(
            own.name,
            accounts::name_of(&accounts::own_sid().unwrap()).unwrap()
        );
        assert!(!own.environment().unwrap().is_empty());
    }

    /// Where the system does not log them on (Wine gives the launcher's own token) nothing runs.
    #[test]
    fn a_service_account_is_that_account_or_refused() {
        for (name, sid) in [
            ("LocalService", LOCAL_SERVICE),
            ("NetworkService", NETWORK_SERVICE),
        ] {
            match service(name, sid) {
                Ok(identity) => assert_eq!(identity.key(), sid),
                Err(Refused::Reason(words)) => assert!(words.contains(name), "{words}"),
                Err(Refused::IdentificationOnly) => panic!("nobody is identified only"),
            }
        }
    }
}
