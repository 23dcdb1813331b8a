//! The table of errors in `docs/errors.md`: each row is brought about, and
//! `launchctl` prints the number and ends with the exit code that the row says.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{
    Account, Class, Daemon, Need, PLATFORM, Ran, SYSTEM, System, lacking, skipped,
};
use serde_json::json;

const TABLE: &str = include_str!("../../docs/errors.md");

/// Rows that no caller of `launchctl` can bring about; what brings them about
/// is tested where it is named.
const ELSEWHERE: [(&str, &str); 8] = [
    (
        "MalformedRequest",
        "bad_messages: what_is_not_json_is_refused",
    ),
    (
        "RequestTooLarge",
        "bad_messages: a_message_of_sixteen_mebibytes_is_refused_with_the_limit",
    ),
    (
        "TooManyArguments",
        "launchctl counts them itself; arguments: more_than_nine_...",
    ),
    (
        "IdentificationOnly",
        "a client of the Windows pipe says it; the protocol's and the identity's own tests",
    ),
    ("StopFailed", "needs a process that the kernel can't kill"),
    (
        "StartCancelled",
        "readiness: a_stop_before_it_is_ready_cancels_the_start",
    ),
    (
        "ShuttingDown",
        "daemon_death: during_its_end_the_launcher_starts_nothing",
    ),
    ("Internal", "would be a defect"),
];

/// Rows that nobody brings about on Windows, and why.
const OF_LINUX: &[(&str, &str)] = &[
    ("ArgumentMissing", "an argument that was not given is empty"),
    (
        "ArgumentInvalid",
        "options pass, and a command line can hold no argument that is too long or has a NUL",
    ),
    (
        "MountPointNotFound",
        "folders are the file system's business",
    ),
    (
        "MountPointNotAFolder",
        "folders are the file system's business",
    ),
    (
        "MountPointRefused",
        "folders are the file system's business",
    ),
];

/// One row: error, Win32 code, exit code.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    error: &'static str,
    win32: u32,
    exit: i32,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| line.starts_with("| `"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let number = |at: usize| cells[at].parse::<u32>().expect("a number in the table");
            let error = cells[1].trim_matches('`');
            Row {
                error,
                win32: number(2),
                exit: number(3).try_into().unwrap(),
            }
        })
        .collect()
}

/// Brings an error about, and gives what `launchctl` made of it.
fn bring_about(daemon: &Daemon, error: &str) -> Option<Ran> {
    let program = daemon.program("stand-in");
    let class = |words: &str| Class::stand_in(daemon, "x", words);
    let vault = |words: &str| class(words).set("credentials", 1).set("secret-timeout", 1);
    let mounting = |at: &str| {
        class("wait -- %1")
            .set("mount-point", "%1")
            .set("arguments", json!([at]))
    };
    let run = |class: &Class, arguments: &[&str]| {
        daemon.register(class);
        daemon.launchctl(arguments)
    };
    let start = ["start", "x", "one"];
    let with_secret = ["startWithSecret", "x", "one", "secret"];
    let path = |name: &str| {
        daemon
            .place()
            .path()
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    };
    Some(match error {
        "InvalidName" => daemon.launchctl(&["start", "a/b", "one"]),
        "ClassNotFound" => daemon.launchctl(&["start", "unknown", "one"]),
        "ClassUnusable" => run(&Class::unusable("x"), &start),
        "SecurityInvalid" => run(&class("wait").set("security", "nonsense"), &start),
        "ExecutableNotFound" => run(&Class::new("x", path("bin/missing")), &start),
        "InstanceNotFound" => daemon.launchctl(&["stop", "x", "unknown"]),
        "InstanceExists" => {
            run(&class("wait"), &start).ok();
            daemon.launchctl(&start)
        }
        "AccessDenied" => {
            daemon.register(&class("wait"));
            daemon.launchctl_as(&Account::alice(), &start)
        }
        "RunAsRefused" => run(&class("wait").set("run-as", "Nobody There"), &start),
        "SecretRequired" => run(&vault("wait"), &start),
        "SecretNotExpected" => run(&class("wait"), &with_secret),
        "SecretEmpty" => run(&vault("wait"), &["startWithSecret", "x", "one", ""]),
        "SecretRefused" => run(&vault("secret out=NO wait"), &with_secret),
        "SecretTimeout" => run(&vault("wait"), &with_secret),
        "ArgumentMissing" => run(&class("wait -- %1"), &start),
        "ArgumentUnknown" => run(
            &class("wait -- %1").set("arguments", json!(["known"])),
            &["start", "-o", "unknown=1", "x", "one"],
        ),
        "ArgumentInvalid" => run(&class("wait -- %1"), &["start", "x", "one", "--option"]),
        "MountPointNotFound" => run(&mounting("at"), &["start", "x", "one", &path("missing")]),
        "MountPointNotAFolder" => run(&mounting("at"), &["start", "x", "one", program.to_str()?]),
        "MountPointBusy" => run(
            &mounting("at"),
            &["start", "x", "one", PLATFORM.busy_folder],
        ),
        "MountPointRefused" => {
            // Where an instance runs as its caller, the system refuses the
            // mount; where it runs as root, the launcher has to.
            let class = mounting("at").set("run-as", "root").for_everyone();
            daemon.register(&class.set("mount-under", json!([path("under")])));
            daemon.launchctl_as(&Account::alice(), &["start", "x", "one", &path("bin")])
        }
        "StartFailed" => {
            let name = daemon.program("nonsense");
            let nonsense = daemon.place().make_file(name, "\u{7f}no program", 0o755);
            run(&Class::new("x", &nonsense), &start)
        }
        "ProcessEnded" => run(&class("exit=3").set("ready", "ok"), &start),
        "StillStarting" => run(
            &class("wait").set("ready", "ok").set("start-timeout", 1),
            &start,
        ),
        "LimitReached" => {
            daemon.register(&class("wait").for_everyone());
            let alice = Account::alice();
            daemon.launchctl_as(&alice, &["start", "x", "first"]).ok();
            daemon.launchctl_as(&alice, &["start", "x", "second"])
        }
        _ => return None,
    })
}

#[test]
fn each_row_of_the_table_is_as_it_says() {
    if lacking(&[Need::Root, Need::Callers]) {
        return;
    }
    let limit = "[limits]\ninstances = { per-user = 1 }\n";
    let mut wrong = Vec::new();
    for row in rows() {
        let here = |(error, _): &&(&str, &str)| SYSTEM == System::Windows && *error == row.error;
        if let Some((error, why)) = OF_LINUX.iter().find(here) {
            skipped(error, &format!("for Linux only: {why}"));
            continue;
        }
        let daemon = Daemon::system()
            .config(limit)
            .telling_callers_apart()
            .start();
        let Some(ran) = bring_about(&daemon, row.error) else {
            let elsewhere = ELSEWHERE.iter().any(|(error, _)| *error == row.error);
            assert!(elsewhere, "no test brings {} about", row.error);
            continue;
        };
        let printed = match row.error {
            // For whatever is wrong with a name launchctl has the original's number for a long one.
            "InvalidName" => 87,
            _ => row.win32,
        };
        let first = format!("KO launcher: error {printed} (");
        if ran.code != row.exit || !ran.out.starts_with(&first) {
            wrong.push((row, ran));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_has_each_error_of_the_interface() {
    let interface = include_str!("../../crates/protocol/varlink/org.fslaunch.Launcher.varlink");
    let errors = interface
        .lines()
        .filter_map(|line| line.strip_prefix("error "));
    let errors: Vec<&str> = errors
        .map(|line| line.split([' ', '(']).next().unwrap_or_default())
        .collect();
    let rows: Vec<&str> = rows().iter().map(|row| row.error).collect();
    assert_eq!(rows, errors);
}
