//! Who is at the other end of a connection.
//!
//! The system says so, of the client that wrote what was read last; nothing in a message does.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle},
    sync::{Arc, OnceLock},
};

use fslaunch_access::{AccessMask, GenericMapping, SecurityDescriptor, Sid, well_known};
use windows_sys::Win32::{
    Foundation::ERROR_BAD_IMPERSONATION_LEVEL,
    Security::{
        SecurityAnonymous, SecurityDelegation, SecurityIdentification, SecurityImpersonation,
        TokenImpersonationLevel,
    },
};

use super::{
    access_check, accounts, identity,
    token::{self, Identity},
};

#[cfg(feature = "peer-from-client-process")]
mod from_process;
#[cfg(feature = "peer-from-client-process")]
use from_process::token_of;

#[cfg(not(feature = "peer-from-client-process"))]
mod impersonated;
#[cfg(not(feature = "peer-from-client-process"))]
use impersonated::token_of;

/// How callers are told apart.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    /// This user counts as LocalSystem does: the daemon's own, in user mode.
    owner: Option<Sid>,
    /// Members of this group are administrators, beside those of Administrators.
    administrators: Option<Sid>,
}

/// Why callers can't be told apart.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// The configured group of administrators.
    #[error("the configuration names the group {0:?}, which does not exist")]
    Group(String),
    /// The daemon's own account.
    #[error("failed to find out who runs the launcher")]
    Own(#[source] io::Error),
}

impl Identities {
    /// In user mode the daemon's own user counts as the system does. Members of the group
    /// `administrators` are administrators.
    ///
    /// # Errors
    /// There is no such group.
    pub fn new(user_mode: bool, administrators: Option<&str>) -> Result<Identities, Unknown> {
        let group = |name: &str| accounts::sid_of(name).ok_or_else(|| Unknown::Group(name.into()));
        let owner = user_mode.then(accounts::own_sid).transpose();
        Ok(Identities {
            owner: owner.map_err(Unknown::Own)?,
            administrators: administrators.map(group).transpose()?,
        })
    }

    /// In user mode, the user.
    pub(super) fn owner(&self) -> Option<&Sid> {
        self.owner.as_ref()
    }

    fn is_system(&self, caller: &Identity) -> bool {
        let system = caller.token.user == well_known::local_system()
            && caller.acts_as(&well_known::local_system());
        system
            || self
                .owner
                .is_some_and(|owner| caller.token.user == owner && caller.acts_as(&owner))
    }

    fn is_administrator(&self, caller: &Identity) -> bool {
        let mut groups = [Some(well_known::administrators()), self.administrators]
            .into_iter()
            .flatten();
        self.is_system(caller) || groups.any(|group| caller.acts_as(&group))
    }
}

/// How far a client lets the launcher act as it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// The launcher may see who the client is, and check its rights.
    Identification,
    /// It may also act as the client, on this machine.
    Impersonation,
    /// On others too.
    Delegation,
}

/// A connected caller. Its account is not looked up here: that may take long.
#[derive(Debug)]
pub struct Peer {
    user: Sid,
    handle: OwnedHandle,
    identities: Arc<Identities>,
    standing: OnceLock<Standing>,
}

/// What the groups of a caller make of it. Most requests need none of that.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    administrator: bool,
    system: bool,
    service: bool,
}

impl Peer {
    /// Asks the system who wrote what was read last from the server's end of a pipe.
    ///
    /// # Errors
    /// The system's, such as that nothing was read yet, or that the client is anonymous.
    pub(super) fn of(pipe: BorrowedHandle<'_>, identities: &Arc<Identities>) -> io::Result<Peer> {
        let handle = token_of(pipe)?;
        let (user, _) = token::user(handle.as_handle())?;
        Ok(Peer {
            user,
            handle,
            identities: Arc::clone(identities),
            standing: OnceLock::new(),
        })
    }

    /// The caller's security identifier.
    pub fn sid(&self) -> &Sid {
        &self.user
    }

    /// Whether the caller is bound by totals only and sees everything.
    pub fn is_administrator(&self) -> bool {
        self.standing().administrator
    }

    /// Of whom the system does not tell the groups nothing is assumed.
    fn standing(&self) -> Standing {
        *self.standing.get_or_init(|| {
            let identity = token::identity(self.token());
            let standing = identity.map(|identity| Standing {
                administrator: self.identities.is_administrator(&identity),
                system: self.identities.is_system(&identity),
                service: identity.acts_as(&well_known::service()),
            });
            standing.unwrap_or_else(|error| {
                tracing::warn!(%error, "failed to read a caller's groups");
                Standing::default()
            })
        })
    }

    /// Whether what is known of the caller still stands: always, since its token is held, and
    /// nothing is taken from its process.
    pub fn is_alive(&self) -> bool {
        true
    }

    /// Whether the caller is LocalSystem, or in user mode the user.
    pub fn is_system(&self) -> bool {
        self.standing().system
    }

    /// Whether the descriptor grants the caller all of these rights, by the system's own check.
    /// What the system can't check is denied.
    pub fn may(&self, descriptor: &SecurityDescriptor, rights: AccessMask) -> bool {
        let mapping = &GenericMapping::SERVICE;
        match access_check::check(self.token(), descriptor, rights, mapping) {
            Ok(granted) => granted.is_some(),
            Err(error) => {
                tracing::warn!(%error, "failed to check a descriptor: access is denied");
                false
            }
        }
    }

    /// Whether the descriptor grants the caller any of the rights there are.
    pub fn may_any(&self, descriptor: &SecurityDescriptor) -> bool {
        use fslaunch_core::rights::{QUERY, START, STOP};
        [START, STOP, QUERY]
            .into_iter()
            .any(|right| self.may(descriptor, right))
    }

    /// The caller's token, for impersonation as far as the caller lets the launcher act as it.
    pub fn token(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }

    /// The session that the caller belongs to; services are in 0.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn session(&self) -> io::Result<u32> {
        token::session(self.token())
    }

    /// Whether the caller logged on as a service.
    pub(super) fn is_service(&self) -> bool {
        self.standing().service
    }

    /// A token that a process can be started with, to run as the caller.
    ///
    /// # Errors
    /// Win32 error 1346, if the caller allows identification only.
    pub fn primary_token(&self) -> io::Result<OwnedHandle> {
        if level(self.token())? < Level::Impersonation {
            let code = ERROR_BAD_IMPERSONATION_LEVEL as i32;
            return Err(io::Error::from_raw_os_error(code));
        }
        identity::primary(self.token())
    }
}

#[expect(non_upper_case_globals, reason = "the names are those of Windows")]
fn level(token: BorrowedHandle<'_>) -> io::Result<Level> {
    match token::number(token, TokenImpersonationLevel)? as i32 {
        SecurityIdentification => Ok(Level::Identification),
        SecurityImpersonation => Ok(Level::Impersonation),
        SecurityDelegation => Ok(Level::Delegation),
        SecurityAnonymous => Err(refused("the client does not say who it is")),
        _ => Err(refused("the client's impersonation level is unknown")),
    }
}

fn refused(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, words)
}

#[cfg(test)]
mod tests;
