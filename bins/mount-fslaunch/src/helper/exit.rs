//! Why nothing was mounted or unmounted, and the exit code that mount(8) and
//! umount(8) have for it. The table in the man page is compared with this.

use std::io;

use fslaunch_client::Error as Client;
use fslaunch_protocol::{Error, escape};

use super::usage::Usage;

/// Wrong usage, or no permission.
const USAGE: u8 = 1;
/// The system, or the launcher, is not there or does not work.
const SYSTEM: u8 = 2;
/// A bug.
const BUG: u8 = 4;
/// Somebody wanted it to end before it was done.
pub(super) const INTERRUPTED: u8 = 8;
/// It could not be mounted or unmounted.
const FAILED: u8 = 32;

/// Why it is not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked for in a way that can't be.
    Usage(Usage),
    /// The launcher said so, or there is none.
    Launcher(Client),
    /// The system failed.
    System { act: String, source: io::Error },
    /// Mounting or unmounting failed here.
    Mount(String),
    /// Somebody wanted it to end before it was done.
    Interrupted,
    /// The same, with more to say than its cause.
    Hinted(Box<Failure>, String),
}

impl From<Usage> for Failure {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

impl From<Client> for Failure {
    fn from(error: Client) -> Self {
        Self::Launcher(error)
    }
}

impl Failure {
    pub(crate) fn system(act: impl Into<String>, source: io::Error) -> Self {
        let act = act.into();
        Self::System { act, source }
    }

    /// What mount(8) ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Launcher(error) => of_client(error),
            Self::System { .. } => SYSTEM,
            Self::Mount(_) => FAILED,
            Self::Interrupted => INTERRUPTED,
            Self::Hinted(failure, _) => failure.exit_code(),
        }
    }

    /// What goes to standard error: lines that no name can forge.
    pub(crate) fn shown(&self, program: &str) -> String {
        let mut text = format!("{program}: {}\n", escape::line(&self.words()));
        if let Some(output) = self.output() {
            let output = output.trim_end();
            for line in output.lines() {
                text += &format!("{program}:   {}\n", escape::line(line));
            }
        }
        if let Self::Hinted(_, hint) = self {
            text += &format!("{program}: {}\n", escape::line(hint));
        }
        text
    }

    fn words(&self) -> String {
        match self {
            Self::Usage(usage) => usage.to_string(),
            Self::Launcher(error) => explained(error),
            Self::System { act, source } => format!("failed to {act}: {source}"),
            Self::Mount(words) => words.clone(),
            Self::Interrupted => "interrupted".to_owned(),
            Self::Hinted(failure, _) => failure.words(),
        }
    }

    /// The end of what the process of the file system wrote.
    fn output(&self) -> Option<&str> {
        match self {
            Self::Launcher(Client::Launcher(Error::ProcessEnded { output, .. })) => {
                output.as_deref()
            }
            Self::Hinted(failure, _) => failure.output(),
            Self::Usage(_)
            | Self::Launcher(_)
            | Self::System { .. }
            | Self::Mount(_)
            | Self::Interrupted => None,
        }
    }
}

fn explained(error: &Client) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn of_client(error: &Client) -> u8 {
    match error {
        Client::NotAllowed { .. } | Client::SecretWithheld { .. } => USAGE,
        Client::NotRunning { .. }
        | Client::Connect { .. }
        | Client::Busy { .. }
        | Client::Closed
        | Client::TimedOut
        | Client::Io { .. }
        | Client::AnswerTooLarge { .. }
        | Client::Malformed { .. } => SYSTEM,
        Client::Unsendable(_) => BUG,
        Client::Launcher(error) => of_launcher(error),
    }
}

fn of_launcher(error: &Error) -> u8 {
    match error {
        Error::InvalidName { .. }
        | Error::ClassNotFound { .. }
        | Error::AccessDenied { .. }
        | Error::IdentificationOnly { .. }
        | Error::SecretRequired { .. }
        | Error::SecretNotExpected { .. }
        | Error::SecretEmpty { .. }
        | Error::TooManyArguments { .. }
        | Error::ArgumentMissing { .. }
        | Error::ArgumentUnknown { .. }
        | Error::ArgumentInvalid { .. }
        | Error::RequestTooLarge { .. }
        | Error::MountPointRefused { .. } => USAGE,
        Error::LimitReached { .. } | Error::ShuttingDown {} => SYSTEM,
        Error::MalformedRequest { .. } | Error::Internal { .. } => BUG,
        Error::ClassUnusable { .. }
        | Error::SecurityInvalid { .. }
        | Error::ExecutableNotFound { .. }
        | Error::RunAsRefused { .. }
        | Error::InstanceNotFound { .. }
        | Error::InstanceExists { .. }
        | Error::SecretRefused { .. }
        | Error::SecretTimeout { .. }
        | Error::MountPointNotFound { .. }
        | Error::MountPointNotAFolder { .. }
        | Error::MountPointBusy { .. }
        | Error::StartFailed { .. }
        | Error::ProcessEnded { .. }
        | Error::StillStarting { .. }
        | Error::StartCancelled { .. }
        | Error::StopFailed { .. }
        | Error::Unknown { .. } => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../../docs/man/mount.fslaunch.8");

    /// The rows of the table in the man page: code, meaning, errors.
    fn rows() -> Vec<(u8, Vec<&'static str>)> {
        let (_, after) = PAGE.split_once(".SH EXIT STATUS").expect("the section");
        let (section, _) = after.split_once(".SH").expect("the next section");
        let items = section.split(".TP\n").skip(1);
        items
            .map(|item| {
                let code = item
                    .lines()
                    .next()
                    .and_then(|line| line.strip_prefix(".B "));
                let code = code.and_then(|code| code.parse().ok()).expect("a code");
                let names = item.split(|c: char| !c.is_ascii_alphanumeric());
                let examples = Error::examples();
                let known: Vec<_> = examples.iter().map(Error::name).collect();
                (code, names.filter(|word| known.contains(word)).collect())
            })
            .collect()
    }

    #[test]
    fn the_man_page_has_every_exit_code_and_the_errors_that_give_it() {
        let documented = rows();
        let codes: Vec<u8> = documented.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [0, USAGE, SYSTEM, BUG, INTERRUPTED, FAILED]);
        for (code, names) in documented {
            let examples = Error::examples();
            let of_code = examples.iter().filter(|error| of_launcher(error) == code);
            let mut expected: Vec<_> = of_code.map(Error::name).collect();
            let mut names = names;
            expected.sort_unstable();
            names.sort_unstable();
            assert_eq!(names, expected, "exit code {code}");
        }
    }

    #[test]
    fn neither_names_nor_output_forge_lines() {
        let error = Error::ProcessEnded {
            class: "c".into(),
            instance: "a\nmount.fslaunch: all is well".into(),
            exit_code: Some(1),
            signal: None,
            reason: String::new(),
            output: Some("one\u{1b}[2J\ntwo\n".into()),
        };
        let shown = Failure::from(Client::from(error)).shown("mount.fslaunch");
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(
            !shown.contains('\u{1b}') && shown.ends_with("  two\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_hint_comes_after_the_cause_and_changes_no_exit_code() {
        let failure = Failure::Hinted(Box::new(Usage::NoFolder.into()), "do that".into());
        assert_eq!(failure.exit_code(), USAGE);
        let shown = failure.shown("mount.fslaunch");
        assert_eq!(
            shown,
            "mount.fslaunch: the mount point is empty\nmount.fslaunch: do that\n"
        );
    }
}
