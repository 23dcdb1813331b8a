//! What `launchctl doctor` finds before somebody starts a file system.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Class, Daemon, Need, Ran, lacking};

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().start())
}

fn doctor(daemon: &Daemon, more: &[&str]) -> Ran {
    let place = daemon.class_place();
    let mut words: Vec<&str> = place.iter().filter_map(|word| word.to_str()).collect();
    words.extend(more);
    words.push("doctor");
    daemon.launchctl(&words)
}

/// The lines of what was found, and that there was something.
fn found(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, 4, "{ran:?}");
    let mut lines = ran.out.lines().map(str::to_owned);
    let first = lines.next().unwrap_or_default();
    let lines: Vec<String> = lines.collect();
    assert!(
        first.starts_with(&format!("KO launchctl ({} thing", lines.len())),
        "{ran:?}"
    );
    lines
}

#[test]
fn where_nothing_is_wrong_there_is_nothing_to_be_found() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "good", "wait --name=%1"));
    let ran = doctor(&daemon, &[]);
    ran.ok();
    assert_eq!(ran.out.trim_end(), "OK");
    let ran = doctor(&daemon, &["--json"]).json();
    assert_eq!(ran["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn what_keeps_a_class_from_being_started_is_found_with_its_cause() {
    let Some(daemon) = launcher() else { return };
    let missing = daemon.place().path().join("missing.exe");
    daemon.register(&Class::new("gone", missing.to_str().unwrap()));
    daemon.register(&Class::stand_in(&daemon, "wrong", "wait").set("security", "D:(XX;;)"));
    daemon.register(&Class::stand_in(&daemon, "stranger", "wait").set("run-as", "Somebody"));
    let lines = found(&doctor(&daemon, &[]));
    let of = |class: &str| {
        let name = format!("class '{class}'");
        let mut lines = lines.iter().filter(|line| line.contains(&name));
        let line = lines.next().unwrap_or_else(|| panic!("{name}: {lines:?}"));
        line.clone()
    };
    assert!(of("gone").contains("does not exist"), "{lines:?}");
    assert!(of("wrong").contains("security"), "{lines:?}");
    assert!(of("stranger").contains("Somebody"), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
}

#[test]
fn arguments_by_which_callers_pass_options_are_found() {
    let Some(daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "open", "wait %1 --name=%2 %3");
    let class = class.set("arguments", serde_json::json!(["host", "name", "drive"]));
    daemon.register(&class.set("allow-option-arguments", true));
    let lines = found(&doctor(&daemon, &[]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("class 'open'") && lines[0].contains("'host' or 'drive'"),
        "{lines:?}"
    );
    let ran = doctor(&daemon, &["--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["findings"][0]["class"], "open", "{document}");
}

#[test]
fn a_launcher_that_does_not_answer_is_found() {
    let Some(mut daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "good", "wait"));
    daemon.terminate();
    let lines = found(&doctor(&daemon, &[]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("no launcher"), "{lines:?}");
}
