//! What the provider must know of a class.

use std::time::Duration;

use crate::name::same;

/// Who uses a class through this library.
pub(crate) const AGENT: &str = "WinFsp.Np";

/// What a class asks for before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Password,
    UserAndPassword,
}

impl Needs {
    /// What the value `Credentials` says.
    pub(crate) fn from_number(number: u32) -> Needs {
        match number {
            0 => Needs::Nothing,
            3 => Needs::UserAndPassword,
            // What else there may be needs a password at least.
            _ => Needs::Password,
        }
    }
}

/// What the credential dialog is for, if not for just any program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Package {
    Named(String),
    Numbered(u32),
}

/// A registered class. What is wrong with it, the launcher says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) executable: String,
    pub(crate) needs: Needs,
    /// Whether it runs as whoever starts it, which the client must allow.
    pub(crate) runs_as_caller: bool,
    pub(crate) start_timeout: Duration,
    pub(crate) secret_timeout: Duration,
    pub(crate) package: Option<Package>,
    /// Who may use it; everybody if nobody is named.
    pub(crate) agents: String,
}

impl Class {
    /// Whether it is for the network provider.
    pub(crate) fn is_for_us(&self) -> bool {
        let mut agents = self.agents.split(',').map(str::trim);
        let nobody = self.agents.trim().is_empty();
        nobody || agents.any(|agent| same(agent, AGENT))
    }
}

/// A number of seconds in a class; what can't be one counts as the default,
/// as the launcher will refuse the class anyway.
pub(crate) fn seconds(number: Option<u32>) -> Duration {
    const DEFAULT: u32 = 15;
    const DAY: u32 = 86_400;
    let seconds = number.filter(|seconds| (1..=DAY).contains(seconds));
    Duration::from_secs(seconds.unwrap_or(DEFAULT).into())
}

#[cfg(test)]
impl Class {
    /// A class as most are.
    pub(crate) fn plain() -> Class {
        Class {
            executable: r"C:\fs.exe".to_owned(),
            needs: Needs::Nothing,
            runs_as_caller: false,
            start_timeout: seconds(None),
            secret_timeout: seconds(None),
            package: None,
            agents: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_for_everybody_or_for_the_agents_that_it_names() {
        for (agents, ours) in [
            ("", true),
            ("  ", true),
            ("WinFsp.Np", true),
            ("other, winfsp.np ,x", true),
            ("other", false),
            ("WinFsp.Np2", false),
            (",", false),
        ] {
            let agents = agents.to_owned();
            let class = Class {
                agents,
                ..Class::plain()
            };
            assert_eq!(class.is_for_us(), ours, "{:?}", class.agents);
        }
    }

    #[test]
    fn a_class_needs_nothing_a_password_or_a_user_name_too() {
        assert_eq!(Needs::from_number(0), Needs::Nothing);
        assert_eq!(Needs::from_number(1), Needs::Password);
        assert_eq!(Needs::from_number(3), Needs::UserAndPassword);
        assert_eq!(Needs::from_number(2), Needs::Password);
    }

    #[test]
    fn a_class_waits_for_fifteen_seconds_unless_it_says_otherwise() {
        for (number, expected) in [(None, 15), (Some(0), 15), (Some(86_401), 15), (Some(1), 1)] {
            assert_eq!(seconds(number), Duration::from_secs(expected));
        }
    }
}
