//! User names and passwords, and how the Credential Manager keeps them.

use std::fmt;

use zeroize::Zeroizing;

use crate::class::Needs;
use crate::name::same;

/// What a user is known by. Empty is the same as not given. The password is
/// UTF-16 without a NUL, and wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: Zeroizing<Vec<u16>>,
}

impl Credentials {
    /// Whether they are all that a class asks for.
    pub(crate) fn are_enough_for(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Password => !self.password.is_empty(),
            Needs::UserAndPassword => !self.password.is_empty() && !self.user.is_empty(),
        }
    }

    /// Whether they may stand in for what was given: they are not somebody
    /// else's.
    pub(crate) fn are_of(&self, user: &str) -> bool {
        user.is_empty() || self.user.is_empty() || same(&self.user, user)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?}, ..)", self.user)
    }
}

/// The password that a blob of the Credential Manager holds: UTF-16, with its
/// NUL or, as `cmdkey` writes it, without.
pub(crate) fn from_blob(blob: &[u8]) -> Zeroizing<Vec<u16>> {
    let (pairs, _odd) = blob.as_chunks::<2>();
    // With its final capacity at once: one that grows would leave copies behind.
    let mut password = Zeroizing::new(Vec::with_capacity(pairs.len()));
    let units = pairs.iter().map(|&pair| u16::from_le_bytes(pair));
    password.extend(units.take_while(|&unit| unit != 0));
    password
}

/// The blob for a password, with its NUL.
pub(crate) fn to_blob(password: &[u16]) -> Zeroizing<Vec<u8>> {
    let mut blob = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    for unit in password.iter().chain(&[0]) {
        blob.extend_from_slice(&unit.to_le_bytes());
    }
    blob
}

/// The user name that a dialog begins with: of a class that wants a password
/// only, the one that the instance's name begins with.
pub(crate) fn suggested_user(needs: Needs, instance: &str, given: &str) -> String {
    let in_name = match needs {
        Needs::Password => instance.split_once('@').map(|(user, _)| user),
        Needs::Nothing | Needs::UserAndPassword => None,
    };
    match in_name {
        Some(user) if given.is_empty() => user.to_owned(),
        Some(_) | None => given.to_owned(),
    }
}

#[cfg(test)]
pub(crate) fn credentials(user: &str, password: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: Zeroizing::new(password.encode_utf16().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_read_with_its_nul_and_without() {
        let password = credentials("", "pä😀").password;
        let with = to_blob(&password);
        assert_eq!(with.len(), 2 * password.len() + 2);
        assert_eq!(with[with.len() - 2..], [0, 0]);
        assert_eq!(from_blob(&with), password);
        assert_eq!(from_blob(&with[..with.len() - 2]), password);
        assert_eq!(from_blob(&with[..with.len() - 1]), password);
        assert!(from_blob(&[]).is_empty());
    }

    #[test]
    fn a_user_name_is_needed_only_where_the_class_asks_for_it() {
        let both = credentials("u", "p");
        let password = credentials("", "p");
        let user = credentials("u", "");
        for needs in [Needs::Nothing, Needs::Password, Needs::UserAndPassword] {
            assert!(both.are_enough_for(needs));
            assert_eq!(user.are_enough_for(needs), needs == Needs::Nothing);
        }
        assert!(password.are_enough_for(Needs::Password));
        assert!(!password.are_enough_for(Needs::UserAndPassword));
    }

    #[test]
    fn a_stored_password_is_not_taken_for_another_user() {
        let stored = credentials("Alice", "p");
        assert!(stored.are_of("") && stored.are_of("alice") && !stored.are_of("bob"));
        assert!(credentials("", "p").are_of("bob"));
    }

    #[test]
    fn a_password_only_class_suggests_the_user_of_the_instance() {
        let password = Needs::Password;
        assert_eq!(suggested_user(password, r"alice@host\x", ""), "alice");
        assert_eq!(suggested_user(password, r"alice@host", "bob"), "bob");
        assert_eq!(suggested_user(password, "host", ""), "");
        assert_eq!(suggested_user(Needs::UserAndPassword, "alice@host", ""), "");
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", credentials("alice", "hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
