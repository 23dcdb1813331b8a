//! The arguments of a start: from the source, the mount point and the options,
//! by the names that the class has for its arguments.

use fslaunch_core::arguments::mount_options;
use fslaunch_core::name::InstanceName;
use fslaunch_protocol::{Class, Start};

use super::options::Options;
use super::source::Source;
use super::usage::Usage;

/// Names that mount fills in itself.
const UNC: &str = "unc";
const SOURCE: &str = "source";
const MOUNT_POINT: &str = "mount-point";
const MOUNT_OPTIONS: &str = mount_options::NAME;
const USER: &str = "user";
/// Another way to write `user=`, which is an option of fstab as well.
const USERNAME: &str = "username";

/// Who asks, as far as it matters for what is filled in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leniency {
    /// Options that the class does not have are left out.
    pub(crate) sloppy: bool,
}

/// A start without its secret and without a user name that is still to come.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) start: Start,
    /// The user name, if it was given.
    pub(crate) user: Option<String>,
    user_goes_to: Option<UserGoesTo>,
}

#[derive(Debug)]
enum UserGoesTo {
    Named(String),
    Third,
}

/// Fills the arguments of a class.
pub(crate) fn fill(
    class: &Class,
    source: &Source,
    folder: &str,
    options: &Options,
    leniency: Leniency,
) -> Result<Filled, Usage> {
    let mut filled = Filled {
        start: Start {
            class: class.class.clone(),
            instance: options
                .instance
                .clone()
                .unwrap_or_else(|| source.instance.clone()),
            // Who gives up before it is mounted wants it no more.
            while_connected: true,
            ..Start::default()
        },
        user: None,
        user_goes_to: None,
    };
    match class.arguments.is_empty() {
        true => fill_by_position(&mut filled, class, source, folder),
        false => fill_by_name(&mut filled, class, source, folder, options)?,
    }
    add_options(&mut filled, class, options, leniency)?;
    Ok(filled)
}

/// As the network provider of Windows fills classes without names.
fn fill_by_position(filled: &mut Filled, class: &Class, source: &Source, folder: &str) {
    filled.start.arguments = vec![source.unc.clone(), folder.to_owned()];
    if class.credentials == USER_AND_PASSWORD {
        filled.user_goes_to = Some(UserGoesTo::Third);
    }
}

/// The value of `credentials` that asks for a user name as well.
pub(crate) const USER_AND_PASSWORD: u32 = 3;

fn fill_by_name(
    filled: &mut Filled,
    class: &Class,
    source: &Source,
    folder: &str,
    options: &Options,
) -> Result<(), Usage> {
    let named = &mut filled.start.named;
    let place = argument(class, MOUNT_POINT);
    let place = place.ok_or_else(|| Usage::NoMountPoint(class.class.clone()))?;
    named.insert(place.to_owned(), folder.to_owned());
    if let Some(name) = argument(class, UNC) {
        named.insert(name.to_owned(), source.unc.clone());
    }
    if let Some(name) = argument(class, SOURCE) {
        named.insert(name.to_owned(), source.rest.clone());
    }
    if let Some(name) = argument(class, MOUNT_OPTIONS) {
        let readable = match options.restrictions.iter().any(|option| option == "ro") {
            true => None,
            false => Some("rw"),
        };
        let list = readable.into_iter();
        let list = list.chain(options.restrictions.iter().map(String::as_str));
        named.insert(name.to_owned(), list.collect::<Vec<_>>().join(","));
    }
    let user = argument(class, USER);
    filled.user_goes_to = user.map(|name| UserGoesTo::Named(name.to_owned()));
    Ok(())
}

fn add_options(
    filled: &mut Filled,
    class: &Class,
    options: &Options,
    leniency: Leniency,
) -> Result<(), Usage> {
    for (name, value) in &options.named {
        if [USER, USERNAME].iter().any(|user| same(user, name)) && filled.user_goes_to.is_some() {
            if filled.user.replace(value.clone()).is_some() {
                return Err(Usage::Repeated(USER.to_owned()));
            }
            continue;
        }
        match argument(class, name) {
            Some(known)
                if [UNC, MOUNT_POINT, MOUNT_OPTIONS]
                    .iter()
                    .any(|own| same(own, known)) =>
            {
                return Err(Usage::FilledIn(name.clone()));
            }
            // `source=` says it better than the source could.
            Some(known) => drop(filled.start.named.insert(known.to_owned(), value.clone())),
            None if leniency.sloppy => {}
            None => return Err(unknown(class, name)),
        }
    }
    match options.bare.first() {
        Some(name) if argument(class, name).is_some() => Err(Usage::NoValue(name.clone())),
        Some(name) if !leniency.sloppy => Err(unknown(class, name)),
        Some(_) | None => Ok(()),
    }
}

impl Filled {
    /// The start with this user name, where the class wants one.
    pub(crate) fn start_for(&self, user: Option<&str>) -> Start {
        let mut start = self.start.clone();
        if let (Some(user), Some(place)) = (user, &self.user_goes_to) {
            match place {
                UserGoesTo::Named(name) => drop(start.named.insert(name.clone(), user.to_owned())),
                UserGoesTo::Third => start.arguments.push(user.to_owned()),
            }
        }
        start
    }
}

/// An argument of the class, as the class spells it.
fn argument<'a>(class: &'a Class, name: &str) -> Option<&'a str> {
    let mut names = class.arguments.iter();
    names.find(|known| same(known, name)).map(String::as_str)
}

/// Names ignore case, as the launcher compares them.
pub(crate) fn same(one: &str, other: &str) -> bool {
    match (InstanceName::parse(one), InstanceName::parse(other)) {
        (Ok(one), Ok(other)) => one.key() == other.key(),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => one == other,
    }
}

fn unknown(class: &Class, option: &str) -> Usage {
    let own = [UNC, MOUNT_POINT, MOUNT_OPTIONS];
    let names = class.arguments.iter();
    let names: Vec<_> = names
        .filter(|name| !own.iter().any(|own| same(own, name)))
        .map(String::as_str)
        .collect();
    let has = match (class.arguments.is_empty(), names.is_empty()) {
        (true, _) => "it gives its arguments no names".to_owned(),
        (false, true) => "it has none of its own".to_owned(),
        (false, false) => format!("it has {}", names.join(", ")),
    };
    Usage::UnknownOption {
        class: class.class.clone(),
        option: option.to_owned(),
        has,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{options, source};
    use super::*;

    fn class(arguments: &[&str], credentials: u32) -> Class {
        Class {
            class: "memfs64".into(),
            problem: None,
            instances: 0,
            arguments: arguments.iter().map(|name| (*name).to_owned()).collect(),
            credentials,
            start_timeout: None,
        }
    }

    fn filled(class: &Class, list: &str) -> Result<Filled, Usage> {
        let source = source::parse(None, "//memfs64/share").unwrap();
        let options = options::parse(&[list.to_owned()])?;
        fill(class, &source, "/mnt/z", &options, Leniency::default())
    }

    #[test]
    fn source_folder_and_options_fill_the_arguments_of_these_names() {
        let class = class(&["UNC", "mount-point", "Mount-Options", "key"], 0);
        let start = filled(&class, "nosuid,ro,KEY=a=b").unwrap().start_for(None);
        let expected = [
            ("Mount-Options", "nosuid,ro"),
            ("UNC", r"\memfs64\share"),
            ("key", "a=b"),
            ("mount-point", "/mnt/z"),
        ];
        let named = start
            .named
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(named.collect::<Vec<_>>(), expected);
        assert!(start.arguments.is_empty());
        let start = filled(&class, "rw").unwrap().start_for(None);
        assert_eq!(start.named["Mount-Options"], "rw");
    }

    #[test]
    fn a_class_without_names_gets_what_windows_would_give_it() {
        let start = filled(&class(&[], 0), "rw").unwrap().start_for(None);
        assert_eq!(start.arguments, [r"\memfs64\share", "/mnt/z"]);
        let with_user = filled(&class(&[], 3), "user=anna").unwrap();
        assert_eq!(with_user.user.as_deref(), Some("anna"));
        let start = with_user.start_for(Some("anna"));
        assert_eq!(start.arguments, [r"\memfs64\share", "/mnt/z", "anna"]);
        assert!(filled(&class(&[], 0), "user=anna").is_err());
    }

    #[test]
    fn an_option_that_nobody_knows_is_named_and_sloppiness_leaves_it_out() {
        let class = class(&["unc", "mount-point", "key"], 0);
        for list in ["frobnicate", "frobnicate=1"] {
            let error = filled(&class, list).unwrap_err();
            let words = error.to_string();
            assert!(
                words.contains("'frobnicate'") && words.contains("it has key"),
                "{words}"
            );
        }
        let source = source::parse(None, "//memfs64/share").unwrap();
        let options = options::parse(&["frob,nicate=1".to_owned()]).unwrap();
        let sloppy = Leniency { sloppy: true };
        assert!(fill(&class, &source, "/mnt/z", &options, sloppy).is_ok());
        assert_eq!(
            filled(&class, "key").unwrap_err(),
            Usage::NoValue("key".into())
        );
    }

    #[test]
    fn what_mount_fills_in_is_not_an_option_but_source_is() {
        let class = class(&["source", "mount-point", "unc"], 0);
        for name in ["unc", "MOUNT-POINT"] {
            let error = filled(&class, &format!("{name}=x")).unwrap_err();
            assert_eq!(error, Usage::FilledIn(name.into()));
        }
        let start = filled(&class, "source=/srv/docs").unwrap().start_for(None);
        assert_eq!(start.named["source"], "/srv/docs");
        assert_eq!(filled(&class, "").unwrap().start.named["source"], "share");
    }

    #[test]
    fn a_class_that_can_t_be_told_where_to_mount_is_refused() {
        let error = filled(&class(&["archive", "folder"], 0), "").unwrap_err();
        assert_eq!(error, Usage::NoMountPoint("memfs64".into()));
    }

    #[test]
    fn the_user_name_has_two_spellings_of_which_one_is_given() {
        let class = class(&["mount-point", "user"], 3);
        for list in ["user=anna", "username=anna"] {
            let filled = filled(&class, list).unwrap();
            assert_eq!(filled.user.as_deref(), Some("anna"));
            let start = filled.start_for(filled.user.as_deref());
            assert_eq!(start.named["user"], "anna");
        }
        assert!(filled(&class, "user=anna,username=bob").is_err());
        assert_eq!(
            filled(&class, "instance=two").unwrap().start.instance,
            "two"
        );
    }
}
