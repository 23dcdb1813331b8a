//! Who asks: the caller's identities.

use crate::Sid;

/// The identities of a caller, without privileges: none is ever used.
///
/// ```
/// use fslaunch_access::{Token, well_known};
///
/// let caller = Token::new(
///     well_known::unix_user(1000),
///     [well_known::unix_group(100), well_known::everyone()],
/// );
/// assert!(caller.has(&well_known::everyone()));
/// assert!(!caller.has(&well_known::administrators()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The user, who is always enabled.
    pub user: Sid,
    /// The groups. *Everyone* and *Authenticated Users* count only if they are here.
    pub groups: Vec<Group>,
    /// If there are any, the caller is restricted: what is granted must be granted to these
    /// SIDs as well.
    pub restricting: Vec<Sid>,
}

/// A group of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Group {
    /// The group.
    pub sid: Sid,
    /// What it is good for.
    pub state: GroupState,
}

/// What a group of a caller is good for in a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupState {
    /// It matches every entry.
    Enabled,
    /// It matches no entry.
    Disabled,
    /// It matches entries that deny, and no others.
    DenyOnly,
}

impl Group {
    /// A group that is enabled.
    pub const fn enabled(sid: Sid) -> Self {
        Self {
            sid,
            state: GroupState::Enabled,
        }
    }
}

impl Token {
    /// A caller with these groups, all enabled, who is not restricted.
    pub fn new(user: Sid, groups: impl IntoIterator<Item = Sid>) -> Self {
        Self {
            user,
            groups: groups.into_iter().map(Group::enabled).collect(),
            restricting: Vec::new(),
        }
    }

    /// Whether the caller is `sid`, or has it as an enabled group: whether `sid` could be
    /// granted something that the caller then has. Restrictions are left out.
    pub fn has(&self, sid: &Sid) -> bool {
        self.user == *sid
            || self
                .groups
                .iter()
                .any(|group| group.sid == *sid && group.state == GroupState::Enabled)
    }

    /// Whether entries that deny `sid` something deny it to the caller.
    pub(crate) fn is_denied_as(&self, sid: &Sid) -> bool {
        self.user == *sid
            || self.groups.iter().any(|group| {
                let counts = match group.state {
                    GroupState::Enabled | GroupState::DenyOnly => true,
                    GroupState::Disabled => false,
                };
                counts && group.sid == *sid
            })
    }
}
