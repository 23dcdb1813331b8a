//! Where the name of a user is among the arguments of a start.

use fslaunch_core::name::fold;
use fslaunch_protocol::{Class, Start};

/// The value of `credentials` that asks for a user name as well.
const USER_AND_PASSWORD: u32 = 3;
/// The argument that is one, in a class that names its arguments.
const USER: &str = "user";
/// Its place in a class that names none, as the network provider of Windows
/// fills it: after name and folder.
const THIRD: usize = 2;

/// The place of the user's name in a class that takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    at: usize,
    name: Option<String>,
    /// Whether the class says that there must be one.
    pub(super) is_needed: bool,
}

impl Place {
    pub(super) fn of(class: &Class) -> Option<Self> {
        let is_needed = class.credentials == USER_AND_PASSWORD;
        let at = class.arguments.iter().position(|name| is_user(name));
        match at {
            Some(at) => Some(Self {
                at,
                name: class.arguments.get(at).cloned(),
                is_needed,
            }),
            None => (is_needed && class.arguments.is_empty()).then_some(Self {
                at: THIRD,
                name: None,
                is_needed,
            }),
        }
    }

    /// The user that a start names.
    pub(super) fn user(&self, start: &Start) -> Option<String> {
        let mut named = start.named.iter().filter(|(name, _)| is_user(name));
        let named = self.name.as_ref().and_then(|_| named.next());
        let given = start.arguments.get(self.at);
        given.or(named.map(|(_, user)| user)).cloned()
    }

    /// Names the user in a start that names none, if there is room.
    pub(super) fn fill(&self, start: &mut Start, user: &str) {
        if self.user(start).is_some() {
            return;
        }
        match &self.name {
            Some(name) => drop(start.named.insert(name.clone(), user.to_owned())),
            None if start.arguments.len() == self.at => start.arguments.push(user.to_owned()),
            None => {}
        }
    }
}

/// Names ignore case, as the launcher compares them.
fn is_user(name: &str) -> bool {
    fold(name) == fold(USER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(arguments: &[&str], credentials: u32) -> Class {
        Class {
            class: "vault".into(),
            problem: None,
            instances: 0,
            arguments: arguments.iter().map(|name| (*name).to_owned()).collect(),
            credentials,
            start_timeout: None,
        }
    }

    fn start(arguments: &[&str], named: &[(&str, &str)]) -> Start {
        let text = |text: &&str| (*text).to_owned();
        Start {
            arguments: arguments.iter().map(text).collect(),
            named: named.iter().map(|(a, b)| (text(a), text(b))).collect(),
            ..Start::default()
        }
    }

    #[test]
    fn a_class_that_takes_no_user_has_no_place_for_one() {
        assert_eq!(Place::of(&class(&[], 1)), None);
        assert_eq!(Place::of(&class(&["unc", "mount-point"], 3)), None);
        assert!(!Place::of(&class(&["user"], 1)).unwrap().is_needed);
        assert!(Place::of(&class(&[], 3)).unwrap().is_needed);
    }

    #[test]
    fn a_user_is_found_by_name_and_by_position() {
        let named = Place::of(&class(&["unc", "User"], 3)).unwrap();
        let found = |start: &Start| named.user(start);
        assert_eq!(found(&start(&[], &[("USER", "anna")])).unwrap(), "anna");
        assert_eq!(found(&start(&["x", "anna"], &[])).unwrap(), "anna");
        assert_eq!(found(&start(&["x"], &[("unc", "y")])), None);
        let third = Place::of(&class(&[], 3)).unwrap();
        assert_eq!(
            third.user(&start(&["x", "y", "anna"], &[])).unwrap(),
            "anna"
        );
        assert_eq!(third.user(&start(&["x", "y"], &[])), None);
    }

    #[test]
    fn a_user_goes_where_there_is_room_and_takes_nobodys_place() {
        let filled = |place: &Place, mut start: Start| {
            place.fill(&mut start, "anna");
            start
        };
        let named = Place::of(&class(&["unc", "User"], 3)).unwrap();
        let anna = start(&["x"], &[("User", "anna")]);
        assert_eq!(filled(&named, start(&["x"], &[])), anna);
        for taken in [start(&["x", "bob"], &[]), start(&[], &[("user", "bob")])] {
            assert_eq!(filled(&named, taken.clone()), taken);
        }
        let third = Place::of(&class(&[], 3)).unwrap();
        let anna = start(&["x", "y", "anna"], &[]);
        assert_eq!(filled(&third, start(&["x", "y"], &[])), anna);
        for full in [start(&["x", "y", "bob"], &[]), start(&["x"], &[])] {
            assert_eq!(filled(&third, full.clone()), full);
        }
    }
}
