//! One user who wants all of the launcher's time and memory gets their share
//! (security specification, rule 6).
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use fslaunch_tests::{Account, Class, Daemon, DaemonBuilder, Need, lacking, processes, until};
use serde_json::json;

/// What the launcher may grow by, however much it is sent.
const GROWTH: u64 = 32 << 20;

fn launcher(builder: DaemonBuilder) -> Daemon {
    let daemon = builder.start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait -- %1").for_everyone());
    daemon
}

/// A process of the first user that is up to something.
struct Attacker(Child);

impl Attacker {
    fn start(daemon: &Daemon, word: &str) -> Self {
        let mut command = Account::alice().command(daemon.program("stand-in"));
        command.arg(format!("{word}={}", daemon.socket().display()));
        let command = command.arg("wait").stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How much the launcher has grown, at most, while something was done.
fn growth_while(daemon: &Daemon, time: Duration, mut act: impl FnMut()) -> u64 {
    let before = processes::resident(daemon.pid());
    let began = Instant::now();
    let mut most = before;
    while began.elapsed() < time {
        act();
        most = most.max(processes::resident(daemon.pid()));
    }
    most - before
}

#[test]
fn half_a_message_after_a_whole_one_is_dropped_after_a_few_seconds() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = launcher(Daemon::system());
    let mut connection = daemon.connect();
    let message = b"{\"method\":\"org.fslaunch.Launcher.List\"}\0{\"half";
    connection.send(message).unwrap();
    connection.reply().expect("a reply").expect("a list");
    let began = Instant::now();
    assert_eq!(connection.receive(), None);
    // Who has sent nothing more is left alone for a minute.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn whoever_was_served_and_is_silent_is_not_dropped_as_soon() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = launcher(Daemon::system());
    let mut served = daemon.connect();
    served.call("List", json!({})).unwrap();
    let mut half = daemon.connect();
    half.send(b"{").unwrap();
    assert_eq!(half.receive(), None);
    served.call("List", json!({})).unwrap();
}

#[test]
fn a_process_that_floods_its_output_instead_of_an_answer_fills_no_memory() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = launcher(Daemon::system());
    let class = Class::stand_in(&daemon, "flood", "flood wait").set("ready", "ok");
    daemon.register(&class.set("start-timeout", 1).set("stop-grace", 1));
    let target = json!({ "class": "flood", "instance": "one" });
    let error = daemon.call("Start", target.clone()).unwrap_err();
    assert_eq!(error.short_name(), "StillStarting");
    // By now all that it may keep of the output is there.
    let list = || drop(daemon.call("List", json!({})).unwrap());
    let grown = growth_while(&daemon, Duration::from_secs(3), list);
    assert!(grown < 8 << 20, "the launcher has grown by {grown} bytes");
    daemon.call("Stop", target).unwrap();
}

#[test]
fn long_messages_that_one_user_holds_back_fill_no_memory_and_stand_in_nobodys_way() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let limit = "[limits]\nmessage-bytes = { per-user = 2097152, total = 16777216 }\n";
    let daemon = launcher(Daemon::system().telling_callers_apart().config(limit));
    let (alice, bob) = (Account::alice(), Account::bob());
    let long = "x".repeat(40 << 10);
    let attacker = Attacker::start(&daemon, "hold-messages");
    until("the user holds all that they may", || {
        let ran = daemon.launchctl_as(&alice, &["start", "nothing", "one", &long]);
        ran.out.starts_with("KO launcher: error 1816") && ran.ko(1816).contains("2097152")
    });
    let mut number = 0;
    let grown = growth_while(&daemon, Duration::from_secs(4), || {
        number += 1;
        let name = number.to_string();
        daemon.launchctl_as(&alice, &["list"]).ok();
        daemon
            .launchctl_as(&alice, &["start", "echo", &name, "x"])
            .ok();
        daemon
            .launchctl_as(&bob, &["start", "echo", &format!("b{name}"), &long])
            .ok();
    });
    assert!(grown < GROWTH, "the launcher has grown by {grown} bytes");
    drop(attacker);
    until("the user may send long messages again", || {
        let ran = daemon.launchctl_as(&alice, &["start", "nothing", "one", &long]);
        !ran.out.starts_with("KO launcher: error 1816")
    });
}

#[test]
fn long_messages_of_all_users_together_are_limited_and_leave_room_for_administrators() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    // Sixteen messages in all, and one more for administrators.
    let limit = "[limits]\nmessage-bytes = { per-user = 16777216, total = 16777216 }\n";
    let daemon = launcher(Daemon::system().telling_callers_apart().config(limit));
    let long = "x".repeat(40 << 10);
    let _attacker = Attacker::start(&daemon, "hold-messages");
    until("another user is refused", || {
        let ran = daemon.launchctl_as(&Account::bob(), &["start", "nothing", "one", &long]);
        ran.out.starts_with("KO launcher: error 1816")
    });
    daemon.launchctl(&["start", "echo", "one", &long]).ok();
    daemon.launchctl_as(&Account::bob(), &["list"]).ok();
}

#[test]
fn one_user_who_sends_long_starts_without_end_delays_nobody() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let daemon = launcher(Daemon::system().telling_callers_apart());
    let _attacker = Attacker::start(&daemon, "loop-starts");
    until("the user has all that they may", || {
        let long = "x".repeat(40 << 10);
        let start = ["start", "nothing", "one", &long];
        let ran = daemon.launchctl_as(&Account::alice(), &start);
        ran.out.starts_with("KO launcher: error 1816")
    });
    let began = Instant::now();
    let mut took = vec![];
    while took.len() < 40 && began.elapsed() < Duration::from_secs(30) {
        let asked = Instant::now();
        daemon.call("List", json!({})).unwrap();
        took.push(asked.elapsed());
    }
    took.sort_unstable();
    // Decoded on the loop of the launcher, these messages make it 4 s and more.
    // The machine may be busy with other things: it is the usual that counts.
    let usual = took[took.len() / 2];
    assert!(usual < Duration::from_secs(1), "{took:?}");
}
