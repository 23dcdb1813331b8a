//! The exit codes. The table in `docs/errors.md` is compared with them.

use fslaunch_client::Error as Failure;
use fslaunch_protocol::Error;

/// The launcher, or this program, failed in another way.
pub(crate) const OTHER: u8 = 1;
/// There is no launcher; the original's code.
const NO_LAUNCHER: u8 = 2;
/// There is no such class or instance.
pub(crate) const NOT_FOUND: u8 = 3;
/// The class can't be used: an administrator has to repair it.
pub(crate) const UNUSABLE: u8 = 4;
/// The caller may not do that, or the secret is wrong.
pub(crate) const DENIED: u8 = 5;
/// It already runs, or is already registered.
pub(crate) const EXISTS: u8 = 6;
/// The process of the file system failed.
const FAILED: u8 = 7;
/// It takes longer than the class allows.
const TIMED_OUT: u8 = 8;
/// The mount point can't be used.
const MOUNT_POINT: u8 = 9;
/// Not now: a limit is reached, or the launcher is about to end.
const NOT_NOW: u8 = 10;
/// The request is wrong: change it. The original's code of wrong usage.
pub(crate) const WRONG: u8 = 87;
/// The launcher ended the connection; as Win32 has it.
const CLOSED: u8 = 109;
/// The launcher takes no connections; the original's code.
const BUSY: u8 = 231;

/// The exit code of a request without a result.
pub(crate) fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::NotRunning { .. } | Failure::Connect { .. } => NO_LAUNCHER,
        Failure::NotAllowed { .. } | Failure::SecretWithheld { .. } => DENIED,
        Failure::Busy { .. } => BUSY,
        Failure::Unsendable(_) => WRONG,
        Failure::Closed | Failure::Io { .. } => CLOSED,
        Failure::TimedOut => TIMED_OUT,
        Failure::AnswerTooLarge { .. } | Failure::Malformed { .. } => OTHER,
        Failure::Launcher(error) => of_launcher(error),
    }
}

fn of_launcher(error: &Error) -> u8 {
    match error {
        Error::ClassNotFound { .. } | Error::InstanceNotFound { .. } => NOT_FOUND,
        Error::ClassUnusable { .. }
        | Error::SecurityInvalid { .. }
        | Error::ExecutableNotFound { .. }
        | Error::RunAsRefused { .. } => UNUSABLE,
        Error::AccessDenied { .. }
        | Error::IdentificationOnly { .. }
        | Error::SecretRefused { .. }
        | Error::MountPointRefused { .. } => DENIED,
        Error::InstanceExists { .. } => EXISTS,
        Error::StartFailed { .. }
        | Error::ProcessEnded { .. }
        | Error::StartCancelled { .. }
        | Error::StopFailed { .. } => FAILED,
        Error::SecretTimeout { .. } | Error::StillStarting { .. } => TIMED_OUT,
        Error::MountPointNotFound { .. }
        | Error::MountPointNotAFolder { .. }
        | Error::MountPointBusy { .. } => MOUNT_POINT,
        Error::LimitReached { .. } | Error::ShuttingDown {} => NOT_NOW,
        Error::MalformedRequest { .. }
        | Error::RequestTooLarge { .. }
        | Error::InvalidName { .. }
        | Error::SecretRequired { .. }
        | Error::SecretNotExpected { .. }
        | Error::SecretEmpty { .. }
        | Error::TooManyArguments { .. }
        | Error::ArgumentMissing { .. }
        | Error::ArgumentUnknown { .. }
        | Error::ArgumentInvalid { .. } => WRONG,
        Error::Internal { .. } => OTHER,
        Error::Unknown { code, .. } => of_number(*code),
    }
}

/// Of an error that this program does not know by name: one of WinFsp's
/// launcher, or of a newer one.
fn of_number(code: u32) -> u8 {
    match code {
        2 => NOT_FOUND,
        5 => DENIED,
        87 => WRONG,
        183 => EXISTS,
        234 | 1338 => UNUSABLE,
        1460 => TIMED_OUT,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("../../../docs/errors.md");

    /// The rows of the table with this heading: their cells.
    fn rows(heading: &str) -> Vec<Vec<&'static str>> {
        let (_, after) = TABLE.split_once(heading).expect("the heading is there");
        let lines = after.lines().skip_while(|line| !line.starts_with('|'));
        let lines = lines.take_while(|line| line.starts_with('|'));
        let cells = |line: &'static str| line.trim_matches('|').split(" | ").map(str::trim);
        lines.skip(2).map(|line| cells(line).collect()).collect()
    }

    #[test]
    fn the_documented_table_of_errors_is_what_the_program_does() {
        let documented = rows("## Errors of the launcher");
        let examples = Error::examples();
        assert_eq!(documented.len(), examples.len());
        for (row, error) in documented.iter().zip(examples) {
            let expected = [
                format!("`{}`", error.name()),
                error.win32().to_string(),
                of_launcher(&error).to_string(),
            ];
            assert_eq!(row[..3], expected);
            assert_eq!(row.len(), 5, "{row:?}");
            assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        }
    }

    #[test]
    fn every_exit_code_is_documented_and_none_other() {
        let documented = rows("## Exit codes of launchctl");
        let documented: Vec<u8> = documented
            .iter()
            .map(|row| row[0].parse().unwrap())
            .collect();
        let known = [
            0,
            OTHER,
            NO_LAUNCHER,
            NOT_FOUND,
            UNUSABLE,
            DENIED,
            EXISTS,
            FAILED,
            TIMED_OUT,
            MOUNT_POINT,
            NOT_NOW,
            WRONG,
            CLOSED,
            BUSY,
        ];
        assert_eq!(documented, known);
    }

    #[test]
    fn an_error_without_a_known_name_has_the_exit_code_of_its_number() {
        let unknown = |code| Error::Unknown {
            name: "org.example.New".into(),
            message: String::new(),
            code,
        };
        for known in [
            Error::ClassNotFound { class: "c".into() },
            Error::SecretEmpty { class: "c".into() },
            Error::ShuttingDown {},
        ] {
            let expected = match known.win32() {
                1115 => OTHER,
                _ => of_launcher(&known),
            };
            assert_eq!(of_launcher(&unknown(known.win32())), expected, "{known}");
        }
        assert_eq!(of_launcher(&unknown(0)), OTHER);
    }

    #[test]
    fn no_failure_has_the_exit_code_of_success() {
        assert!(
            Error::examples()
                .iter()
                .all(|error| of_launcher(error) != 0)
        );
    }
}
