//! The arguments of a start: those given in order, and those given by name.

pub mod mount_options;

use std::collections::BTreeMap;

use fslaunch_protocol::Error;

use crate::{
    command_line::ExpandError,
    name::{ClassName, fold},
    record::{ClassRecord, MissingArgument, MountPoint},
};

/// The most arguments that a command line can name.
pub const MAX_ARGUMENTS: usize = 9;

/// Puts each argument of a start in its place.
///
/// Names ignore case. Where the platform has it so, an argument that the
/// command line, the file for standard error or the mount point needs must be
/// given, unless the class marks it as one that may be left out; one that is
/// empty is given. One with the name [`mount_options::NAME`] is never empty, and
/// holds [`mount_options::WORDS`] only.
///
/// # Errors
/// [`Error::TooManyArguments`], [`Error::ArgumentUnknown`] for a name that the
/// class does not have, [`Error::ArgumentInvalid`] for an argument given twice
/// or with a NUL in it and for other options of a mount, [`Error::ArgumentMissing`].
pub fn fill(
    class: &ClassName,
    record: &ClassRecord,
    positional: Vec<String>,
    named: BTreeMap<String, String>,
) -> Result<Vec<Option<String>>, Error> {
    if positional.len() > MAX_ARGUMENTS {
        let (count, limit) = (positional.len() as u64, MAX_ARGUMENTS as u64);
        return Err(Error::TooManyArguments { count, limit });
    }
    let mut filled = vec![None; MAX_ARGUMENTS];
    for (place, argument) in positional.into_iter().enumerate() {
        filled[place] = Some(argument);
    }
    for (name, argument) in named {
        let place = place_of(class, record, &name)?;
        if filled[place].is_some() {
            let reason = "it is given twice".to_owned();
            return Err(Error::ArgumentInvalid {
                argument: label(record, place),
                reason,
            });
        }
        filled[place] = Some(argument);
    }
    refuse_nul(record, &filled)?;
    if record.missing_argument == MissingArgument::Refused {
        refuse_missing(class, record, &filled)?;
    }
    mount_options::settle(record, &mut filled)?;
    let length = filled
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last + 1);
    filled.truncate(length);
    Ok(filled)
}

fn place_of(class: &ClassName, record: &ClassRecord, name: &str) -> Result<usize, Error> {
    let key = fold(name);
    let place = record
        .arguments
        .iter()
        .position(|known| fold(&known.name) == key);
    place.ok_or_else(|| Error::ArgumentUnknown {
        class: class.as_str().to_owned(),
        argument: name.to_owned(),
    })
}

/// What the argument in a place, counted from 0, is called.
fn label(record: &ClassRecord, place: usize) -> String {
    record.argument_label(place + 1)
}

/// What is wrong with an argument, which the command line knows by its number,
/// with the name that the class gives it.
pub fn by_name(error: ExpandError, record: &ClassRecord) -> Error {
    let error = Error::from(error);
    let Error::ArgumentInvalid { argument, reason } = error else {
        return error;
    };
    let number = argument.parse().ok();
    let name = number.map(|number| record.argument_label(number));
    Error::ArgumentInvalid {
        argument: name.unwrap_or(argument),
        reason,
    }
}

fn refuse_nul(record: &ClassRecord, filled: &[Option<String>]) -> Result<(), Error> {
    let has_nul =
        |argument: &Option<String>| argument.as_ref().is_some_and(|text| text.contains('\0'));
    match filled.iter().position(has_nul) {
        Some(place) => Err(Error::ArgumentInvalid {
            argument: label(record, place),
            reason: "it has a NUL character in it".to_owned(),
        }),
        None => Ok(()),
    }
}

fn refuse_missing(
    class: &ClassName,
    record: &ClassRecord,
    filled: &[Option<String>],
) -> Result<(), Error> {
    let mut needed = record.command_line.arguments();
    needed.extend(record.stderr.iter().flat_map(|stderr| stderr.arguments()));
    if let MountPoint::Argument(number) = record.mount_point {
        needed.insert(number);
    }
    let is_missing = |place: &usize| {
        let optional = record
            .arguments
            .get(*place)
            .is_some_and(|argument| argument.optional);
        filled[*place].is_none() && !optional
    };
    match needed
        .into_iter()
        .map(|number| usize::from(number) - 1)
        .find(is_missing)
    {
        Some(place) => Err(Error::ArgumentMissing {
            class: class.as_str().to_owned(),
            argument: label(record, place),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Platform, Registration};

    fn record(text: &str, platform: &Platform) -> ClassRecord {
        let text = format!("executable = '/x'\n{text}");
        let registration = Registration::from_toml(class(), &text).unwrap();
        let platform = Platform {
            paths: Platform::UNIX.paths,
            ..platform.clone()
        };
        registration.record(&platform, &|_| None).unwrap()
    }

    fn class() -> ClassName {
        ClassName::parse("a").unwrap()
    }

    fn filled(
        record: &ClassRecord,
        positional: &[&str],
        named: &[(&str, &str)],
    ) -> Result<Vec<Option<String>>, Error> {
        let positional: Vec<String> = positional.iter().map(|text| (*text).into()).collect();
        let named = named
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect();
        fill(&class(), record, positional, named)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    const NAMED: &str =
        "command-line = '%1 %2 -o %3'\narguments = ['unc', 'mount-point', 'options?']";

    #[test]
    fn names_fill_the_places_that_the_class_gives_them() {
        let record = record(NAMED, &Platform::UNIX);
        let by_name = filled(&record, &[r"\a\b"], &[("Mount-Point", "/mnt")]).unwrap();
        assert_eq!(by_name, [some(r"\a\b"), some("/mnt")]);
        let gap = filled(
            &record,
            &[],
            &[("options", "ro"), ("unc", ""), ("mount-point", "")],
        )
        .unwrap();
        assert_eq!(gap, [some(""), some(""), some("ro")]);
    }

    #[test]
    fn an_unknown_name_fails() {
        let record = record(NAMED, &Platform::UNIX);
        let error = filled(&record, &["a", "b"], &[("user", "x")]).unwrap_err();
        assert_eq!(
            error,
            Error::ArgumentUnknown {
                class: "a".into(),
                argument: "user".into()
            }
        );
    }

    #[test]
    fn an_argument_given_twice_fails() {
        let record = record(NAMED, &Platform::UNIX);
        let reason = "it is given twice".to_owned();
        let error = filled(&record, &["a", "b"], &[("unc", "x")]).unwrap_err();
        let argument = "unc".to_owned();
        assert_eq!(
            error,
            Error::ArgumentInvalid {
                argument,
                reason: reason.clone()
            }
        );
        let error = filled(
            &record,
            &["a"],
            &[("mount-point", "x"), ("MOUNT-POINT", "y")],
        )
        .unwrap_err();
        assert_eq!(
            error,
            Error::ArgumentInvalid {
                argument: "mount-point".into(),
                reason
            }
        );
    }

    #[test]
    fn what_the_command_line_refuses_is_told_by_its_name_where_it_has_one() {
        for (number, name) in [("1", "unc"), ("2", "mount-point"), ("9", "9"), ("U", "U")] {
            let argument = number.into();
            let error = by_name(
                ExpandError::Option { argument },
                &record(NAMED, &Platform::UNIX),
            );
            assert!(
                matches!(&error, Error::ArgumentInvalid { argument, .. } if argument == name),
                "{error}"
            );
        }
    }

    #[test]
    fn more_than_nine_arguments_are_too_many() {
        let record = record("", &Platform::UNIX);
        assert_eq!(filled(&record, &["x"; 9], &[]).unwrap().len(), 9);
        let error = filled(&record, &["x"; 10], &[]).unwrap_err();
        assert_eq!(
            error,
            Error::TooManyArguments {
                count: 10,
                limit: 9
            }
        );
    }

    #[test]
    fn a_missing_argument_is_told_by_its_name_or_number() {
        let missing = |argument: &str| Error::ArgumentMissing {
            class: "a".into(),
            argument: argument.into(),
        };
        let named = record(NAMED, &Platform::UNIX);
        assert_eq!(
            filled(&named, &["x"], &[]).unwrap_err(),
            missing("mount-point")
        );
        let numbered = record("command-line = 'a %2'", &Platform::UNIX);
        assert_eq!(filled(&numbered, &["x"], &[]).unwrap_err(), missing("2"));
        assert_eq!(
            filled(&numbered, &["x", ""], &[]).unwrap(),
            [some("x"), some("")]
        );
        let in_a_path = record(r"command-line = '%\/_3'", &Platform::UNIX);
        assert_eq!(filled(&in_a_path, &[], &[]).unwrap_err(), missing("3"));
        let stderr = record("stderr = '/log/%4'", &Platform::UNIX);
        assert_eq!(filled(&stderr, &[], &[]).unwrap_err(), missing("4"));
        let mount_point = record("mount-point = '%5'", &Platform::UNIX);
        assert_eq!(filled(&mount_point, &[], &[]).unwrap_err(), missing("5"));
    }

    #[test]
    fn on_windows_a_missing_argument_is_empty() {
        let record = record(NAMED, &Platform::WINDOWS);
        assert_eq!(filled(&record, &[], &[]).unwrap(), []);
    }

    #[test]
    fn an_argument_without_use_is_taken_but_none_with_a_nul() {
        let record = record("", &Platform::UNIX);
        assert_eq!(filled(&record, &["a"], &[]).unwrap(), [some("a")]);
        let error = filled(&record, &["", "a\0b"], &[]).unwrap_err();
        assert!(matches!(error, Error::ArgumentInvalid { argument, .. } if argument == "2"));
    }
}
