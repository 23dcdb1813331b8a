//! CTRL-BREAK is how instances are asked to end: programs that handle it,
//! that ignore it, and that know nothing of it.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_tests::{Class, Daemon, Need, lacking, processes, program_path, skipped, until};
use serde_json::json;

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().start())
}

/// Starts an instance of a class with a grace of two seconds, and waits until
/// it has made the file `up`; gives its process.
fn start(daemon: &Daemon, class: Class, up: &str) -> u32 {
    let name = class.name().to_owned();
    daemon.register(&class.set("stop-grace", 2).for_everyone());
    daemon.launchctl(&["start", &name, "one"]).ok();
    until("the program is up", || Path::new(up).exists());
    daemon.instance_pid(&name, "one")
}

/// Stops it, and gives how long that took.
fn stop(daemon: &Daemon, class: &str) -> Duration {
    let began = Instant::now();
    daemon.launchctl(&["stop", class, "one"]).ok();
    began.elapsed()
}

#[test]
fn a_handler_of_tokio_sees_it() {
    let Some(daemon) = launcher() else { return };
    let (up, note) = (daemon.out("up"), daemon.out("note"));
    let words = format!("note-end={note} touch={up} wait");
    let pid = start(&daemon, Class::stand_in(&daemon, "tokio", &words), &up);
    let took = stop(&daemon, "tokio");
    assert_eq!(fs::read_to_string(&note).unwrap(), "CTRL-BREAK");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(!processes::runs(pid));
}

#[test]
fn a_handler_in_c_sees_it_and_nothing_else() {
    let Some(daemon) = launcher() else { return };
    let built = program_path("break-handler");
    if !built.is_file() {
        let reason = "no C compiler for Windows made it";
        return skipped("a_handler_in_c_sees_it_and_nothing_else", reason);
    }
    let program = daemon.program("break-handler");
    fs::copy(built, &program).unwrap();
    let (up, note) = (daemon.out("up"), daemon.out("note"));
    let class = Class::new("c", program).set("command-line", format!("\"{up}\" \"{note}\""));
    start(&daemon, class, &up);
    let took = stop(&daemon, "c");
    // The number of the event: CTRL_BREAK_EVENT.
    assert_eq!(fs::read_to_string(&note).unwrap(), "1");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_process_that_ignores_it_is_ended_after_the_grace() {
    let Some(daemon) = launcher() else { return };
    let up = daemon.out("up");
    let words = format!("ignore-end touch={up} wait");
    let pid = start(&daemon, Class::stand_in(&daemon, "deaf", &words), &up);
    let took = stop(&daemon, "deaf");
    let grace = Duration::from_secs(2);
    assert!(took >= grace && took < 3 * grace, "{took:?}");
    assert!(!processes::runs(pid));
}

#[test]
fn a_process_without_a_handler_ends_at_once() {
    let Some(daemon) = launcher() else { return };
    let up = daemon.out("up");
    let words = format!("touch={up} wait");
    let pid = start(&daemon, Class::stand_in(&daemon, "plain", &words), &up);
    let took = stop(&daemon, "plain");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(!processes::runs(pid));
}

#[test]
fn it_reaches_the_instance_that_is_stopped_and_no_other_and_not_the_launcher() {
    let Some(daemon) = launcher() else { return };
    let up = daemon.out("up");
    let words = format!("note-end={} touch={up} wait", daemon.out("other"));
    let other = start(&daemon, Class::stand_in(&daemon, "other", &words), &up);
    daemon.register(&Class::stand_in(&daemon, "plain", "wait").for_everyone());
    daemon.launchctl(&["start", "plain", "one"]).ok();
    stop(&daemon, "plain");
    assert!(processes::runs(other));
    assert!(!Path::new(&daemon.out("other")).exists());
    daemon.call("List", json!({})).unwrap();
}

#[test]
fn instances_die_with_a_launcher_that_is_killed_and_so_do_their_children() {
    let Some(mut daemon) = launcher() else { return };
    let up = daemon.out("up");
    let words = format!("child stubborn-child touch={up} wait");
    let pid = start(&daemon, Class::stand_in(&daemon, "tied", &words), &up);
    let children = processes::children(pid);
    assert_eq!(children.len(), 2, "{children:?}");
    daemon.kill();
    until("all of them have ended", || {
        !processes::runs(pid) && !children.iter().any(|child| processes::runs(*child))
    });
    daemon.restart();
    until("nothing is listed", || daemon.listed().is_empty());
}
