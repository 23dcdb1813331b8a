//! The argument `mount-options`. It stands after a program's own `-o`, where
//! some words run commands or let others in: nobody but the author of a class
//! may say those.

use fslaunch_protocol::Error;

use crate::{
    name::fold,
    record::{ArgumentName, ClassRecord},
};

/// The name of the argument.
pub const NAME: &str = "mount-options";

/// What may be asked of a mount: that it is writable, and what it is to forbid.
pub const WORDS: [&str; 8] = [
    WRITABLE,
    "ro",
    "nosuid",
    "nodev",
    "noexec",
    "nosymfollow",
    "noatime",
    "nodiratime",
];

/// What is so unless something else is said; not every program takes an empty list.
const WRITABLE: &str = "rw";

/// Refuses what is no list of these words; in place of none or an empty one it
/// puts one that asks for nothing.
pub(super) fn settle(record: &ClassRecord, filled: &mut [Option<String>]) -> Result<(), Error> {
    let is_it = |argument: &ArgumentName| fold(&argument.name) == fold(NAME);
    let Some(place) = record.arguments.iter().position(is_it) else {
        return Ok(());
    };
    let given = filled[place].take().filter(|list| !list.is_empty());
    let list = given.unwrap_or_else(|| WRITABLE.to_owned());
    check(&list).map_err(|reason| Error::ArgumentInvalid {
        argument: super::label(record, place),
        reason,
    })?;
    filled[place] = Some(list);
    Ok(())
}

fn check(list: &str) -> Result<(), String> {
    let mut seen = vec![];
    for word in list.split(',') {
        if !WORDS.contains(&word) {
            let known = WORDS.join(", ");
            return Err(format!("'{word}' is none of {known}"));
        }
        if seen.contains(&word) {
            return Err(format!("'{word}' is there twice"));
        }
        seen.push(word);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        name::ClassName,
        record::{Platform, Registration},
    };

    fn settled(arguments: &str, given: Option<&str>) -> Result<Option<String>, Error> {
        let text = format!("executable = '/x'\ncommand-line = '-o %1'\narguments = [{arguments}]");
        let registration = Registration::from_toml(ClassName::parse("a").unwrap(), &text);
        let record = registration.unwrap().record(&Platform::UNIX, &|_| None);
        let mut filled = [given.map(str::to_owned)];
        settle(&record.unwrap(), &mut filled)?;
        let [filled] = filled;
        Ok(filled)
    }

    #[test]
    fn every_word_is_taken_alone_and_all_together() {
        let all = WORDS.join(",");
        for list in WORDS.into_iter().chain([all.as_str()]) {
            assert_eq!(
                settled("'Mount-Options'", Some(list)).unwrap().as_deref(),
                Some(list)
            );
        }
    }

    #[test]
    fn a_word_that_could_do_more_is_refused_and_named() {
        for (list, word) in [
            ("ssh_command=/tmp/x", "ssh_command=/tmp/x"),
            ("rw,force-user=me", "force-user=me"),
            ("ro,allow_other", "allow_other"),
            ("suid", "suid"),
            ("dev", "dev"),
            ("RO", "RO"),
            ("ro, noexec", " noexec"),
            ("ro,", ""),
            (",", ""),
            ("ro\\,allow_other", "ro\\"),
            ("-o", "-o"),
            ("ro\n", "ro\n"),
            ("ro,noexec,ro", "ro"),
        ] {
            let error = settled("'mount-options?'", Some(list)).unwrap_err();
            let Error::ArgumentInvalid { argument, reason } = error else {
                panic!("{list}: {error}");
            };
            assert_eq!(argument, "mount-options");
            assert!(reason.starts_with(&format!("'{word}' ")), "{reason}");
        }
    }

    #[test]
    fn none_and_an_empty_one_ask_for_nothing() {
        for given in [None, Some("")] {
            let settled = settled("'mount-options?'", given).unwrap();
            assert_eq!(settled.as_deref(), Some("rw"));
        }
    }

    #[test]
    fn an_argument_of_another_name_is_left_alone() {
        for arguments in ["", "'options'"] {
            for given in [None, Some(""), Some("allow_other")] {
                assert_eq!(settled(arguments, given).unwrap().as_deref(), given);
            }
        }
    }
}
