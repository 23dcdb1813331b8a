//! Who is at the other end of a connection.
//!
//! The kernel says so, from when the peer connected; nothing in a message does.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::OnceLock,
};

use fslaunch_access::{AccessMask, Group, SecurityDescriptor, Sid, Token, well_known};
use fslaunch_core::rights;
use rustix::process::{Pid, PidfdFlags};

use super::{
    accounts::{self, User},
    sockopt,
};

/// How callers are told apart.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    /// This user counts as root does: the daemon's own, in user mode.
    owner: Option<u32>,
    /// Members of this group are administrators.
    administrators: Option<u32>,
}

/// There is no such group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration names the group {0:?}, which does not exist")]
pub struct UnknownGroup(pub String);

impl Identities {
    /// In user mode the daemon's own user counts as root does. Members of the
    /// group `administrators` are administrators.
    ///
    /// # Errors
    /// There is no such group.
    pub fn new(user_mode: bool, administrators: Option<&str>) -> Result<Identities, UnknownGroup> {
        let group = |name: &str| match accounts::group_by_name(name) {
            Some(group) => Ok(group.gid),
            None => Err(UnknownGroup(name.into())),
        };
        Ok(Identities {
            owner: user_mode.then(own_uid),
            administrators: administrators.map(group).transpose()?,
        })
    }
}

/// A connected caller. Its account is not looked up here: that may take long.
#[derive(Debug)]
pub struct Peer {
    pub(super) uid: u32,
    /// Primary group ID.
    pub(super) gid: u32,
    /// Supplementary group IDs.
    pub(super) groups: Vec<u32>,
    /// Process ID when it connected.
    pub(super) pid: u32,
    /// What descriptors are checked against.
    pub token: Token,
    /// Whether the caller is bound by totals only and sees everything.
    administrator: bool,
    pidfd: Option<OwnedFd>,
    account: OnceLock<User>,
}

impl Peer {
    /// Asks the kernel who has connected.
    ///
    /// # Errors
    /// What the kernel answers, such as that the peer's process is gone; or that the peer is of
    /// another PID namespace, and can't be told from others.
    pub fn of(socket: &impl AsFd, identities: &Identities) -> io::Result<Peer> {
        let socket = socket.as_fd();
        let credentials = sockopt::peer_credentials(socket)?;
        known(credentials.pid)?;
        let groups = sockopt::peer_groups(socket)?;
        let pidfd = match sockopt::peer_pidfd(socket)? {
            Some(pidfd) => Some(pidfd),
            None => pidfd_of(credentials.pid),
        };
        let (uid, gid) = (credentials.uid, credentials.gid);
        let administrator = is_administrator(uid, gid, &groups, identities);
        let root = uid == 0 || identities.owner == Some(uid);
        Ok(Peer {
            token: token(uid, gid, &groups, root, administrator),
            uid,
            gid,
            groups,
            pid: credentials.pid,
            administrator,
            pidfd,
            account: OnceLock::new(),
        })
    }

    /// Whether the process that connected is still there. While it is, its
    /// process ID is its own.
    pub fn is_alive(&self) -> bool {
        let Some(pidfd) = &self.pidfd else {
            return false;
        };
        let mut fds = [rustix::event::PollFd::new(
            pidfd,
            rustix::event::PollFlags::IN,
        )];
        let now = rustix::time::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        matches!(rustix::event::poll(&mut fds, Some(&now)), Ok(0))
    }

    /// The caller's security identifier: what limits count by.
    pub fn sid(&self) -> &Sid {
        &self.token.user
    }

    /// Whether nothing on the system is refused to the caller: root, or in user mode the
    /// daemon's own user.
    pub fn is_system(&self) -> bool {
        self.token.has(&well_known::local_system())
    }

    /// Whether the caller is bound by totals only and sees everything.
    pub fn is_administrator(&self) -> bool {
        self.administrator
    }

    /// Whether a descriptor grants the caller all of these rights.
    pub fn may(&self, descriptor: &SecurityDescriptor, wanted: AccessMask) -> bool {
        rights::may(descriptor, &self.token, wanted)
    }

    /// Whether a descriptor grants the caller any of the rights there are.
    pub fn may_any(&self, descriptor: &SecurityDescriptor) -> bool {
        rights::may_any(descriptor, &self.token)
    }

    /// The caller's account, as far as the system knows one; that may take long the first time.
    pub(super) fn account(&self) -> Option<&User> {
        if self.account.get().is_none() {
            // Another thread may have been faster, with the same account.
            let _ = self.account.set(accounts::user_by_uid(self.uid)?);
        }
        self.account.get()
    }
}

/// A process that has no ID here can be neither looked at nor told from others.
fn known(pid: u32) -> io::Result<()> {
    match pid {
        0 => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the peer is a process of another PID namespace",
        )),
        _ => Ok(()),
    }
}

fn pidfd_of(pid: u32) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()
}

fn is_administrator(uid: u32, gid: u32, groups: &[u32], identities: &Identities) -> bool {
    let member = |group: u32| gid == group || groups.contains(&group);
    uid == 0 || identities.owner == Some(uid) || identities.administrators.is_some_and(member)
}

/// The user ID that this process acts as.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn token(uid: u32, gid: u32, groups: &[u32], root: bool, administrator: bool) -> Token {
    let mut sids = vec![
        well_known::everyone(),
        well_known::authenticated_users(),
        well_known::unix_group(gid),
    ];
    sids.extend(
        groups
            .iter()
            .filter(|&&group| group != gid)
            .map(|&group| well_known::unix_group(group)),
    );
    if administrator {
        sids.push(well_known::administrators());
    }
    if root {
        sids.push(well_known::local_system());
    }
    let groups = sids.into_iter().map(Group::enabled).collect();
    Token {
        user: well_known::unix_user(uid),
        groups,
        restricting: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(token: &Token, sid: &Sid) -> bool {
        token.groups.iter().any(|group| group.sid == *sid)
    }

    #[test]
    fn an_ordinary_user_is_itself_its_groups_everyone_and_authenticated() {
        let token = token(1000, 100, &[100, 27], false, false);
        assert_eq!(token.user.to_string(), "S-1-22-1-1000");
        let sids: Vec<String> = token
            .groups
            .iter()
            .map(|group| group.sid.to_string())
            .collect();
        assert_eq!(sids, ["S-1-1-0", "S-1-5-11", "S-1-22-2-100", "S-1-22-2-27"]);
    }

    #[test]
    fn root_is_local_system_and_an_administrator() {
        let token = token(0, 0, &[], true, true);
        assert!(holds(&token, &well_known::local_system()));
        assert!(holds(&token, &well_known::administrators()));
    }

    #[test]
    fn a_member_of_the_configured_group_is_an_administrator_but_not_local_system() {
        let identities = Identities {
            owner: None,
            administrators: Some(27),
        };
        assert!(is_administrator(1000, 100, &[27], &identities));
        assert!(is_administrator(1000, 27, &[], &identities));
        assert!(!is_administrator(1000, 100, &[4], &identities));
        let token = token(1000, 100, &[27], false, true);
        assert!(holds(&token, &well_known::administrators()));
        assert!(!holds(&token, &well_known::local_system()));
    }

    #[test]
    fn in_user_mode_the_daemons_user_counts_as_root() {
        let identities = Identities {
            owner: Some(1000),
            administrators: None,
        };
        assert!(is_administrator(1000, 100, &[], &identities));
        assert!(!is_administrator(1001, 100, &[], &identities));
    }

    #[test]
    fn a_group_of_administrators_must_be_there() {
        assert_eq!(
            Identities::new(false, Some("root")).unwrap().administrators,
            Some(0)
        );
        let words = Identities::new(false, Some("no such group"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            words,
            "the configuration names the group \"no such group\", which does not exist"
        );
    }

    #[test]
    fn a_peer_without_a_process_id_here_is_refused() {
        let words = known(0).unwrap_err().to_string();
        assert!(words.contains("another PID namespace"), "{words}");
        known(7).unwrap();
    }

    #[test]
    fn a_peer_is_who_the_kernel_says_and_alive() {
        let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let peer = Peer::of(&socket, &Identities::default()).unwrap();
        assert_eq!(peer.pid, std::process::id());
        assert_eq!(peer.uid, rustix::process::getuid().as_raw());
        assert!(peer.is_alive());
    }
}
