//! The end of the launcher: as the system asks for it, or all of a sudden.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_tests::{Class, Daemon, Need, lacking, mounts, processes, until};
use serde_json::{Value, json};

fn with_classes(builder: fslaunch_tests::DaemonBuilder) -> Daemon {
    let daemon = builder.start();
    daemon.register(&Class::stand_in(&daemon, "tied", "wait"));
    daemon.register(&Class::stand_in(&daemon, "free", "wait").set("job-control", false));
    let stubborn = Class::stand_in(&daemon, "stubborn", "ignore-end touch=%1 wait");
    daemon.register(&stubborn.set("stop-grace", 1));
    daemon
}

fn memfs(daemon: &Daemon) -> Class {
    Class::new("memfs", daemon.program("memfs"))
        .set("command-line", "-u u -m %1")
        .set("mount-point", "%1")
}

fn start(daemon: &Daemon, class: &str, arguments: &[&str]) -> u32 {
    let call = json!({ "class": class, "instance": "one", "arguments": arguments });
    let started = daemon.call("Start", call).unwrap();
    started["instance"]["pid"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap()
}

#[test]
fn an_end_stops_all_instances_in_parallel_within_the_grace_and_ends_with_success() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    for number in 0..8 {
        let up = daemon.out(&number.to_string());
        let arguments = [up.as_str()];
        let call = json!({
            "class": "stubborn", "instance": number.to_string(), "arguments": arguments
        });
        daemon.call("Start", call).unwrap();
        until("it is up", || Path::new(&up).exists());
    }
    let before = Instant::now();
    assert!(daemon.terminate().success());
    let took = before.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert!(
        daemon.place().leftovers().is_empty(),
        "{:?}",
        daemon.place().leftovers()
    );
}

#[test]
fn an_end_ends_mounts_as_well() {
    if lacking(&[Need::Root, Need::Fuse]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    daemon.register(&memfs(&daemon));
    let at = daemon.place().make_folder("mnt", 0o755);
    start(&daemon, "memfs", &[at.to_str().unwrap()]);
    assert!(daemon.terminate().success());
    assert!(mounts::at(&at).is_none());
}

#[test]
fn an_interrupt_ends_the_launcher_as_well() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "tied", &[]);
    processes::interrupt(daemon.pid());
    until("its instance has ended", || !processes::runs(pid));
    assert!(daemon.terminate().success());
}

#[test]
fn during_its_end_the_launcher_starts_nothing() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let up = daemon.out("up");
    start(&daemon, "stubborn", &[&up]);
    until("it is up", || Path::new(&up).exists());
    let mut client = daemon.connect();
    client.call("List", json!({})).unwrap();
    processes::ask_to_end(daemon.pid());
    let call = json!({ "method": "org.fslaunch.Launcher.Start",
        "parameters": { "class": "tied", "instance": "late" } });
    // Refused with a word, or not heard any more.
    if client.send_message(&call).is_ok()
        && let Some(reply) = client.reply()
    {
        assert_eq!(reply.unwrap_err().short_name(), "ShuttingDown");
    }
    assert!(daemon.terminate().success());
    assert!(daemon.place().leftovers().is_empty());
}

#[test]
fn instances_with_job_control_die_with_the_launcher() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "tied", &[]);
    daemon.kill();
    until("its instance has ended", || !processes::runs(pid));
    daemon.restart();
    until("they are cleared away", || daemon.listed().is_empty());
}

#[test]
fn a_mount_of_an_instance_that_died_with_the_launcher_is_cleaned_up_at_the_next_start() {
    if lacking(&[Need::Root, Need::Fuse]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    daemon.register(&memfs(&daemon));
    let at = daemon.place().make_folder("mnt", 0o755);
    let pid = start(&daemon, "memfs", &[at.to_str().unwrap()]);
    daemon.kill();
    until("its instance has ended", || !processes::runs(pid));
    daemon.restart();
    until("nothing is mounted", || mounts::at(&at).is_none());
    until("its name is free", || {
        let listed = daemon.call("List", json!({})).unwrap();
        listed["instances"].as_array().unwrap().is_empty()
    });
    start(&daemon, "memfs", &[at.to_str().unwrap()]);
}

#[test]
fn instances_without_job_control_outlive_the_launcher_and_are_adopted_again() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "free", &[]);
    let before = daemon.info("free", "one");
    daemon.kill();
    assert!(processes::runs(pid));
    daemon.restart();
    assert_eq!(daemon.instance_pid("free", "one"), pid);
    let after = daemon.info("free", "one");
    for field in ["class", "instance", "state", "starter", "run_as", "since"] {
        assert_eq!(
            before["instance"][field], after["instance"][field],
            "{field}"
        );
    }
    if !lacking(&[Need::CommandLines]) {
        assert_eq!(before["command_line"], after["command_line"]);
    }
    daemon
        .call("Stop", json!({ "class": "free", "instance": "one" }))
        .unwrap();
    assert!(!processes::runs(pid));
}

#[test]
fn an_instance_that_outlives_the_launcher_can_go_on_writing() {
    let why = "its instance is a script; on Windows the tests of crates/os have one";
    if lacking(&[Need::Root, Need::Linux(why)]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let script = "#!/bin/sh\ni=0\nwhile echo $i && echo $i >&2; do i=$((i+1)); echo $i >$1; sleep 0.02; done\n";
    let program = daemon.place().make_file("bin/writer", script, 0o755);
    let class = Class::new("writer", program).set("command-line", "%1");
    daemon.register(&class.set("job-control", false));
    let count = daemon.out("count");
    let written = || {
        let text = fs::read_to_string(&count).unwrap_or_default();
        text.trim().parse::<u32>().unwrap_or(0)
    };
    let pid = start(&daemon, "writer", &[&count]);
    until("it writes", || written() > 2);
    let all = processes::of(daemon.place().path());
    daemon.kill();
    let before = written();
    until("it goes on writing", || written() > before + 20);
    assert!(processes::runs(pid));
    daemon.restart();
    let before = written();
    until("it still writes", || written() > before + 5);
    daemon
        .call("Stop", json!({ "class": "writer", "instance": "one" }))
        .unwrap();
    until("nothing of then is left", || {
        !all.iter().any(|pid| processes::runs(*pid))
    });
}

#[test]
fn instances_without_job_control_outlive_an_orderly_end_only_as_the_class_says() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "free", &[]);
    assert!(daemon.terminate().success());
    // "When the service stops, all instances are stopped the same way."
    assert!(!processes::runs(pid));
}

#[test]
fn an_adopted_instance_that_ends_is_noticed() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "free", &[]);
    daemon.kill();
    daemon.restart();
    processes::kill(pid);
    until("it is not shown as running", || {
        let listed = daemon.call("List", json!({})).unwrap();
        let all = listed["instances"].as_array().unwrap();
        all.iter().all(|one| one["state"] == "failed")
    });
}

#[test]
fn an_instance_that_ended_while_there_was_no_launcher_is_not_adopted() {
    if lacking(&[Need::Root]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    let pid = start(&daemon, "free", &[]);
    daemon.kill();
    processes::kill(pid);
    until("its instance has ended", || !processes::runs(pid));
    daemon.restart();
    until("it is cleared away", || daemon.listed().is_empty());
    start(&daemon, "free", &[]);
}

#[test]
fn an_adopted_mount_is_still_known_and_ended_with_its_instance() {
    if lacking(&[Need::Root, Need::Fuse]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    daemon.register(&memfs(&daemon).set("job-control", false));
    let at = daemon.place().make_folder("mnt", 0o755);
    let pid = start(&daemon, "memfs", &[at.to_str().unwrap()]);
    daemon.kill();
    daemon.restart();
    let instance = daemon.wait_for_state("memfs", "one", "running");
    assert_eq!(instance["mount_point"], at.to_str().unwrap());
    processes::kill(pid);
    until("the stale mount is detached", || mounts::at(&at).is_none());
}

#[test]
fn a_second_launcher_on_the_same_socket_refuses_and_says_who_has_it() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().start();
    let ran = Daemon::system().run_beside(&daemon);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains(&daemon.pid().to_string()), "{ran:?}");
    assert!(daemon.launchctl(&["list"]).ok().is_empty());
}

#[test]
fn a_stale_socket_is_replaced() {
    if lacking(&[Need::Root, Need::Linux("pipes do not stay")]) {
        return;
    }
    let mut daemon = Daemon::system().start();
    daemon.kill();
    assert!(daemon.socket().exists());
    daemon.restart();
    daemon.launchctl(&["list"]).ok();
}

#[test]
fn a_file_in_the_socket_s_place_is_not_removed() {
    if lacking(&[Need::Root, Need::Linux("a pipe has no file in its place")]) {
        return;
    }
    let place = fslaunch_tests::Place::new();
    let file = place
        .make_folder("run", 0o755)
        .join("org.fslaunch.Launcher");
    fs::write(&file, "precious").unwrap();
    let ran = Daemon::system().run_in(&place);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("org.fslaunch.Launcher"), "{ran:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_kill_at_any_moment_leaves_nothing_that_the_next_start_does_not_clear() {
    if lacking(&[Need::Root, Need::Fuse]) {
        return;
    }
    let mut daemon = with_classes(Daemon::system());
    daemon.register(&memfs(&daemon));
    let at = daemon.place().make_folder("mnt", 0o755);
    let arguments = [at.to_str().unwrap()];
    let parameters = json!({ "class": "memfs", "instance": "one", "arguments": arguments });
    let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
    // From before the process is spawned until after it is ready.
    for microseconds in [
        0, 200, 500, 1000, 2000, 3000, 5000, 8000, 12_000, 20_000, 50_000,
    ] {
        let mut client = daemon.connect();
        client.send_message(&call).unwrap();
        std::thread::sleep(Duration::from_micros(microseconds));
        daemon.kill();
        daemon.restart();
        until("nothing is left of it", || {
            let listed = daemon.call("List", json!({})).unwrap();
            let all = listed["instances"].as_array().unwrap();
            let quiet = all.iter().all(|one: &Value| one["state"] == "failed");
            quiet && mounts::at(&at).is_none() && !memfs_runs(&daemon)
        });
    }
    start(&daemon, "memfs", &[at.to_str().unwrap()]);
}

fn memfs_runs(daemon: &Daemon) -> bool {
    let program = daemon.program("memfs");
    let all = processes::of(daemon.place().path()).into_iter();
    all.filter_map(processes::executable)
        .any(|found| found == program)
}

#[test]
fn a_restart_does_not_touch_the_instances_of_another_launcher() {
    if lacking(&[Need::Root]) {
        return;
    }
    let first = with_classes(Daemon::system());
    let pid = start(&first, "tied", &[]);
    // In the same control group, as two launchers of one session would be.
    let mut second = with_classes(Daemon::system().in_the_group_of(&first));
    start(&second, "tied", &[]);
    second.kill();
    second.restart();
    assert!(processes::runs(pid));
    assert_eq!(first.info("tied", "one")["instance"]["state"], "running");
}
