//! Classes with `recovery`: what ends by itself is started again, after a
//! delay that grows, and not for ever.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::time::{Duration, Instant};

use fslaunch_tests::{Account, Class, Daemon, Need, Report, lacking, processes, until, until_some};
use serde_json::{Value, json};

/// Longer than any test.
const LONG: &str = "recovery-delay = 60000\n";
const SHORT: &str = "recovery-delay = 50\n";

fn launcher(config: &str) -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().config(config).start())
}

/// A class that is started again, of the stand-in program.
fn class(daemon: &Daemon, words: &str) -> Class {
    Class::stand_in(daemon, "again", words).set("recovery", true)
}

fn instance(daemon: &Daemon) -> Value {
    daemon.info("again", "one")["instance"].take()
}

/// Waits for the first process that is not this one, and runs.
fn next_pid(daemon: &Daemon, last: u32) -> u32 {
    until_some("another process runs", || {
        let instance = instance(daemon);
        let pid = instance["pid"].as_u64()?.try_into().ok()?;
        (instance["state"] == "running" && pid != last).then_some(pid)
    })
}

/// Starts an instance whose process ends, and that waits to be started again.
fn waiting(daemon: &Daemon) -> Value {
    daemon.register(&class(daemon, "exit=3"));
    daemon.launchctl(&["start", "again", "one"]).ok();
    until_some("it waits", || {
        let instance = instance(daemon);
        (instance["state"] == "starting" && instance["pid"].is_null()).then_some(instance)
    })
}

#[test]
fn a_process_that_is_killed_is_followed_by_another_with_the_same_words() {
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    let report = daemon.out("report");
    let words = format!("report={report} wait -- %1");
    daemon.register(&class(&daemon, &words));
    daemon.launchctl(&["start", "again", "one", "a b"]).ok();
    let mut pid = daemon.instance_pid("again", "one");
    // What the class says by now is for the next start.
    daemon.register(&class(&daemon, "exit=1"));
    let before = daemon.info("again", "one");
    for _ in 0..2 {
        assert_eq!(Report::read(report.as_ref()).words(), ["a b"]);
        fs::remove_file(&report).unwrap();
        processes::kill(pid);
        pid = next_pid(&daemon, pid);
        assert!(instance(&daemon)["failure"].is_null());
    }
    assert_eq!(Report::read(report.as_ref()).words(), ["a b"]);
    let after = daemon.info("again", "one");
    for fact in ["command_line", "arguments"] {
        assert_eq!(after[fact], before[fact]);
    }
    for fact in ["run_as", "starter", "since"] {
        assert_eq!(after["instance"][fact], before["instance"][fact]);
    }
    daemon.launchctl(&["stop", "again", "one"]).ok();
    assert!(!processes::runs(pid));
    assert!(daemon.listed().is_empty());
}

#[test]
fn what_ends_again_and_again_stays_failed_with_the_number_and_the_last_cause() {
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    daemon.register(&class(&daemon, "exit=3"));
    daemon.launchctl(&["start", "again", "one"]).ok();
    let failed = daemon.wait_for_state("again", "one", "failed");
    assert_eq!(
        failed["failure"],
        "it ended 6 times in a row; the last time with exit code 3"
    );
    let ran = daemon.launchctl(&["list", "--all"]);
    assert!(ran.out.contains("6 times in a row"), "{ran:?}");
    // It can be started anew.
    daemon.register(&class(&daemon, "wait"));
    daemon.launchctl(&["start", "again", "one"]).ok();
}

#[test]
fn an_instance_that_waits_is_there_and_says_why_and_a_stop_ends_it_at_once() {
    let Some(daemon) = launcher(LONG) else { return };
    let instance = waiting(&daemon);
    assert_eq!(
        instance["failure"],
        "its process ended: exit code 3; it is started again after 60 s"
    );
    assert_eq!(daemon.launchctl(&["list"]).ok(), ["again one", ""]);
    daemon.launchctl(&["info", "again", "one"]).ok();
    daemon.launchctl(&["start", "again", "ONE"]).ko(183);
    let asked = Instant::now();
    daemon.launchctl(&["stop", "again", "one"]).ok();
    assert!(asked.elapsed() < Duration::from_secs(20));
    assert!(daemon.listed().is_empty());
    daemon.launchctl(&["stop", "again", "one"]).ko(2);
}

#[test]
fn an_instance_that_waits_has_its_place_among_all() {
    let config = format!("{LONG}[limits]\ninstances = {{ total = 1 }}\n");
    let Some(daemon) = launcher(&config) else {
        return;
    };
    waiting(&daemon);
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    // One more is for administrators.
    daemon.launchctl(&["start", "echo", "two"]).ok();
    daemon.launchctl(&["start", "echo", "three"]).ko(1816);
    daemon.launchctl(&["stop", "again", "one"]).ok();
    daemon.launchctl(&["start", "echo", "three"]).ok();
}

#[test]
fn the_launcher_ends_without_starting_again_what_waits() {
    let Some(mut daemon) = launcher(LONG) else {
        return;
    };
    waiting(&daemon);
    let asked = Instant::now();
    assert!(daemon.terminate().success());
    assert!(asked.elapsed() < Duration::from_secs(20));
    assert!(
        !daemon.log().contains("started again\""),
        "{}",
        daemon.log()
    );
    daemon.restart();
    assert!(daemon.listed().is_empty());
}

#[test]
fn the_next_process_gets_the_secret_again() {
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    let report = daemon.out("report");
    let words = format!("secret report={report} answer-if=right wait");
    let vault = class(&daemon, &words).set("credentials", 1);
    daemon.register(&vault);
    let start = json!({ "class": "again", "instance": "one", "secret": "right" });
    daemon.call("Start", start).unwrap();
    let pid = daemon.instance_pid("again", "one");
    assert_eq!(Report::read(report.as_ref()).secret(), Some("right"));
    fs::remove_file(&report).unwrap();
    processes::kill(pid);
    next_pid(&daemon, pid);
    assert_eq!(Report::read(report.as_ref()).secret(), Some("right"));
}

#[test]
fn a_start_that_never_got_ready_is_not_tried_again() {
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    daemon.register(&class(&daemon, "pause=50 exit=3").set("ready", "ok"));
    daemon.launchctl(&["start", "again", "one"]).ko(1067);
    let failed = instance(&daemon);
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["failure"], "its process ended: exit code 3");
}

#[test]
fn what_a_launcher_took_over_is_not_started_again_and_says_why() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().config(SHORT).leaving_survivors();
    let mut daemon = daemon.start();
    daemon.register(&class(&daemon, "wait").set("job-control", false));
    daemon.launchctl(&["start", "again", "one"]).ok();
    let pid = daemon.instance_pid("again", "one");
    daemon.kill();
    daemon.restart();
    assert_eq!(daemon.instance_pid("again", "one"), pid);
    processes::kill(pid);
    let failed = daemon.wait_for_state("again", "one", "failed");
    let failure = failed["failure"].as_str().unwrap();
    assert!(
        failure.contains("an earlier launcher started it"),
        "{failure}"
    );
    daemon.launchctl(&["stop", "again", "one"]).ok();
    until("it is gone", || daemon.listed().is_empty());
}

#[test]
fn a_restart_that_goes_to_the_background_is_the_last() {
    let needs = [
        Need::Linux("nothing goes to the background elsewhere"),
        Need::Root,
        Need::Cgroups,
    ];
    if lacking(&needs) {
        return;
    }
    let daemon = Daemon::system().config(SHORT).start();
    let mark = daemon.out("mark");
    // The first runs for longer than a program takes to go to the background.
    let script =
        format!("if [ -e {mark} ]; then sleep 1000 & exit 0; fi; touch {mark}; sleep 4; exit 3");
    let class = Class::new("again", "/bin/sh").set("recovery", true);
    daemon.register(&class.set("command-line", format!("-c \"{script}\"")));
    daemon.launchctl(&["start", "again", "one"]).ok();
    let failed = daemon.wait_for_state("again", "one", "failed");
    let failure = failed["failure"].as_str().unwrap();
    assert!(failure.starts_with("it ended 2 times"), "{failure}");
    assert!(failure.contains("must stay in the foreground"), "{failure}");
}

#[test]
fn a_restart_waits_for_its_place_among_the_starts_in_flight() {
    if lacking(&[Need::Root, Need::TwoUsers, Need::Callers]) {
        return;
    }
    let config = format!("{SHORT}[limits]\nstarts = {{ per-user = 1 }}\n");
    let daemon = Daemon::system().config(&config).telling_callers_apart();
    let daemon = daemon.start();
    daemon.register(&class(&daemon, "wait").for_everyone());
    let slow = Class::stand_in(&daemon, "slow", "wait").set("ready", "ok");
    daemon.register(&slow.set("start-timeout", 60).for_everyone());
    let alice = Account::alice();
    daemon.launchctl_as(&alice, &["start", "again", "one"]).ok();
    let pid = daemon.instance_pid("again", "one");
    let mut other = daemon.launchctl_command(&alice);
    let mut other = other.args(["start", "slow", "a"]).spawn().unwrap();
    daemon.wait_for_state_or_absent("slow", "a", "starting");
    processes::kill(pid);
    until("it waits for longer", || {
        daemon.log().contains("too many starts in flight")
    });
    assert_eq!(instance(&daemon)["state"], "starting");
    // The other start is answered with that.
    daemon.launchctl(&["stop", "slow", "a"]).ok();
    next_pid(&daemon, pid);
    assert!(!other.wait().unwrap().success());
}

/// Starts an instance, lets something change, and kills its process; gives
/// why there is no other.
fn refused_after(daemon: &Daemon, class: &Class, change: impl FnOnce()) -> String {
    daemon.register(class);
    daemon.launchctl(&["start", "again", "one"]).ok();
    let pid = daemon.instance_pid("again", "one");
    change();
    processes::kill(pid);
    let failed = daemon.wait_for_state("again", "one", "failed");
    failed["failure"].as_str().unwrap().to_owned()
}

/// How a refusal begins: it comes at the first try.
const REFUSED: &str = "it ended 2 times in a row; the last time it could not be started: ";

#[test]
fn an_instance_of_a_class_that_is_gone_is_not_started_again() {
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    let class = class(&daemon, "wait");
    let failure = refused_after(&daemon, &class, || daemon.unregister("again"));
    let why = "its class is not registered any more";
    assert_eq!(failure, format!("{REFUSED}{why}"));
}

#[test]
fn a_starter_who_may_not_start_any_more_gets_no_other_process() {
    if lacking(&[Need::Root, Need::TwoUsers, Need::Callers]) {
        return;
    }
    let daemon = Daemon::system().config(SHORT).telling_callers_apart();
    let daemon = daemon.start();
    let class = || class(&daemon, "wait");
    daemon.register(&class().for_everyone());
    let alice = Account::alice();
    daemon.launchctl_as(&alice, &["start", "again", "one"]).ok();
    let pid = daemon.instance_pid("again", "one");
    // All but the start.
    daemon.register(&class().set("security", "D:P(A;;WPLC;;;WD)"));
    processes::kill(pid);
    let failed = daemon.wait_for_state("again", "one", "failed");
    let why = "its class does not let its starter start it any more";
    assert_eq!(failed["failure"], format!("{REFUSED}{why}"));
}

/// Nobody asks elsewhere who can change a program.
#[cfg(unix)]
#[test]
fn a_program_that_others_can_replace_by_now_is_not_started_again() {
    use std::os::unix::fs::PermissionsExt;
    let Some(daemon) = launcher(SHORT) else {
        return;
    };
    let report = daemon.out("report");
    let class = class(&daemon, &format!("report={report} wait"));
    let folder = daemon.program("stand-in");
    let folder = folder.parent().unwrap();
    let failure = refused_after(&daemon, &class, || {
        until("it has reported", || fs::remove_file(&report).is_ok());
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    });
    assert!(failure.starts_with(REFUSED), "{failure}");
    assert!(
        failure.contains("its executable can't be trusted"),
        "{failure}"
    );
    assert!(!std::path::Path::new(&report).exists());
}
