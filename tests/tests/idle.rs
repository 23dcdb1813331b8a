//! Stopping what nobody uses, for those who can't find out whether somebody
//! does. With mounts that are used: `mount_helper/unmounting.rs`.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Class, Daemon, Need, lacking, until};
use serde_json::{Value, json};

fn launcher() -> Option<Daemon> {
    let config = "recovery-delay = 60000\n";
    (!lacking(&[Need::Root])).then(|| Daemon::system().config(config).start())
}

fn target(if_idle: bool) -> Value {
    json!({ "class": "echo", "instance": "one", "if_idle": if_idle })
}

#[test]
fn an_instance_that_does_not_say_where_it_is_mounted_goes_on() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    daemon.launchctl(&["start", "echo", "one"]).ok();
    let refused = daemon.connect().call("Stop", target(true)).unwrap_err();
    assert_eq!(refused.short_name(), "StopFailed", "{refused:?}");
    daemon.wait_for_state("echo", "one", "running");
    daemon.connect().call("Stop", target(false)).unwrap();
    assert!(daemon.listed().is_empty());
}

#[test]
fn what_has_no_process_is_used_by_nobody() {
    let Some(daemon) = launcher() else { return };
    let ends = Class::stand_in(&daemon, "echo", "pause=50 exit=3");
    for again in [false, true] {
        daemon.register(&ends.clone().set("recovery", again));
        daemon.launchctl(&["start", "echo", "one"]).ok();
        until("its process has ended", || {
            daemon.info("echo", "one")["instance"]["pid"].is_null()
        });
        daemon.connect().call("Stop", target(true)).unwrap();
        assert!(daemon.launchctl(&["list", "--all"]).ok().is_empty());
    }
    let absent = daemon.connect().call("Stop", target(true)).unwrap_err();
    assert_eq!(absent.short_name(), "InstanceNotFound", "{absent:?}");
}
