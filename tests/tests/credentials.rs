//! Passwords that `launchctl` remembers: in the kernel's keyring on Linux, by
//! the Credential Manager on Windows.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use fslaunch_tests::{Class, Daemon, Need, Ran, Report, lacking, skipped};
use serde_json::json;

const RIGHT: &str = "secret answer-if=open-sesame wait";

/// A launcher with a class `vault`, and the name of an instance that no other
/// test has: the store is one for all. What is remembered for it, is so until
/// this is dropped.
struct Stage {
    daemon: Daemon,
    name: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for class in ["vault", "users"] {
            self.run(&["credentials", "remove", class, &self.name]);
        }
    }
}

/// `vault` behaves as `words` say. Nothing where the test can't be run.
fn stage(words: &str) -> Option<Stage> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    if lacking(&[Need::Root]) {
        return None;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("Größe-{}-{number}", std::process::id());
    let daemon = Daemon::system().start();
    let stage = Stage { daemon, name };
    stage.vault(words);
    let listed = stage.run(&["credentials", "list"]);
    if listed.code != 0 {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        skipped(&test, &format!("no store: {}", listed.out.trim()));
        return None;
    }
    Some(stage)
}

impl Stage {
    fn vault(&self, words: &str) {
        let class = Class::stand_in(&self.daemon, "vault", words).set("credentials", 1);
        self.daemon.register(&class.set("secret-timeout", 10));
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.daemon.launchctl(words)
    }

    /// Starts the instance with this secret, and has it remembered.
    fn remember(&self, secret: &str) -> Ran {
        let words = ["start", "--remember", "--secret-stdin", "vault", &self.name];
        self.daemon.launchctl_with_input(&words, secret.as_bytes())
    }

    fn start(&self) -> Ran {
        self.run(&["start", "vault", &self.name])
    }

    fn stop(&self) {
        self.run(&["stop", "vault", &self.name]).ok();
    }

    /// The lines that are listed for this test.
    fn listed(&self) -> Vec<String> {
        let ran = self.run(&["credentials", "list"]);
        let lines = ran.ok().into_iter();
        let lines = lines.filter(|line| line.contains(&self.name));
        lines.map(str::to_owned).collect()
    }
}

#[test]
fn a_secret_that_worked_is_remembered_listed_used_and_forgotten() {
    let Some(stage) = stage(RIGHT) else { return };
    stage.start().ko(87);
    stage.remember("guess").ko(5);
    assert!(stage.listed().is_empty(), "{:?}", stage.listed());
    let ran = stage.remember("open-sesame");
    ran.ok();
    assert_eq!(ran.err, "");
    assert_eq!(stage.listed(), [format!(r"\\vault\{}", stage.name)]);
    let listed = stage.run(&["--json", "credentials", "list"]).json();
    assert!(!listed.to_string().contains("open-sesame"), "{listed}");
    stage.stop();
    stage.start().ok();
    stage.stop();
    // Names ignore case.
    let upper = stage.name.to_ascii_uppercase();
    stage.run(&["start", "VAULT", &upper]).ok();
    stage.run(&["stop", "vault", &upper]).ok();
    let remove = ["credentials", "remove", "VAULT", &upper];
    stage.run(&remove).ok();
    assert!(stage.listed().is_empty(), "{:?}", stage.listed());
    let again = stage.run(&remove);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.out.contains("nothing is remembered"), "{again:?}");
    stage.start().ko(87);
}

#[test]
fn a_remembered_secret_that_is_refused_stays_until_another_has_worked() {
    let Some(stage) = stage(RIGHT) else { return };
    stage.remember("open-sesame").ok();
    stage.stop();
    stage.vault("secret answer-if=changed wait");
    let refused = stage.start();
    refused.ko(5);
    let hint = format!(r"launchctl credentials remove '\\vault\{}'", stage.name);
    assert!(refused.err.contains(&hint), "{refused:?}");
    let given = stage.remember("guess");
    given.ko(5);
    assert!(!given.err.contains("remembered"), "{given:?}");
    stage.vault(RIGHT);
    stage.start().ok();
    stage.stop();
    stage.vault("secret answer-if=changed wait");
    stage.remember("changed").ok();
    stage.stop();
    stage.start().ok();
}

#[test]
fn a_failure_that_has_nothing_to_do_with_the_secret_remembers_and_forgets_nothing() {
    let Some(stage) = stage(RIGHT) else {
        return;
    };
    let class = Class::stand_in(&stage.daemon, "vault", "secret wait").set("credentials", 1);
    stage
        .daemon
        .register(&class.clone().set("secret-timeout", 1));
    stage.remember("open-sesame").ko(1460);
    assert!(stage.listed().is_empty(), "{:?}", stage.listed());
    stage.vault(RIGHT);
    stage.remember("open-sesame").ok();
    stage.stop();
    stage.daemon.register(&class.set("secret-timeout", 1));
    stage.start().ko(1460);
    assert_eq!(stage.listed().len(), 1);
}

#[test]
fn the_name_of_a_user_is_remembered_with_the_secret_where_the_class_takes_one() {
    let Some(stage) = stage(RIGHT) else { return };
    let name = stage.name.as_str();
    let remember = ["start", "--remember", "--secret-stdin"];
    let listed = |user: &str| [format!(r"\\users\{name} {user}")];
    // By position, as classes of Windows have it.
    let (class, report) = users(&stage, "by-position");
    stage.daemon.register(&class);
    let words = [&remember[..], &["users", name, "x", "y", "anna"]].concat();
    assert_eq!(started(&stage, &report, &words), ["x", "y", "anna"]);
    assert_eq!(stage.listed(), listed("anna"));
    let words = ["start", "users", name, "x", "y"];
    assert_eq!(started(&stage, &report, &words), ["x", "y", "anna"]);
    // By its name.
    let (class, report) = users(&stage, "by-name");
    let class = class.set("arguments", json!(["one", "two", "user"]));
    stage.daemon.register(&class);
    let words = ["-o", "user=bert", "users", name, "x", "y"];
    let words = [&remember[..], &words].concat();
    assert_eq!(started(&stage, &report, &words), ["x", "y", "bert"]);
    assert_eq!(stage.listed(), listed("bert"));
    let words = ["start", "-o", "one=x", "-o", "two=y", "users", name];
    assert_eq!(started(&stage, &report, &words), ["x", "y", "bert"]);
    // Somebody else's password is nobody's.
    let words = ["start", "-o", "user=anna", "users", name, "x", "y"];
    stage.run(&words).ko(87);
}

/// A class that wants a user's name and a password, and where its instances
/// report their arguments.
fn users(stage: &Stage, report: &str) -> (Class, String) {
    let report = stage.daemon.out(report);
    let words = format!("secret answer-if=open-sesame report={report} wait -- %1 %2 %3");
    let class = Class::stand_in(&stage.daemon, "users", &words);
    (class.set("credentials", 3), report)
}

/// The arguments that an instance is started with; it is stopped again.
fn started(stage: &Stage, report: &str, words: &[&str]) -> Vec<String> {
    let ran = stage.daemon.launchctl_with_input(words, b"open-sesame");
    ran.ok();
    let words = Report::read(report.as_ref()).words();
    fs::remove_file(report).unwrap();
    stage.run(&["stop", "users", &stage.name]).ok();
    words
}

#[test]
fn what_the_store_does_not_keep_is_told_and_the_instance_runs() {
    let Some(stage) = stage("secret out=OK wait") else {
        return;
    };
    // More than either store takes, and less than an instance does.
    let long = "x".repeat(40_000);
    let ran = stage.remember(&long);
    ran.ok();
    let told = "launchctl: the secret could not be remembered: ";
    assert!(ran.err.starts_with(told), "{ran:?}");
    assert!(!ran.err.contains("xxx"), "{ran:?}");
    assert!(stage.listed().is_empty(), "{:?}", stage.listed());
    stage.stop();
    stage.start().ko(87);
}

#[test]
fn a_remembered_secret_is_nowhere_to_be_read_while_an_instance_starts_and_after() {
    let secret = format!("correct-horse-{}", std::process::id());
    let Some(stage) = stage("secret out=OK wait") else {
        return;
    };
    stage.remember(&secret).ok();
    stage.stop();
    let goes_on = stage.daemon.out("goes-on");
    let report = stage.daemon.out("report");
    stage.vault(&format!(
        "secret report={report} until={goes_on} out=OK wait"
    ));
    let found = || stage.daemon.places_that_show(&secret, "vault", &stage.name);
    std::thread::scope(|scope| {
        let started = scope.spawn(|| stage.start());
        // It waits, with its secret, and launchctl waits for it.
        let report = Report::read(report.as_ref());
        assert_eq!(report.secret(), Some(secret.as_str()));
        let but_secret = report.text().replacen(&secret, "", 1);
        assert!(!but_secret.contains(&secret), "{but_secret}");
        let places = found();
        fs::write(&goes_on, "").unwrap();
        started.join().unwrap().ok();
        assert_eq!(places, [""; 0]);
    });
    assert_eq!(found(), [""; 0]);
    let places = stage
        .daemon
        .places_that_show(&goes_on, "vault", &stage.name);
    assert!(
        places.iter().any(|place| place.starts_with("info ")),
        "{places:?}"
    );
    stage.daemon.words_of_processes_are_found();
    stage.stop();
    let listed = stage.run(&["credentials", "list"]);
    let removed = stage.run(&["credentials", "remove", "vault", &stage.name]);
    for ran in [listed, removed] {
        assert!(!format!("{ran:?}").contains(&secret), "{ran:?}");
    }
    assert_eq!(found(), [""; 0]);
}
