//! How a service is configured: all that the service manager tells.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;

use super::control::AT_MOST;

/// UTF-16 without a NUL at its end, as the service manager has it.
pub(super) type Wide = Vec<u16>;

/// How a service is configured. What is `None` the system does not tell, as
/// older ones don't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) kind: u32,
    pub(super) start: u32,
    pub(super) error_control: u32,
    /// The command line: the program, and often arguments.
    pub(super) command: Wide,
    pub(super) group: Wide,
    pub(super) tag: u32,
    /// Names with a NUL after each.
    pub(super) dependencies: Wide,
    pub(super) account: Wide,
    pub(super) display_name: Wide,
    pub(super) description: Option<Wide>,
    pub(super) failure: Option<Failure>,
    /// Whether what is done about a crash is done about an error as well.
    pub(super) failure_on_error: Option<u32>,
    pub(super) delayed: Option<u32>,
    pub(super) sid_type: Option<u32>,
    /// How long it is waited for before others are shut down, in milliseconds.
    pub(super) preshutdown: Option<u32>,
    /// Names with a NUL after each; empty for all that the account has.
    pub(super) privileges: Option<Wide>,
}

/// What the service manager does when the service fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failure {
    /// After so many seconds without a failure it counts anew.
    pub(super) reset: u32,
    pub(super) reboot_message: Wide,
    pub(super) command: Wide,
    /// Kind and delay in milliseconds, for the first failure, the second, and
    /// so on; the last one for all that follow.
    pub(super) actions: Vec<(u32, u32)>,
}

/// Accounts that need no password, so that they can be put back.
const WITHOUT_PASSWORD: [&str; 3] = [
    "LocalSystem",
    r"NT AUTHORITY\LocalService",
    r"NT AUTHORITY\NetworkService",
];

const SERVICE_WIN32_OWN_PROCESS: u32 = 0x10;
const SERVICE_AUTO_START: u32 = 2;
const SERVICE_ERROR_NORMAL: u32 = 1;
const SERVICE_SID_TYPE_NONE: u32 = 0;
const SC_ACTION_RESTART: u32 = 1;

/// The display name begins like this.
const SHOWN: &str = "fslaunch (";
const DESCRIPTION: &str = "Starts, watches and stops user-mode file systems (fslaunch).";

/// What is done when the service fails: it is started again, later each time.
const RESTARTS: [(u32, u32); 3] = [
    (SC_ACTION_RESTART, 1_000),
    (SC_ACTION_RESTART, 5_000),
    (SC_ACTION_RESTART, 30_000),
];
const DAY: u32 = 86_400;

impl Configuration {
    /// Our service as it is made new.
    pub(super) fn new(name: &str, command: &str, delayed: bool) -> Configuration {
        Configuration {
            kind: SERVICE_WIN32_OWN_PROCESS,
            start: SERVICE_AUTO_START,
            error_control: SERVICE_ERROR_NORMAL,
            command: utf16(command),
            group: Wide::new(),
            tag: 0,
            dependencies: Wide::new(),
            account: utf16("LocalSystem"),
            display_name: utf16(&format!("{SHOWN}{name})")),
            description: Some(utf16(DESCRIPTION)),
            failure: Some(Failure {
                reset: DAY,
                actions: RESTARTS.to_vec(),
                ..Failure::default()
            }),
            failure_on_error: Some(1),
            delayed: Some(delayed.into()),
            sid_type: Some(SERVICE_SID_TYPE_NONE),
            preshutdown: Some(AT_MOST.as_millis() as u32),
            privileges: Some(Wide::new()),
        }
    }

    /// Our service where there is one already. What is of no concern to us
    /// stays as it is.
    pub(super) fn instead_of(self, present: &Configuration) -> Configuration {
        Configuration {
            group: present.group.clone(),
            tag: present.tag,
            ..self
        }
    }

    /// Whether this program, or another of its name, is the service: its
    /// command line is of exactly the form that installing it writes. One of
    /// another name, elsewhere, is known by what users see of it.
    pub(super) fn is_ours(&self, program: &str) -> bool {
        let command = self.command();
        let Some((found, rest)) = command
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
        else {
            return false;
        };
        let name = found.rsplit('\\').next().unwrap_or(found);
        let known = found.eq_ignore_ascii_case(program)
            || name.eq_ignore_ascii_case("fslaunchd.exe")
            || self.display_name.starts_with(&utf16(SHOWN));
        known && (rest == " --service" || rest.starts_with(" --service "))
    }

    /// Whether the account can be put back after another one was set.
    pub(super) fn needs_no_password(&self) -> bool {
        let account = String::from_utf16_lossy(&self.account);
        WITHOUT_PASSWORD
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&account))
    }

    /// The command line, for a message.
    pub(super) fn command(&self) -> String {
        OsString::from_wide(&self.command)
            .to_string_lossy()
            .into_owned()
    }

    /// The account, for a message.
    pub(super) fn account(&self) -> String {
        String::from_utf16_lossy(&self.account)
    }
}

/// The command line of our service. A program's path has no quote in it, and a
/// service's name no `\`.
pub(super) fn command(program: &str, name: &str) -> String {
    let mut command = format!("\"{program}\" --service");
    if !name.eq_ignore_ascii_case(super::NAME) {
        let name = name.replace('"', "\\\"");
        command.push_str(&format!(" --service-name \"{name}\""));
    }
    command
}

fn utf16(text: &str) -> Wide {
    text.encode_utf16().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_command(command: &str) -> Configuration {
        let mut configuration = Configuration::new("x", command, false);
        configuration.display_name = utf16("x");
        configuration
    }

    #[test]
    fn one_of_another_name_elsewhere_is_ours_by_what_users_see() {
        let line = r#""C:\x\other.exe" --service"#;
        assert!(Configuration::new("x", line, false).is_ours("y"));
        assert!(!with_command(line).is_ours("y"));
        assert!(!Configuration::new("x", r"C:\x\other.exe", false).is_ours("y"));
    }

    #[test]
    fn a_new_service_is_configured_as_the_documentation_says() {
        let new = Configuration::new("it", "command", false);
        // A process of its own, automatic, errors are noted.
        assert_eq!((new.kind, new.start, new.error_control), (0x10, 2, 1));
        assert_eq!(new.account, utf16("LocalSystem"));
        assert_eq!(new.display_name, utf16("fslaunch (it)"));
        let failure = new.failure.clone().unwrap();
        let restart = |delay| (1, delay);
        assert_eq!(
            failure.actions,
            [restart(1_000), restart(5_000), restart(30_000)]
        );
        assert_eq!(failure.reset, 24 * 60 * 60);
        assert!(failure.command.is_empty() && failure.reboot_message.is_empty());
        assert_eq!(new.failure_on_error, Some(1));
        assert_eq!(new.delayed, Some(0));
        assert_eq!(new.preshutdown, Some(180_000));
        // No SID of its own, and all privileges of the account.
        assert_eq!((new.sid_type, new.privileges), (Some(0), Some(vec![])));
        assert!(new.group.is_empty() && new.dependencies.is_empty());
        assert_eq!(Configuration::new("it", "x", true).delayed, Some(1));
    }

    #[test]
    fn a_service_is_ours_by_what_it_runs() {
        let program = r"C:\Program Files\fslaunch\other.exe";
        for (ours, line) in [
            (
                true,
                r#""C:\Program Files\fslaunch\fslaunchd.exe" --service"#,
            ),
            (
                true,
                r#""C:\x\FSLAUNCHD.EXE" --service --service-name "a b""#,
            ),
            (true, r#""c:\program files\FSLAUNCH\other.exe" --service"#),
            (
                false,
                r#""C:\Program Files (x86)\WinFsp\bin\launcher-x64.exe""#,
            ),
            (false, r"C:\Program Files (x86)\WinFsp\bin\launcher-x64.exe"),
            (false, r#""C:\x\fslaunchd.exe" --console"#),
            (false, r#""C:\x\fslaunchd.exe" --services"#),
            (false, r#""C:\x\fslaunchd.exe"#),
            (false, r#""C:\fslaunchd.exe\x.exe" --service"#),
            (false, ""),
        ] {
            assert_eq!(with_command(line).is_ours(program), ours, "{line}");
        }
    }

    #[test]
    fn the_command_line_is_quoted() {
        let program = r"C:\a b\fslaunchd.exe";
        assert_eq!(
            command(program, "winfsp.launcher"),
            r#""C:\a b\fslaunchd.exe" --service"#
        );
        assert_eq!(
            command(program, "it's \"mine\""),
            r#""C:\a b\fslaunchd.exe" --service --service-name "it's \"mine\"""#
        );
        assert!(with_command(&command(program, "a b")).is_ours("x"));
    }

    #[test]
    fn an_account_with_a_password_could_not_be_put_back() {
        let mut configuration = with_command("x");
        for (account, without) in [
            ("LocalSystem", true),
            (r"nt authority\localservice", true),
            (r"NT AUTHORITY\NetworkService", true),
            (r".\alice", false),
            (r"DOMAIN\svc", false),
            ("", false),
        ] {
            configuration.account = utf16(account);
            assert_eq!(configuration.needs_no_password(), without, "{account}");
        }
    }
}
