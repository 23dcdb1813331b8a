//! What becomes of a start whose caller leaves before it is answered.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::Command;

use fslaunch_tests::{Class, Connection, Daemon, Need, lacking, processes, until, until_some};
use serde_json::{Value, json};

/// A launcher with the class `slow`, which is ready once there is the file
/// that its argument names.
fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let class = Class::stand_in(&daemon, "slow", "until=%1 out=OK wait");
    daemon.register(&class.set("ready", "ok").for_everyone());
    Some(daemon)
}

fn call(daemon: &Daemon, while_connected: Option<bool>) -> Value {
    let parameters = json!({
        "class": "slow",
        "instance": "one",
        "arguments": [daemon.out("go")],
        "while_connected": while_connected,
    });
    json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters })
}

/// A connection that waits for its start, which the launcher has begun.
fn starting(daemon: &Daemon, while_connected: Option<bool>) -> Connection {
    let mut connection = daemon.connect();
    connection
        .send_message(&call(daemon, while_connected))
        .unwrap();
    daemon.wait_for_state_or_absent("slow", "one", "starting");
    connection
}

fn go(daemon: &Daemon) {
    std::fs::write(daemon.out("go"), "").unwrap();
}

/// No instance is listed, not even as failed.
fn is_empty(daemon: &Daemon) -> bool {
    daemon.launchctl(&["list", "--all"]).out.trim() == "OK"
}

#[test]
fn a_start_goes_on_without_its_caller() {
    let Some(daemon) = launcher() else { return };
    for (times, while_connected) in [None, Some(false)].into_iter().enumerate() {
        drop(starting(&daemon, while_connected));
        go(&daemon);
        daemon.wait_for_state("slow", "one", "running");
        daemon.launchctl(&["stop", "slow", "one"]).ok();
        std::fs::remove_file(daemon.out("go")).unwrap();
        assert!(is_empty(&daemon), "round {times}");
    }
}

#[test]
fn a_start_that_is_wanted_only_while_its_caller_is_there_is_cancelled_when_it_leaves() {
    let Some(daemon) = launcher() else { return };
    let connection = starting(&daemon, Some(true));
    let pid = until_some("it has a process", || {
        let pid = daemon.info("slow", "one")["instance"]["pid"].as_u64();
        pid.and_then(|pid| u32::try_from(pid).ok())
    });
    drop(connection);
    until("nothing is left of it", || is_empty(&daemon));
    assert!(!processes::runs(pid));
}

#[test]
fn a_start_of_launchctl_is_cancelled_when_it_is_ended_before_the_answer() {
    let Some(daemon) = launcher() else { return };
    let mut launchctl = Command::new(daemon.program("launchctl"));
    launchctl.env_remove("FSLAUNCH_SOCKET");
    launchctl.arg("--socket").arg(daemon.socket());
    launchctl.args(["start", "slow", "one", &daemon.out("go")]);
    let mut launchctl = launchctl.spawn().unwrap();
    daemon.wait_for_state_or_absent("slow", "one", "starting");
    launchctl.kill().unwrap();
    launchctl.wait().unwrap();
    until("nothing is left of it", || is_empty(&daemon));
    // What was answered stays.
    go(&daemon);
    let start = ["start", "slow", "one", &daemon.out("go")];
    daemon.launchctl(&start).ok();
    daemon.wait_for_state("slow", "one", "running");
}

#[test]
fn who_has_only_stopped_sending_hears_that_it_was_cancelled_when_nothing_is_left() {
    if lacking(&[Need::Linux("a pipe is closed as a whole")]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let mut connection = starting(&daemon, Some(true));
    connection.finish();
    let error = connection.reply().unwrap().unwrap_err();
    assert_eq!(error.short_name(), "StartCancelled");
    assert!(is_empty(&daemon));
}

#[test]
fn who_leaves_after_the_answer_leaves_the_instance_alone() {
    let Some(daemon) = launcher() else { return };
    go(&daemon);
    let mut connection = daemon.connect();
    connection.send_message(&call(&daemon, Some(true))).unwrap();
    connection.reply().unwrap().unwrap();
    drop(connection);
    // The launcher has seen it leave by the time that it answers another.
    daemon.launchctl(&["list"]).ok();
    daemon.wait_for_state("slow", "one", "running");
}

#[test]
fn what_is_asked_meanwhile_waits_for_its_turn() {
    let Some(daemon) = launcher() else { return };
    let mut connection = starting(&daemon, Some(true));
    let list = json!({ "method": "org.fslaunch.Launcher.List" });
    for _ in 0..3 {
        connection.send_message(&list).unwrap();
    }
    go(&daemon);
    let started = connection.reply().unwrap().unwrap();
    assert_eq!(started["instance"]["state"], "running");
    for _ in 0..3 {
        let listed = connection.reply().unwrap().unwrap();
        assert_eq!(listed["instances"][0]["instance"], "one");
    }
}
