//! Processes that behave badly, and how instances end.

use std::time::{Duration, Instant};

use fslaunch_tests::{Class, Daemon, Need, PLATFORM, Report, lacking, processes, until};
use serde_json::{Value, json};

/// A launcher whose class `unruly` behaves as `words` say.
fn unruly(words: &str, fields: &[(&str, Value)]) -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let mut class = Class::stand_in(&daemon, "unruly", words).for_everyone();
    for (field, value) in fields {
        class = class.set(field, value.clone());
    }
    daemon.register(&class);
    Some(daemon)
}

fn start(daemon: &Daemon, arguments: &[&str]) -> Result<Value, fslaunch_tests::CallError> {
    let call = json!({ "class": "unruly", "instance": "one", "arguments": arguments });
    daemon.call("Start", call)
}

fn stop(daemon: &Daemon) -> Result<Value, fslaunch_tests::CallError> {
    daemon.call("Stop", json!({ "class": "unruly", "instance": "one" }))
}

#[test]
fn a_process_that_ends_before_it_is_ready_is_told_with_its_code_and_last_words() {
    let Some(daemon) = unruly("out=hello err=oops exit=7", &[("ready", "ok".into())]) else {
        return;
    };
    let error = start(&daemon, &[]).unwrap_err();
    assert_eq!(error.short_name(), "ProcessEnded", "{error:?}");
    assert_eq!(error.parameters["code"], 1067);
    assert_eq!(error.parameters["exit_code"], 7);
    assert!(
        error.parameters["output"]
            .as_str()
            .unwrap()
            .contains("oops"),
        "{error:?}"
    );
    let ran = daemon.launchctl(&["start", "unruly", "one"]);
    assert!(ran.ko(1067).contains('7'), "{ran:?}");
}

#[test]
fn a_process_that_a_signal_ends_is_told_with_the_signal() {
    if lacking(&[Need::Linux("signals end no processes elsewhere")]) {
        return;
    }
    let Some(daemon) = unruly("abort", &[("ready", "ok".into())]) else {
        return;
    };
    let error = start(&daemon, &[]).unwrap_err();
    assert_eq!(error.short_name(), "ProcessEnded");
    assert_eq!(error.parameters["signal"], 6);
    assert!(error.parameters["exit_code"].is_null());
}

#[test]
fn an_instance_that_ends_by_itself_stays_visible_with_its_cause() {
    let Some(daemon) = unruly("err=last-words until=%1 exit=9", &[]) else {
        return;
    };
    let signal = daemon.out("end-now");
    start(&daemon, &[&signal]).unwrap();
    std::fs::write(&signal, "").unwrap();
    let instance = daemon.wait_for_state("unruly", "one", "failed");
    assert!(
        instance["failure"].as_str().unwrap().contains('9'),
        "{instance}"
    );
    assert!(instance["pid"].is_null(), "{instance}");
    let info = daemon.info("unruly", "one");
    assert!(
        info["output"].as_str().unwrap().contains("last-words"),
        "{info}"
    );
}

#[test]
fn a_failed_instance_can_be_started_again() {
    let Some(daemon) = unruly("until=%1 exit=9", &[]) else {
        return;
    };
    let signal = daemon.out("end-now");
    start(&daemon, &[&signal]).unwrap();
    std::fs::write(&signal, "").unwrap();
    daemon.wait_for_state("unruly", "one", "failed");
    start(&daemon, &[&daemon.out("never")]).unwrap();
    assert_eq!(daemon.info("unruly", "one")["instance"]["state"], "running");
}

#[test]
fn a_failed_instance_is_forgotten_after_a_stop() {
    let Some(daemon) = unruly("until=%1 exit=9", &[]) else {
        return;
    };
    let signal = daemon.out("end-now");
    start(&daemon, &[&signal]).unwrap();
    std::fs::write(&signal, "").unwrap();
    daemon.wait_for_state("unruly", "one", "failed");
    stop(&daemon).unwrap();
    assert!(daemon.listed().is_empty());
}

#[test]
fn stop_asks_the_process_to_end() {
    let Some(daemon) = unruly("note-end=%1 touch=%2 wait", &[]) else {
        return;
    };
    let (note, up) = (daemon.out("note"), daemon.out("up"));
    start(&daemon, &[&note, &up]).unwrap();
    until("the process is up", || std::path::Path::new(&up).exists());
    stop(&daemon).unwrap();
    assert_eq!(
        std::fs::read_to_string(&note).unwrap(),
        PLATFORM.asked_to_end
    );
}

#[test]
fn a_process_that_does_not_end_when_asked_is_killed_after_the_grace() {
    let grace = Duration::from_secs(1);
    let Some(daemon) = unruly("ignore-end touch=%1 wait", &[("stop-grace", 1.into())]) else {
        return;
    };
    let up = daemon.out("up");
    start(&daemon, &[&up]).unwrap();
    until("the process is up", || std::path::Path::new(&up).exists());
    let pid = daemon.instance_pid("unruly", "one");
    let before = Instant::now();
    stop(&daemon).unwrap();
    assert!(before.elapsed() >= grace, "{:?}", before.elapsed());
    assert!(!processes::runs(pid));
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_slow_process_is_given_the_grace() {
    let Some(daemon) = unruly("slow-end=700 touch=%1 wait", &[("stop-grace", 10.into())]) else {
        return;
    };
    let up = daemon.out("up");
    start(&daemon, &[&up]).unwrap();
    until("the process is up", || std::path::Path::new(&up).exists());
    let before = Instant::now();
    stop(&daemon).unwrap();
    let took = before.elapsed();
    assert!(
        took >= Duration::from_millis(600) && took < Duration::from_secs(9),
        "{took:?}"
    );
}

#[test]
fn a_stopping_instance_is_shown_as_such_and_delays_nobody() {
    let Some(daemon) = unruly("ignore-end touch=%1 wait", &[("stop-grace", 2.into())]) else {
        return;
    };
    let up = daemon.out("up");
    start(&daemon, &[&up]).unwrap();
    until("the process is up", || std::path::Path::new(&up).exists());
    let mut stopping = daemon.connect();
    let target = json!({ "class": "unruly", "instance": "one" });
    let call = json!({ "method": "org.fslaunch.Launcher.Stop", "parameters": target });
    stopping.send_message(&call).unwrap();
    daemon.wait_for_state("unruly", "one", "stopping");
    let error = start(&daemon, &[&up]).unwrap_err();
    assert_eq!(error.short_name(), "InstanceExists");
    assert_eq!(error.parameters["state"], "stopping");
    // A second stop waits for the same end.
    stop(&daemon).unwrap();
    assert!(stopping.reply().unwrap().is_ok());
}

#[test]
fn all_processes_of_an_instance_end_with_it() {
    if lacking(&[Need::Root, Need::Cgroups]) {
        return;
    }
    let words = "child child stubborn-child touch=%1 wait";
    let Some(daemon) = unruly(words, &[("stop-grace", 1.into())]) else {
        return;
    };
    let up = daemon.out("up");
    start(&daemon, &[&up]).unwrap();
    until("the children are up", || std::path::Path::new(&up).exists());
    let stand_in = daemon.program("stand-in");
    let running = || {
        let all = processes::of(daemon.place().path()).into_iter();
        all.filter(|pid| processes::executable(*pid).as_ref() == Some(&stand_in))
            .count()
    };
    until("all four processes run", || running() == 4);
    stop(&daemon).unwrap();
    assert_eq!(running(), 0);
}

#[test]
fn a_process_that_goes_to_the_background_has_failed_and_is_told_to_stay() {
    if lacking(&[
        Need::Linux("nothing goes to the background elsewhere"),
        Need::Root,
        Need::Cgroups,
    ]) {
        return;
    }
    let Some(daemon) = unruly("fork-away touch=%1 wait", &[]) else {
        return;
    };
    start(&daemon, &[&daemon.out("up")]).unwrap();
    until("it has failed", || {
        daemon.info("unruly", "one")["instance"]["state"] == "failed"
    });
    let info = daemon.info("unruly", "one");
    let failure = info["instance"]["failure"].as_str().unwrap();
    assert!(failure.contains("must stay in the foreground"), "{failure}");
    let stand_in = daemon.program("stand-in");
    let all = processes::of(daemon.place().path()).into_iter();
    let left = all.filter_map(processes::executable);
    assert_eq!(left.filter(|found| *found == stand_in).count(), 0);
    stop(&daemon).unwrap();
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_process_that_closes_its_output_runs_on() {
    let Some(daemon) = unruly("close-out touch=%1 wait", &[]) else {
        return;
    };
    let up = daemon.out("up");
    start(&daemon, &[&up]).unwrap();
    until("the process is up", || std::path::Path::new(&up).exists());
    assert_eq!(daemon.info("unruly", "one")["instance"]["state"], "running");
    stop(&daemon).unwrap();
}

#[test]
fn a_process_that_floods_both_outputs_delays_nobody_and_fills_no_memory() {
    let Some(daemon) = unruly("flood wait", &[]) else {
        return;
    };
    start(&daemon, &[]).unwrap();
    let before = processes::resident(daemon.pid());
    let end = Instant::now() + Duration::from_secs(2);
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let asked = Instant::now();
        daemon.call("List", json!({})).unwrap();
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let grown = processes::resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 16 << 20, "the launcher has grown by {grown} bytes");
    let output = daemon.info("unruly", "one")["output"]
        .as_str()
        .unwrap()
        .len();
    assert!(
        output > 0 && output <= 256 << 10,
        "{output} bytes of output"
    );
    stop(&daemon).unwrap();
}

#[test]
fn output_after_the_start_is_never_blocked() {
    let words = "out=first pause=200 flood pause=500 touch=%1 wait";
    let Some(daemon) = unruly(words, &[]) else {
        return;
    };
    let done = daemon.out("done");
    start(&daemon, &[&done]).unwrap();
    until("the process got on", || {
        std::path::Path::new(&done).exists()
    });
}

#[test]
fn the_work_directory_is_where_the_class_says() {
    let folder = PLATFORM.absolute_folder;
    let Some(daemon) = unruly("report=%1 wait", &[("work-directory", folder.into())]) else {
        return;
    };
    let report = daemon.out("report");
    start(&daemon, &[&report]).unwrap();
    assert_eq!(Report::read(report.as_ref()).work_directory(), folder);
}

#[test]
fn standard_error_is_appended_to_the_file_that_the_class_names() {
    let Some(daemon) = unruly("wait", &[]) else {
        return;
    };
    let folder = daemon.place().make_folder("logs", 0o755);
    let file = folder.join("%1.log").to_str().unwrap().to_owned();
    daemon.register(&Class::stand_in(&daemon, "loud", "err=heard wait -- %1").set("stderr", file));
    for heard in ["heard", "heardheard"] {
        daemon.launchctl(&["start", "loud", "one", "name"]).ok();
        until("it is written", || {
            std::fs::read_to_string(folder.join("name.log")).is_ok_and(|text| text == heard)
        });
        daemon.launchctl(&["stop", "loud", "one"]).ok();
    }
}

#[test]
fn many_instances_start_and_stop_at_once() {
    let Some(daemon) = unruly("wait", &[]) else {
        return;
    };
    let mut connections = Vec::new();
    for number in 0..50 {
        let mut connection = daemon.connect();
        let parameters = json!({ "class": "unruly", "instance": number.to_string() });
        let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
        connection.send_message(&call).unwrap();
        connections.push(connection);
    }
    for connection in &mut connections {
        connection.reply().unwrap().unwrap();
    }
    assert_eq!(daemon.listed().len(), 50);
    for (number, connection) in connections.iter_mut().enumerate() {
        let parameters = json!({ "class": "unruly", "instance": number.to_string() });
        let call = json!({ "method": "org.fslaunch.Launcher.Stop", "parameters": parameters });
        connection.send_message(&call).unwrap();
    }
    for connection in &mut connections {
        connection.reply().unwrap().unwrap();
    }
    assert!(daemon.listed().is_empty());
}

#[test]
fn one_name_started_by_many_at_once_runs_once() {
    let Some(daemon) = unruly("wait", &[]) else {
        return;
    };
    let parameters = json!({ "class": "unruly", "instance": "one" });
    let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
    let mut connections: Vec<_> = (0..20).map(|_| daemon.connect()).collect();
    for connection in &mut connections {
        connection.send_message(&call).unwrap();
    }
    let replies: Vec<_> = connections
        .iter_mut()
        .map(|one| one.reply().unwrap())
        .collect();
    assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
    let errors = replies.iter().filter_map(|reply| reply.as_ref().err());
    assert!(
        errors
            .map(|error| error.short_name())
            .all(|name| name == "InstanceExists")
    );
}
