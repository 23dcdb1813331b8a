//! When an instance counts as ready, and what becomes of one that is not.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Account, CallError, Class, Connection, Daemon, Need, lacking};
use serde_json::{Value, json};

const NOTIFICATION: Need = Need::Linux("there is no notification socket elsewhere");

/// A launcher whose class `unruly` behaves as `words` say.
fn unruly(words: &str, fields: &[(&str, Value)]) -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let class = Class::stand_in(&daemon, "unruly", words).for_everyone();
    let class = fields.iter().fold(class, |class, (field, value)| {
        class.set(field, value.clone())
    });
    daemon.register(&class);
    Some(daemon)
}

/// A connection that waits for its start, which the launcher has begun.
fn starting(daemon: &Daemon, arguments: &[&str]) -> Connection {
    let mut connection = daemon.connect();
    let parameters = json!({ "class": "unruly", "instance": "one", "arguments": arguments });
    let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
    connection.send_message(&call).unwrap();
    daemon.wait_for_state_or_absent("unruly", "one", "starting");
    connection
}

fn start(daemon: &Daemon, arguments: &[&str]) -> Result<Value, CallError> {
    let call = json!({ "class": "unruly", "instance": "one", "arguments": arguments });
    daemon.call("Start", call)
}

fn stop(daemon: &Daemon) -> Result<Value, CallError> {
    daemon.call("Stop", json!({ "class": "unruly", "instance": "one" }))
}

#[test]
fn ready_by_ok_waits_for_the_word() {
    let Some(daemon) = unruly("until=%1 out=OK wait", &[("ready", "ok".into())]) else {
        return;
    };
    let signal = daemon.out("go");
    let mut starting = starting(&daemon, &[&signal]);
    std::fs::write(&signal, "").unwrap();
    let started = starting.reply().unwrap().unwrap();
    assert_eq!(started["instance"]["state"], "running");
}

#[test]
fn ready_by_notification_waits_for_it() {
    if lacking(&[NOTIFICATION]) {
        return;
    }
    let Some(daemon) = unruly("until=%1 ready wait", &[("ready", "notify".into())]) else {
        return;
    };
    let signal = daemon.out("go");
    let mut starting = starting(&daemon, &[&signal]);
    std::fs::write(&signal, "").unwrap();
    assert!(starting.reply().unwrap().is_ok());
}

#[test]
fn readiness_of_a_caller_without_privileges_is_heard() {
    if lacking(&[NOTIFICATION]) {
        return;
    }
    let Some(daemon) = unruly("ready wait", &[("ready", "notify".into())]) else {
        return;
    };
    daemon
        .launchctl_as(&Account::alice(), &["start", "unruly", "one"])
        .ok();
}

#[test]
fn an_instance_that_is_not_ready_in_time_is_left_alone_and_may_still_become_ready() {
    let fields = [("ready", "ok".into()), ("start-timeout", 1.into())];
    let Some(daemon) = unruly("until=%1 out=OK wait", &fields) else {
        return;
    };
    let signal = daemon.out("go");
    let error = start(&daemon, &[&signal]).unwrap_err();
    assert_eq!(error.short_name(), "StillStarting");
    assert_eq!(error.parameters["code"], 1460);
    assert_eq!(
        daemon.info("unruly", "one")["instance"]["state"],
        "starting"
    );
    std::fs::write(&signal, "").unwrap();
    daemon.wait_for_state("unruly", "one", "running");
}

#[test]
fn a_stop_before_it_is_ready_cancels_the_start() {
    let Some(daemon) = unruly("wait", &[("ready", "ok".into())]) else {
        return;
    };
    let mut starting = starting(&daemon, &[]);
    stop(&daemon).unwrap();
    assert_eq!(
        starting.reply().unwrap().unwrap_err().short_name(),
        "StartCancelled"
    );
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_client_that_goes_away_while_it_waits_stops_nothing() {
    let Some(daemon) = unruly("until=%1 out=OK wait", &[("ready", "ok".into())]) else {
        return;
    };
    let signal = daemon.out("go");
    let starting = starting(&daemon, &[&signal]);
    drop(starting);
    std::fs::write(&signal, "").unwrap();
    daemon.wait_for_state("unruly", "one", "running");
}
