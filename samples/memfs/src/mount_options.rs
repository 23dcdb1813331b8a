//! What a mount is told to forbid, in the words that mount(8) has for it.

/// Something that a mount can forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// All changes.
    ReadOnly,
    /// Running programs.
    NoExec,
    /// Following symbolic links.
    NoSymFollow,
    /// Noting when something was read.
    NoAtime,
    /// Noting when a folder was read.
    NoDirAtime,
}

impl Restriction {
    const ALL: [Self; 5] = [
        Self::ReadOnly,
        Self::NoExec,
        Self::NoSymFollow,
        Self::NoAtime,
        Self::NoDirAtime,
    ];

    /// The option that forbids it.
    pub fn option(self) -> &'static str {
        match self {
            Self::ReadOnly => "ro",
            Self::NoExec => "noexec",
            Self::NoSymFollow => "nosymfollow",
            Self::NoAtime => "noatime",
            Self::NoDirAtime => "nodiratime",
        }
    }

    /// The option that allows it.
    fn opposite(self) -> &'static str {
        match self {
            Self::ReadOnly => "rw",
            Self::NoExec => "exec",
            Self::NoSymFollow => "symfollow",
            Self::NoAtime => "atime",
            Self::NoDirAtime => "diratime",
        }
    }
}

/// What is always so, and may be said.
const ALWAYS: [&str; 3] = ["nosuid", "nodev", "defaults"];

/// Adds a list such as `rw,nosuid,noexec` to what was said before. Of what contradicts, the last counts.
///
/// ```
/// use memfs::mount_options::{Restriction, add};
/// let mut restrictions = vec![Restriction::NoAtime];
/// add(&mut restrictions, "ro,noexec,nosuid,atime").unwrap();
/// assert_eq!(restrictions, [Restriction::ReadOnly, Restriction::NoExec]);
/// assert_eq!(add(&mut restrictions, "ro,suid"), Err("suid"));
/// ```
///
/// # Errors
/// The first option that is none of these.
pub fn add<'a>(restrictions: &mut Vec<Restriction>, list: &'a str) -> Result<(), &'a str> {
    for option in list.split(',').filter(|option| !option.is_empty()) {
        let known = Restriction::ALL.into_iter();
        let mut known = known.filter(|known| [known.option(), known.opposite()].contains(&option));
        match known.next() {
            Some(restriction) => {
                restrictions.retain(|other| *other != restriction);
                if option == restriction.option() {
                    restrictions.push(restriction);
                }
            }
            None if ALWAYS.contains(&option) => {}
            None => return Err(option),
        }
    }
    Ok(())
}

/// All options that there are, for messages.
pub(crate) fn known() -> String {
    let all = Restriction::ALL.into_iter();
    let pairs = all.flat_map(|one| [one.opposite(), one.option()]);
    let all: Vec<&str> = pairs.chain(ALWAYS).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(lists: &[&str]) -> Vec<Restriction> {
        let mut restrictions = vec![];
        for list in lists {
            add(&mut restrictions, list).unwrap();
        }
        restrictions
    }

    #[test]
    fn each_restriction_is_said_and_taken_back_by_its_own_word() {
        for restriction in Restriction::ALL {
            let (on, off) = (restriction.option(), restriction.opposite());
            assert_eq!(parsed(&[on, on]), [restriction]);
            assert_eq!(parsed(&[&format!("{on},{off}")]), []);
            assert_eq!(parsed(&[off, on]), [restriction]);
        }
    }

    #[test]
    fn what_always_holds_and_nothing_at_all_may_be_said() {
        assert_eq!(parsed(&["", ",", "rw,nosuid,nodev", "defaults"]), []);
    }

    #[test]
    fn what_would_not_be_done_is_refused() {
        for option in ["suid", "dev", "allow_other", "size=1", "RO", " ro"] {
            assert_eq!(add(&mut vec![], &format!("noexec,{option}")), Err(option));
        }
    }
}
