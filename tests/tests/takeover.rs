//! What a launcher takes over from the one before it, and that it takes
//! nothing from one that lives.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::process::{Child, Command, Stdio};

use fslaunch_tests::{Class, Daemon, Need, lacking, processes, until};

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().start())
}

/// How many instances the launcher remembers. On Windows it holds its folder
/// by a file in it.
fn records(daemon: &Daemon) -> usize {
    let folder = daemon.place().path().join("state/instances");
    let files = fs::read_dir(folder).unwrap();
    files
        .filter(|file| file.as_ref().unwrap().file_name() != "lock")
        .count()
}

/// Asks for a start that will not be answered.
fn begin(daemon: &Daemon, class: &str) -> Child {
    let mut start = Command::new(daemon.program("launchctl"));
    start.arg("--socket").arg(daemon.socket());
    start.args(["start", class, "one"]);
    let client = start.stdout(Stdio::null()).stderr(Stdio::null());
    let client = client.spawn().unwrap();
    daemon.wait_for_state_or_absent(class, "one", "starting");
    client
}

#[test]
fn an_instance_that_was_not_ready_does_not_outlive_its_launcher() {
    let Some(mut daemon) = launcher() else { return };
    let up = daemon.out("up");
    let words = format!("touch={up} wait");
    let class = Class::stand_in(&daemon, "slow", &words).set("job-control", false);
    daemon.register(&class.set("ready", "ok").set("start-timeout", 60));
    let mut client = begin(&daemon, "slow");
    until("its program runs", || fs::exists(&up).unwrap());
    let pid = daemon.instance_pid("slow", "one");
    daemon.kill();
    client.wait().unwrap();
    daemon.restart();
    until("its process has ended", || !processes::runs(pid));
    until("it is cleared away", || daemon.listed().is_empty());
    until("its record is gone", || records(&daemon) == 0);
}

/// The sockets on which instances say that they are ready.
fn notices(daemon: &Daemon) -> Vec<String> {
    let files = fs::read_dir(daemon.socket().parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("notify")).collect()
}

#[test]
fn sockets_for_readiness_that_a_killed_launcher_left_are_gone_after_the_next_start() {
    if lacking(&[Need::Linux("there is no notification socket elsewhere")]) {
        return;
    }
    let Some(mut daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "quiet", "wait").set("ready", "notify");
    daemon.register(&class);
    let mut client = begin(&daemon, "quiet");
    until("there is one", || notices(&daemon).len() == 1);
    daemon.kill();
    client.wait().unwrap();
    assert_eq!(notices(&daemon).len(), 1);
    daemon.restart();
    until("it is gone", || notices(&daemon).is_empty());
    until("it is cleared away", || daemon.listed().is_empty());
}

#[test]
fn a_second_launcher_with_the_same_state_refuses_and_leaves_the_instances_of_the_first() {
    let Some(daemon) = launcher() else { return };
    for job_control in [true, false] {
        let name = format!("class-{job_control}");
        let class = Class::stand_in(&daemon, &name, "wait").set("job-control", job_control);
        daemon.register(&class);
        daemon.launchctl(&["start", &name, "one"]).ok();
    }
    let place = daemon.place().path();
    let second = Daemon::system().at_another_address();
    let ran = second.run_beside(&daemon);
    assert_ne!(ran.code, 0, "{ran:?}");
    let state = place.join("state");
    let words = format!("{} is in use by another launcher", state.display());
    assert!(ran.err.contains(&words), "{ran:?}");
    for job_control in [true, false] {
        let name = format!("class-{job_control}");
        let state = daemon.info(&name, "one")["instance"]["state"].take();
        assert_eq!(state, "running", "{name}");
    }
    assert_eq!(records(&daemon), 2);
}
