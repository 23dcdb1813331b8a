//! What Wine does not have: these tests run on Windows itself, and say so
//! elsewhere. The workflow for a hosted runner runs them.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::path::Path;
use std::process::Command;

use fslaunch_tests::{
    Account, Class, Daemon, Need, Place, Ran, is_wine, lacking, processes, program,
    run_with_deadline, skipped, until,
};

/// Whether this is not Windows itself; says which test could not run, and why.
fn is_not_real(why: &str) -> bool {
    let current = std::thread::current();
    if is_wine() {
        let reason = format!("for Windows itself only: {why}");
        skipped(current.name().unwrap_or("a test"), &reason);
        return true;
    }
    lacking(&[Need::Root])
}

#[test]
fn a_console_event_reaches_the_group_of_the_instance_and_no_other() {
    if is_not_real("Wine sends no console events to process groups") {
        return;
    }
    let daemon = Daemon::system().start();
    let (up, note, other) = (daemon.out("up"), daemon.out("note"), daemon.out("other"));
    let words = format!("note-end={note} touch={up} wait");
    daemon.register(&Class::stand_in(&daemon, "one", &words).for_everyone());
    let words = format!("note-end={other} wait");
    daemon.register(&Class::stand_in(&daemon, "two", &words).for_everyone());
    for class in ["one", "two"] {
        daemon.launchctl(&["start", class, "x"]).ok();
    }
    until("it is up", || Path::new(&up).exists());
    daemon.launchctl(&["stop", "one", "x"]).ok();
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "CTRL-BREAK");
    assert!(!Path::new(&other).exists());
    assert!(processes::runs(daemon.instance_pid("two", "x")));
}

#[test]
fn the_token_of_a_caller_is_the_one_that_it_calls_with() {
    if is_not_real("Wine's impersonation gives the server's own token") {
        return;
    }
    let daemon = Daemon::system().telling_callers_apart().start();
    let class = Class::stand_in(&daemon, "guarded", "wait");
    daemon.register(&class.set("security", "D:P(A;;RPWPLC;;;BA)"));
    let ordinary = Account::alice();
    daemon
        .launchctl_as(&ordinary, &["start", "guarded", "x"])
        .ko(5);
    let mut command = ordinary.command(daemon.program("launchctl"));
    command.arg("--pipe").arg(daemon.messages_pipe());
    let ran = run_with_deadline(command.args(["start", "guarded", "x"]), b"");
    assert!(ran.out.starts_with("KO launcher: error 5"), "{ran:?}");
    daemon.launchctl(&["start", "guarded", "x"]).ok();
}

#[test]
fn an_ordinary_user_opens_the_pipe_as_existing_clients_do_and_makes_no_instance_of_it() {
    if is_not_real("Wine does not enforce the descriptor of a pipe") {
        return;
    }
    let daemon = Daemon::system().telling_callers_apart().start();
    let ordinary = Account::alice();
    let mut command = ordinary.command(daemon.program("launchctl"));
    command.arg("--pipe").arg(daemon.messages_pipe());
    run_with_deadline(command.args(["list"]), b"").ok();
    // The right to write at will holds the right to make instances.
    let mut command = ordinary.command(daemon.program("stand-in"));
    command.arg(format!("connect={}", daemon.messages_pipe().display()));
    let ran = run_with_deadline(&mut command, b"");
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("code: 5"), "{ran:?}");
}

/// What a service does for the whole machine: one test at a time.
struct Service(Place);

impl Service {
    const NAME: &str = "fslaunch-test-service";
    const CLASS: &str = "fslaunch-test-class";

    fn install() -> Self {
        let place = Place::new();
        let folder = place.make_folder("bin", 0o755);
        for name in ["fslaunchd", "launchctl", "stand-in"] {
            std::fs::copy(program(name), folder.join(format!("{name}.exe"))).unwrap();
        }
        let service = Self(place);
        let words = ["install", "--start", "--service-name", Self::NAME];
        let ran = service.fslaunchd(&words);
        assert_eq!(ran.code, 0, "{ran:?}");
        service
    }

    fn fslaunchd(&self, words: &[&str]) -> Ran {
        self.run("fslaunchd.exe", words)
    }

    fn launchctl(&self, words: &[&str]) -> Ran {
        self.run("launchctl.exe", &[&["--system"], words].concat())
    }

    fn run(&self, program: &str, words: &[&str]) -> Ran {
        let mut command = Command::new(self.0.path().join("bin").join(program));
        for name in ["FSLAUNCH_SOCKET", "FSLAUNCH_PIPE"] {
            command.env_remove(name);
        }
        run_with_deadline(command.args(words), b"")
    }

    /// An instance ends before it is ready: a warning for the log.
    fn fail_to_start(&self) {
        let program = self.0.path().join("bin/stand-in.exe");
        let file = self.0.make_file(
            format!("{}.toml", Self::CLASS),
            format!(
                "executable = '{}'\ncommand-line = \"exit=5\"\nready = \"ok\"\n",
                program.display()
            ),
            0o644,
        );
        let file = file.to_str().unwrap();
        self.launchctl(&["register", "--force", file]).ok();
        self.launchctl(&["start", Self::CLASS, "one"]).ko(1067);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.fslaunchd(&["uninstall", "--service-name", Self::NAME]);
        let _ = self.launchctl(&["unregister", Self::CLASS]);
    }
}

#[test]
fn the_service_runs_as_local_system_in_session_0_and_writes_to_the_event_log() {
    if is_not_real("Wine has no LocalSystem, no sessions and no event log") {
        return;
    }
    let service = Service::install();
    let script = format!(
        "$s = Get-CimInstance Win32_Service -Filter \"Name='{}'\"; \
         $p = Get-Process -Id $s.ProcessId; \"$($s.StartName) $($s.State) $($p.SessionId)\"",
        Service::NAME
    );
    let shell = |script: &str| {
        let mut command = Command::new("powershell");
        run_with_deadline(command.args(["-NoProfile", "-Command", script]), b"")
    };
    let ran = shell(&script);
    assert_eq!(ran.out.trim(), "LocalSystem Running 0", "{ran:?}");
    service.fail_to_start();
    let events = format!(
        "(Get-WinEvent -FilterHashtable @{{LogName='Application'; \
         ProviderName='fslaunchd-{}'}} -MaxEvents 1).Message",
        Service::NAME
    );
    until("there is an event", || {
        shell(&events).out.contains("not started")
    });
    let ran = service.fslaunchd(&["uninstall", "--service-name", Service::NAME]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = shell(&format!("Get-Service {}", Service::NAME));
    assert_ne!(ran.code, 0, "{ran:?}");
}
