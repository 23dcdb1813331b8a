//! Limits: past one there is a clear error, and nobody else notices (security
//! specification, rule 6).
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Account, Class, Daemon, Need, lacking, until};
use serde_json::json;

#[test]
fn instances_past_a_users_limit_are_refused_and_another_user_does_not_notice() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let limit = "[limits]\ninstances = { per-user = 2 }\n";
    let daemon = Daemon::system()
        .config(limit)
        .telling_callers_apart()
        .start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait").for_everyone());
    let (alice, bob) = (Account::alice(), Account::bob());
    daemon.launchctl_as(&alice, &["start", "echo", "a"]).ok();
    daemon.launchctl_as(&alice, &["start", "echo", "b"]).ok();
    let ran = daemon.launchctl_as(&alice, &["start", "echo", "c"]);
    assert!(ran.ko(1816).contains('2'), "{ran:?}");
    daemon.launchctl_as(&bob, &["start", "echo", "c"]).ok();
    daemon.launchctl_as(&alice, &["stop", "echo", "a"]).ok();
    daemon.launchctl_as(&alice, &["start", "echo", "a"]).ok();
}

#[test]
fn instances_past_the_limit_of_all_are_refused() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let limit = "[limits]\ninstances = { total = 2 }\n";
    let daemon = Daemon::system()
        .config(limit)
        .telling_callers_apart()
        .start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait").for_everyone());
    let (alice, bob) = (Account::alice(), Account::bob());
    let start = |account, name| daemon.launchctl_as(account, &["start", "echo", name]);
    start(&alice, "a").ok();
    start(&alice, "b").ok();
    assert!(start(&bob, "c").ko(1816).contains('2'));
    // Nobody can lock an administrator out; that has an end as well.
    daemon.launchctl(&["start", "echo", "d"]).ok();
    daemon.launchctl(&["start", "echo", "e"]).ko(1816);
}

#[test]
fn starts_in_flight_past_a_users_limit_are_refused() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let limit = "[limits]\nstarts = { per-user = 1 }\n";
    let daemon = Daemon::system()
        .config(limit)
        .telling_callers_apart()
        .start();
    let class = Class::stand_in(&daemon, "slow", "wait").set("ready", "ok");
    daemon.register(&class.set("start-timeout", 5).for_everyone());
    let alice = Account::alice();
    let mut first = alice.command(daemon.program("launchctl"));
    first
        .arg("--socket")
        .arg(daemon.socket())
        .args(["start", "slow", "a"]);
    let mut first = first.stdout(std::process::Stdio::null()).spawn().unwrap();
    daemon.wait_for_state_or_absent("slow", "a", "starting");
    let ran = daemon.launchctl_as(&alice, &["start", "slow", "b"]);
    let other = daemon.launchctl_as(&Account::bob(), &["--json", "list"]);
    first.kill().unwrap();
    first.wait().unwrap();
    ran.ko(1816);
    assert_eq!(other.code, 0, "{other:?}");
}

#[test]
fn failures_past_the_limit_are_forgotten() {
    if lacking(&[Need::Root, Need::Callers]) {
        return;
    }
    let limit = "[limits]\nfailures = { per-user = 2, total = 2 }\n";
    let daemon = Daemon::system()
        .config(limit)
        .telling_callers_apart()
        .start();
    daemon.register(&Class::stand_in(&daemon, "brief", "pause=50 exit=1").for_everyone());
    for number in 0..5 {
        let start = ["start", "brief", &number.to_string()];
        daemon.launchctl_as(&Account::alice(), &start).ok();
    }
    until("two failures are remembered", || {
        let listed = daemon.call("List", json!({})).unwrap();
        let all = listed["instances"].as_array().unwrap();
        all.len() == 2 && all.iter().all(|one| one["state"] == "failed")
    });
}
