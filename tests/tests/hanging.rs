//! Processes that not even a kill ends, as a file system that does not answer
//! holds them: they take nothing from the others, and are cleared away once
//! that is possible.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fslaunch_tests::{
    Account, Class, Daemon, Hanging, Need, lacking, processes, until, until_some,
};

fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("bindfs")]) {
        return None;
    }
    let limit = "[limits]\ninstances = { per-user = 1 }\n";
    let daemon = Daemon::system().config(limit).start();
    let class = Class::stand_in(&daemon, "mount", "wait").set("mount-point", "%1");
    daemon.register(&class.set("ready", "process").for_everyone());
    let class = Class::stand_in(&daemon, "look", "until=%1 wait").set("stop-grace", 1);
    daemon.register(&class.for_everyone());
    Some(daemon)
}

/// What the launcher remembers of instances.
fn records(daemon: &Daemon) -> Vec<PathBuf> {
    let files = fs::read_dir(daemon.place().path().join("state/instances")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// The folder of a process's control group, if it has one.
fn cgroup(pid: u32) -> Option<PathBuf> {
    let path = processes::cgroup(pid)?;
    let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
    let mut folders = roots
        .iter()
        .map(|root| root.join(path.trim_start_matches('/')));
    folders.find(|folder| folder.join("cgroup.procs").exists())
}

/// Nothing is left of the instance, neither a name nor a record.
#[track_caller]
fn is_cleared(daemon: &Daemon, pid: u32, cgroup: Option<&Path>) {
    until("the process is gone", || !processes::runs(pid));
    until("its name is free", || daemon.listed().is_empty());
    assert_eq!(records(daemon), Vec::<PathBuf>::new());
    assert!(cgroup.is_none_or(|cgroup| !cgroup.exists()), "{cgroup:?}");
}

/// Starts what hangs, until it is answered; gives the process that is held.
fn start_that_hangs(daemon: &Daemon, hanging: &Hanging) -> u32 {
    let (alice, bob) = (Account::alice(), Account::bob());
    let began = Instant::now();
    let start = ["start", "mount", "one", &hanging.path("sub")];
    let ran = daemon.launchctl_as(&alice, &start);
    assert_ne!(ran.code, 0, "{ran:?}");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(25), "{took:?}");
    let held = until_some("a process is held", || {
        let children = processes::children(daemon.pid());
        children.into_iter().find(|pid| processes::is_held(*pid))
    });
    let state = daemon.info("mount", "one")["instance"]["state"].take();
    assert_eq!(state, "stopping");
    assert_eq!(records(daemon).len(), 1);
    let elsewhere = daemon.place().make_folder_of("of-bob", &bob);
    let elsewhere = elsewhere.to_str().unwrap();
    daemon
        .launchctl_as(&bob, &["start", "mount", "one", elsewhere])
        .ko(183);
    daemon
        .launchctl_as(&alice, &["start", "mount", "two", &hanging.path("sub")])
        .ko(1816);
    held
}

/// Waits until a process that looked again and again does so no more.
fn until_it_hangs(pid: u32) {
    let mut last = (processes::waits(pid), Instant::now());
    until("the process hangs", || {
        let waits = processes::waits(pid);
        if waits != last.0 {
            last = (waits, Instant::now());
        }
        last.1.elapsed() > Duration::from_millis(500)
    });
}

fn starts_again(daemon: &Daemon) {
    let alice = Account::alice();
    let at = daemon.place().make_folder_of("of-alice", &alice);
    let start = ["start", "mount", "one", at.to_str().unwrap()];
    daemon.launchctl_as(&alice, &start).ok();
}

#[test]
fn a_start_that_hangs_is_answered_and_keeps_its_name_until_it_can_be_cleared() {
    let Some(daemon) = launcher() else { return };
    let hanging = Hanging::mount(&daemon, &Account::alice());
    hanging.stop_answering();
    let held = start_that_hangs(&daemon, &hanging);
    let cgroup = cgroup(held);
    hanging.answer_again();
    is_cleared(&daemon, held, cgroup.as_deref());
    starts_again(&daemon);
}

#[test]
fn a_start_that_hangs_is_cleared_when_its_file_system_is_ended() {
    let Some(daemon) = launcher() else { return };
    let mut hanging = Hanging::mount(&daemon, &Account::alice());
    hanging.stop_answering();
    let held = start_that_hangs(&daemon, &hanging);
    let cgroup = cgroup(held);
    hanging.end();
    is_cleared(&daemon, held, cgroup.as_deref());
    starts_again(&daemon);
}

#[test]
fn the_launcher_ends_in_time_with_a_process_that_can_not_be_killed_and_the_next_clears_it() {
    let Some(mut daemon) = launcher() else { return };
    let alice = Account::alice();
    let hanging = Hanging::mount(&daemon, &alice);
    let never = hanging.path("never");
    daemon
        .launchctl_as(&alice, &["start", "look", "one", &never])
        .ok();
    let held = daemon.instance_pid("look", "one");
    let cgroup = cgroup(held);
    hanging.stop_answering();
    until_it_hangs(held);
    let began = Instant::now();
    assert!(daemon.terminate().success(), "{}", daemon.log());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(18), "{took:?}");
    assert!(processes::runs(held));
    daemon.restart();
    let state = daemon.info("look", "one")["instance"]["state"].take();
    assert_eq!(state, "stopping");
    daemon
        .launchctl_as(&Account::bob(), &["start", "look", "one", &never])
        .ko(183);
    hanging.answer_again();
    is_cleared(&daemon, held, cgroup.as_deref());
}
