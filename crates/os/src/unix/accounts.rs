//! Users and groups, as the system's name services know them.

use std::{ffi::CString, path::PathBuf};

use nix::unistd::{self, Gid, Uid};

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Account name.
    pub name: String,
    /// User ID.
    pub uid: u32,
    /// Primary group ID.
    pub gid: u32,
    /// Home folder.
    pub home: PathBuf,
    /// Login shell.
    pub shell: PathBuf,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Group ID.
    pub gid: u32,
}

/// The user with this ID.
pub fn user_by_uid(uid: u32) -> Option<User> {
    unistd::User::from_uid(Uid::from_raw(uid)).ok()?.map(user)
}

/// The user of this name.
pub fn user_by_name(name: &str) -> Option<User> {
    unistd::User::from_name(name).ok()?.map(user)
}

/// The group of this name.
pub fn group_by_name(name: &str) -> Option<Group> {
    unistd::Group::from_name(name).ok()?.map(group)
}

/// The name of the group with this ID.
pub fn group_name(gid: u32) -> Option<String> {
    let found = unistd::Group::from_gid(Gid::from_raw(gid)).ok()?;
    found.map(|found| found.name)
}

/// The IDs of all groups that a user is in, the primary one first.
///
/// If the name services don't answer, it is the primary one alone: a user
/// never gets more than was found.
pub fn groups_of(user: &User) -> Vec<u32> {
    let mut groups = vec![user.gid];
    let Ok(name) = CString::new(user.name.as_bytes()) else {
        return groups;
    };
    let found = unistd::getgrouplist(&name, Gid::from_raw(user.gid)).unwrap_or_default();
    for gid in found.into_iter().map(Gid::as_raw) {
        if !groups.contains(&gid) {
            groups.push(gid);
        }
    }
    groups
}

/// How a user is shown: by name, or by ID where there is no account.
pub fn user_label(uid: u32) -> String {
    match user_by_uid(uid) {
        Some(user) => format!("user '{}'", user.name),
        None => format!("user {uid}"),
    }
}

/// How a group is shown: by name, or by ID where there is no such group.
pub fn group_label(gid: u32) -> String {
    match group_name(gid) {
        Some(name) => format!("group '{name}'"),
        None => format!("group {gid}"),
    }
}

fn user(found: unistd::User) -> User {
    User {
        name: found.name,
        uid: found.uid.as_raw(),
        gid: found.gid.as_raw(),
        home: found.dir,
        shell: found.shell,
    }
}

fn group(found: unistd::Group) -> Group {
    Group {
        name: found.name,
        gid: found.gid.as_raw(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_by_name_and_by_id() {
        let root = user_by_uid(0).unwrap();
        assert_eq!((root.name.as_str(), root.gid), ("root", 0));
        assert_eq!(user_by_name("root"), Some(root.clone()));
        assert!(groups_of(&root).starts_with(&[0]));
        assert_eq!(user_label(0), "user 'root'");
    }

    #[test]
    fn a_group_is_found_by_name_and_by_id() {
        let name = group_name(0).unwrap();
        assert_eq!(group_by_name(&name), Some(Group { name, gid: 0 }));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert_eq!(user_by_name("no such user"), None);
        assert_eq!(group_by_name("no such group"), None);
        assert_eq!(user_by_name("root\0x"), None);
        assert_eq!(user_by_uid(4_000_000_017), None);
        assert_eq!(user_label(4_000_000_017), "user 4000000017");
        assert_eq!(group_label(4_000_000_017), "group 4000000017");
    }
}
