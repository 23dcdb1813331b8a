//! The launcher's numbers, in words.

use crate::class::Class;
use crate::failure::Failure;
use crate::name::RemoteName;
use crate::world::Unsaid;

/// What the launcher's refusal of a start means. It is not 5 or 183.
pub(crate) fn of_start(name: &RemoteName, class: &Class, is_there: bool, error: u32) -> Failure {
    let words = match error {
        2 if !is_there => format!(
            "the executable '{}' of class '{}' does not exist",
            class.executable, name.class
        ),
        2 => format!(
            "class '{}' can't be used: its record in the registry is not right, or '{}' can't be run",
            name.class, class.executable
        ),
        31 => format!("the process of {name} could not be started: see the launcher's log"),
        87 => format!(
            "the launcher does not understand the start of {name}: was class '{}' changed just now?",
            name.class
        ),
        123 => format!("'{}' can't be the name of an instance", name.instance),
        1067 => format!("the process of {name} ended at once: see the launcher's log"),
        1115 => "the launcher is shutting down: try again when it is back".to_owned(),
        1223 => format!("{name} was stopped before it was ready"),
        1338 => format!(
            "the security descriptor of class '{}' does not parse: an administrator must repair the class",
            name.class
        ),
        1346 => format!(
            "class '{}' runs as whoever starts it, and the launcher may not act as you",
            name.class
        ),
        1359 => "the launcher failed: see its log".to_owned(),
        1460 => format!(
            "{name} did not answer to its password within {} s and was stopped",
            class.secret_timeout.as_secs()
        ),
        1816 => "a limit of the launcher is reached: disconnect something, or ask an administrator to raise the limit".to_owned(),
        other => format!("the launcher refused to start {name}: error {other}"),
    };
    Failure::words(error, &words)
}

/// What the launcher's refusal of a stop means. It is not 2 or 5.
pub(crate) fn of_stop(name: &RemoteName, error: u32) -> Failure {
    let words = match error {
        1115 => "the launcher is shutting down, and stops everything itself".to_owned(),
        other => format!("the launcher refused to stop {name}: error {other}"),
    };
    Failure::words(error, &words)
}

/// There is no answer.
pub(crate) fn unsaid(why: Unsaid) -> Failure {
    let (cause, words) = match why {
        Unsaid::NoLauncher => (
            2,
            "the launcher does not run: start the service WinFsp.Launcher",
        ),
        Unsaid::Busy => (231, "the launcher takes no more requests: try again"),
        Unsaid::NotTrusted => (
            5,
            "the launcher's pipe belongs to somebody else than the system: nothing was sent to it",
        ),
        Unsaid::Late => (1460, "the launcher did not answer in time: see its log"),
        Unsaid::Broken(code) => {
            let words = format!("the launcher ended the conversation: error {code}");
            return Failure::words(code, &words);
        }
    };
    Failure::words(cause, words)
}

/// The launcher's answer is none.
pub(crate) fn nonsense() -> Failure {
    Failure::words(109, "what the launcher answered can't be understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(failure: &Failure) -> &str {
        match failure {
            Failure::Words { words, .. } => words,
            Failure::Plain(code) => panic!("plain {code}"),
        }
    }

    #[test]
    fn each_cause_has_words_of_its_own_with_the_names_in_them() {
        let name = RemoteName::new("memfs64", "share");
        let mut all = vec![];
        for error in [
            2, 31, 87, 123, 1067, 1115, 1223, 1338, 1346, 1359, 1460, 1816, 77,
        ] {
            let failure = of_start(&name, &Class::plain(), true, error);
            assert_eq!(failure.code(), 1208);
            all.push(said(&failure).to_owned());
        }
        for why in [
            Unsaid::NoLauncher,
            Unsaid::Busy,
            Unsaid::NotTrusted,
            Unsaid::Late,
            Unsaid::Broken(109),
        ] {
            all.push(said(&unsaid(why)).to_owned());
        }
        all.push(said(&nonsense()).to_owned());
        let missing = of_start(&name, &Class::plain(), false, 2);
        assert!(said(&missing).contains(r"C:\fs.exe"), "{missing:?}");
        all.push(said(&missing).to_owned());
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "{all:#?}");
    }

    #[test]
    fn a_refused_stop_names_the_instance() {
        let name = RemoteName::new("memfs64", "share");
        assert!(said(&of_stop(&name, 1053)).contains(r"\\memfs64\share"));
        assert!(said(&of_stop(&name, 1115)).contains("shutting down"));
    }
}
