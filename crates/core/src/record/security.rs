//! Who may start, stop and query: a descriptor, or plain words.

use std::fmt;

use fslaunch_access::{AccessMask, Ace, Acl, DescriptorFlags, SecurityDescriptor, Sid, well_known};

use super::RecordError;
use crate::rights;

/// The descriptor of a class that has none: LocalSystem and administrators
/// (launcher specification, section 6).
pub const DEFAULT_SECURITY: &str = "O:SYG:SYD:P(A;;RPWPLC;;;SY)(A;;RPWPLC;;;BA)";

/// Somebody whom plain words can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trustee {
    /// `user:NAME`
    User(String),
    /// `group:NAME`
    Group(String),
    /// `everyone`
    Everyone,
    /// `administrators`
    Administrators,
}

impl Trustee {
    /// Reads plain words. The keyword ignores case; a name does not, as it is
    /// up to the system.
    pub fn parse(text: &str) -> Option<Trustee> {
        let (keyword, name) = match text.split_once(':') {
            Some((keyword, name)) => (keyword, Some(name.trim())),
            None => (text, None),
        };
        let keyword = keyword.trim().to_ascii_lowercase();
        match (keyword.as_str(), name) {
            ("user", Some(name)) if !name.is_empty() => Some(Trustee::User(name.to_owned())),
            ("group", Some(name)) if !name.is_empty() => Some(Trustee::Group(name.to_owned())),
            ("everyone", None) => Some(Trustee::Everyone),
            ("administrators", None) => Some(Trustee::Administrators),
            (_, _) => None,
        }
    }

    /// Who it is; `resolve` knows users and groups.
    pub(super) fn sid(&self, resolve: &dyn Fn(&Trustee) -> Option<Sid>) -> Option<Sid> {
        match self {
            Trustee::User(_) | Trustee::Group(_) => resolve(self),
            Trustee::Everyone => Some(well_known::everyone()),
            Trustee::Administrators => Some(well_known::administrators()),
        }
    }

    pub(super) const EXPECTED: &str =
        "made of 'user:NAME', 'group:NAME', 'everyone' and 'administrators'";
}

impl fmt::Display for Trustee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trustee::User(name) => write!(f, "user {name:?}"),
            Trustee::Group(name) => write!(f, "group {name:?}"),
            Trustee::Everyone => f.write_str("everyone"),
            Trustee::Administrators => f.write_str("administrators"),
        }
    }
}

/// Reads the value `Security`. One that begins with `D:` belongs to LocalSystem.
pub(super) fn descriptor(text: &str) -> Result<SecurityDescriptor, RecordError> {
    let owned = ["O:SYG:SY", text].concat();
    let text = if text.starts_with("D:") { &owned } else { text };
    let invalid = |reason: String| RecordError::Security { reason };
    let descriptor: SecurityDescriptor =
        text.parse().map_err(|error| invalid(format!("{error}")))?;
    // Windows refuses to check such a descriptor, with the same error.
    if descriptor.owner.is_none() || descriptor.group.is_none() {
        return Err(invalid("it has no owner (O:) or no group (G:)".to_owned()));
    }
    // It would grant everybody everything, and hardly ever on purpose.
    if descriptor.dacl.is_none() && !descriptor.flags.contains(DescriptorFlags::NULL_DACL) {
        return Err(invalid("it does not say who may do what (D:)".to_owned()));
    }
    Ok(descriptor)
}

/// What plain words grant to whom, on top of what the default grants.
pub(super) fn compile(grants: &[(AccessMask, Sid)]) -> SecurityDescriptor {
    let all = rights::START | rights::STOP | rights::QUERY;
    let mut aces = vec![
        Ace::allow(all, well_known::local_system()),
        Ace::allow(all, well_known::administrators()),
    ];
    for &(right, trustee) in grants {
        match aces.iter_mut().find(|ace| ace.trustee == trustee) {
            Some(ace) => ace.mask |= right,
            None => aces.push(Ace::allow(right, trustee)),
        }
    }
    SecurityDescriptor {
        owner: Some(well_known::local_system()),
        group: Some(well_known::local_system()),
        dacl: Some(Acl { aces }),
        sacl: None,
        flags: DescriptorFlags::DACL_PROTECTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_begins_with_its_list_belongs_to_local_system() {
        let descriptor = descriptor("D:P(A;;RPWPLC;;;WD)").unwrap();
        assert_eq!(descriptor.to_string(), "O:SYG:SYD:P(A;;LCRPWP;;;WD)");
    }

    #[test]
    fn a_descriptor_says_who_may_do_what() {
        for text in [
            "",
            "O:SYG:SY",
            "O:SYD:P",
            "G:SYD:P",
            "O:SYG:SYS:P",
            "D:P(A;;XX;;;WD)",
            "x",
        ] {
            let error = descriptor(text).unwrap_err();
            assert!(
                matches!(error, RecordError::Security { .. }),
                "{text}: {error}"
            );
        }
        assert!(descriptor("D:NO_ACCESS_CONTROL").is_ok());
        assert!(descriptor("D:").is_ok());
    }

    #[test]
    fn without_plain_words_the_compiled_descriptor_is_the_default() {
        assert_eq!(compile(&[]), descriptor(DEFAULT_SECURITY).unwrap());
    }

    #[test]
    fn plain_words_for_one_trustee_become_one_entry() {
        let users = well_known::unix_group(100);
        let grants = [
            (rights::START, users),
            (rights::QUERY, well_known::everyone()),
            (rights::QUERY, users),
            (rights::START, well_known::administrators()),
        ];
        assert_eq!(
            compile(&grants).to_string(),
            "O:SYG:SYD:P(A;;LCRPWP;;;SY)(A;;LCRPWP;;;BA)(A;;LCRP;;;S-1-22-2-100)(A;;LC;;;WD)"
        );
    }

    #[test]
    fn trustees_are_named_in_plain_words() {
        for (text, trustee) in [
            ("everyone", Some(Trustee::Everyone)),
            ("Administrators", Some(Trustee::Administrators)),
            ("user:alice", Some(Trustee::User("alice".into()))),
            (
                "group: domain users",
                Some(Trustee::Group("domain users".into())),
            ),
            ("group:", None),
            ("alice", None),
            ("everyone:x", None),
            ("", None),
        ] {
            assert_eq!(Trustee::parse(text), trustee, "{text}");
        }
    }
}
