//! Groups of the machine, and classes that say in plain words who may do what.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Account, Class, Daemon, Need, lacking};
use serde_json::json;

/// A launcher and two ordinary users.
fn stage() -> Option<(Daemon, Account, Account)> {
    if lacking(&[Need::Root]) {
        return None;
    }
    Some((Daemon::system().start(), Account::alice(), Account::bob()))
}

fn class(daemon: &Daemon, security: &str) -> Class {
    Class::stand_in(daemon, "guarded", "wait").set("security", security)
}

#[test]
fn members_of_a_group_may_do_what_the_group_may() {
    let Some((daemon, alice, bob)) = stage() else {
        return;
    };
    let security = format!("D:P(A;;RPWPLC;;;S-1-22-2-{})", 4242);
    daemon.register(&class(&daemon, &security));
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ko(5);
    let member = bob.with_groups(&[4242, 4243]);
    daemon
        .launchctl_as(&member, &["start", "guarded", "one"])
        .ok();
}

#[test]
fn a_class_says_in_plain_words_who_may_start_stop_and_query() {
    let Some((daemon, alice, bob)) = stage() else {
        return;
    };
    let plain = Class::stand_in(&daemon, "plain", "wait")
        .set("allow-start", json!(["user:games", "group:adm"]))
        .set("allow-stop", json!(["administrators"]))
        .set("allow-query", json!(["everyone"]));
    daemon.register(&plain);
    daemon.launchctl_as(&bob, &["start", "plain", "one"]).ko(5);
    daemon.launchctl_as(&alice, &["start", "plain", "one"]).ok();
    daemon.launchctl_as(&bob, &["info", "plain", "one"]).ok();
    daemon.launchctl_as(&bob, &["stop", "plain", "one"]).ko(5);
    let adm = bob.with_groups(&[Account::group("adm")]);
    daemon.launchctl_as(&adm, &["start", "plain", "two"]).ok();
    daemon.launchctl(&["stop", "plain", "one"]).ok();
}

#[test]
fn a_class_that_names_nobody_there_is_unusable() {
    let Some((daemon, _, _)) = stage() else {
        return;
    };
    let class = Class::stand_in(&daemon, "nobody", "wait");
    daemon.register(&class.set("allow-start", json!(["user:no-such-user"])));
    let ran = daemon.launchctl(&["start", "nobody", "one"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("no-such-user"), "{ran:?}");
}

#[test]
fn members_of_the_configured_group_are_administrators() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system()
        .config("administrators = \"adm\"\n")
        .start();
    daemon.register(&Class::stand_in(&daemon, "default", "wait"));
    let adm = Account::group("adm");
    let alice = Account::alice();
    daemon
        .launchctl_as(&alice, &["start", "default", "one"])
        .ko(5);
    daemon
        .launchctl_as(&alice.with_groups(&[adm]), &["start", "default", "one"])
        .ok();
}
