//! Start, list, info and stop, in the words of the original command line.

use fslaunch_tests::{Class, Daemon, Need, PLATFORM, Report, lacking, processes};
use serde_json::json;

/// A launcher with a class `echo`, whose instances wait until they are
/// stopped.
fn with_echo() -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    Some(daemon)
}

#[test]
fn an_instance_is_started_listed_described_and_stopped() {
    let Some(daemon) = with_echo() else { return };
    assert!(daemon.launchctl(&["start", "echo", "one"]).ok().is_empty());
    assert_eq!(daemon.launchctl(&["list"]).ok(), ["echo one", ""]);
    let ran = daemon.launchctl(&["info", "echo", "one"]);
    let info = ran.ok();
    assert_eq!(info[0], "echo one");
    assert!(
        info[1].contains("stand-in") && info[1].ends_with(" wait"),
        "{info:?}"
    );
    assert!(daemon.launchctl(&["stop", "echo", "one"]).ok().is_empty());
    assert_eq!(daemon.launchctl(&["list"]).out, "OK\n");
}

#[test]
fn every_verb_has_a_form_for_programs() {
    let Some(daemon) = with_echo() else { return };
    let started = daemon.launchctl(&["--json", "start", "echo", "one"]).json();
    assert_eq!(started["instance"]["state"], "running", "{started}");
    let listed = daemon.launchctl(&["--json", "list"]).json();
    assert_eq!(listed["instances"][0]["instance"], "one", "{listed}");
    let info = daemon.launchctl(&["--json", "info", "echo", "one"]).json();
    assert_eq!(
        info["instance"]["pid"],
        daemon.instance_pid("echo", "one"),
        "{info}"
    );
    let classes = daemon.launchctl(&["--json", "classes"]).json();
    assert_eq!(classes["classes"][0]["class"], "echo", "{classes}");
    daemon.launchctl(&["--json", "stop", "echo", "one"]).json();
    let denied = daemon.launchctl(&["--json", "stop", "echo", "one"]);
    assert_ne!(denied.code, 0, "{denied:?}");
    assert!(denied.out.contains("InstanceNotFound"), "{denied:?}");
}

#[test]
fn stop_replies_when_the_process_is_gone() {
    let Some(daemon) = with_echo() else { return };
    daemon.launchctl(&["start", "echo", "one"]).ok();
    let pid = daemon.instance_pid("echo", "one");
    assert!(processes::runs(pid));
    daemon.launchctl(&["stop", "echo", "one"]).ok();
    assert!(!processes::runs(pid));
}

#[test]
fn an_instance_that_exists_is_refused_in_any_spelling_and_named_as_it_was_started() {
    let Some(daemon) = with_echo() else { return };
    daemon.launchctl(&["start", "echo", "Straße"]).ok();
    let ran = daemon.launchctl(&["start", "ECHO", "STRAßE"]);
    assert!(ran.ko(183).contains("Straße"), "{ran:?}");
    let target = json!({ "class": "Echo", "instance": "sTRAßE" });
    let error = daemon.call("Start", target).unwrap_err();
    assert_eq!(error.short_name(), "InstanceExists");
    assert_eq!(error.parameters["instance"], "Straße");
    assert_eq!(error.parameters["code"], 183);
    assert_eq!(daemon.listed(), [("echo".to_owned(), "Straße".to_owned())]);
}

#[test]
fn an_instance_is_stopped_and_described_in_another_spelling() {
    let Some(daemon) = with_echo() else { return };
    daemon.launchctl(&["start", "Echo", "One"]).ok();
    assert_eq!(
        daemon.launchctl(&["info", "eCHO", "oNE"]).ok()[0],
        "Echo One"
    );
    daemon.launchctl(&["stop", "ECHO", "ONE"]).ok();
    assert!(daemon.listed().is_empty());
}

#[test]
fn the_same_name_can_be_started_again_after_a_stop() {
    let Some(daemon) = with_echo() else { return };
    for _ in 0..5 {
        daemon.launchctl(&["start", "echo", "one"]).ok();
        daemon.launchctl(&["stop", "echo", "one"]).ok();
    }
}

#[test]
fn an_unknown_class_is_named() {
    let Some(daemon) = with_echo() else { return };
    let ran = daemon.launchctl(&["start", "ehco", "one"]);
    assert!(ran.ko(2).contains("ehco"), "{ran:?}");
    let error = daemon
        .call("Start", json!({ "class": "ehco", "instance": "one" }))
        .unwrap_err();
    assert_eq!(error.short_name(), "ClassNotFound");
}

#[test]
fn an_unknown_instance_is_named() {
    let Some(daemon) = with_echo() else { return };
    for verb in ["stop", "info"] {
        let ran = daemon.launchctl(&[verb, "echo", "two"]);
        assert!(ran.ko(2).contains("two"), "{ran:?}");
    }
    let error = daemon
        .call("Stop", json!({ "class": "echo", "instance": "two" }))
        .unwrap_err();
    assert_eq!(error.short_name(), "InstanceNotFound");
}

#[test]
fn a_class_file_that_does_not_parse_is_named_with_its_line() {
    if lacking(&[Need::Linux("classes are no files elsewhere")]) {
        return;
    }
    let Some(daemon) = with_echo() else { return };
    daemon.register(&Class::from_text(
        "broken",
        "executable = \"/bin/true\"\nready = = 1\n",
    ));
    let ran = daemon.launchctl(&["start", "broken", "one"]);
    let cause = ran.ko(2);
    assert!(
        cause.contains("broken") && cause.contains("line 2"),
        "{cause}"
    );
    let error = daemon
        .call("Start", json!({ "class": "broken", "instance": "one" }))
        .unwrap_err();
    assert_eq!(error.short_name(), "ClassUnusable");
}

#[test]
fn a_class_field_of_the_wrong_type_makes_the_class_unusable() {
    let Some(daemon) = with_echo() else { return };
    for (field, value) in [
        ("command-line", json!(5)),
        ("start-timeout", json!("soon")),
        ("ready", json!("perhaps")),
        ("job-control", json!("yes")),
    ] {
        let class = Class::new("wrong", daemon.program("stand-in"));
        daemon.register(&class.set(field, value.clone()));
        let ran = daemon.launchctl(&["start", "wrong", "one"]);
        let cause = ran.ko(2).to_lowercase().replace('-', "");
        assert!(cause.contains(&field.replace('-', "")), "{value}: {cause}");
    }
}

#[test]
fn a_class_field_that_is_there_twice_makes_the_class_unusable() {
    if lacking(&[Need::Linux("the registry has no name twice")]) {
        return;
    }
    let Some(daemon) = with_echo() else { return };
    let twice = "executable = \"/bin/true\"\ncommand-line = \"a\"\nCommandLine = \"b\"\n";
    daemon.register(&Class::from_text("wrong", twice));
    let ran = daemon.launchctl(&["start", "wrong", "one"]);
    let cause = ran.ko(2).to_lowercase().replace('-', "");
    assert!(cause.contains("commandline"), "{ran:?}");
}

#[test]
fn a_security_descriptor_that_does_not_parse_is_an_error_of_its_own() {
    let Some(daemon) = with_echo() else { return };
    let class = Class::stand_in(&daemon, "insecure", "wait").set("security", "D:P(A;;RPXX;;;WD)");
    daemon.register(&class);
    let ran = daemon.launchctl(&["start", "insecure", "one"]);
    assert!(ran.ko(1338).contains("insecure"), "{ran:?}");
}

#[test]
fn an_executable_that_is_missing_is_named() {
    let Some(daemon) = with_echo() else { return };
    let missing = daemon.program("no-such-program");
    daemon.register(&Class::new("missing", &missing));
    let ran = daemon.launchctl(&["start", "missing", "one"]);
    assert!(ran.ko(2).contains("no-such-program"), "{ran:?}");
    let target = json!({ "class": "missing", "instance": "one" });
    let error = daemon.call("Start", target).unwrap_err();
    assert_eq!(error.short_name(), "ExecutableNotFound");
    assert!(daemon.listed().is_empty());
}

#[test]
fn an_executable_that_is_none_is_named() {
    let Some(daemon) = with_echo() else { return };
    let plain = daemon
        .place()
        .make_file("bin/plain.txt", "not a program", 0o644);
    daemon.register(&Class::new("plain", &plain));
    let ran = daemon.launchctl(&["start", "plain", "one"]);
    let cause = ran.ko(PLATFORM.not_a_program);
    assert!(cause.contains("plain.txt"), "{ran:?}");
    daemon.register(&Class::new("folder", daemon.place().path().join("bin")));
    assert!(
        daemon
            .launchctl(&["start", "folder", "one"])
            .ko(2)
            .contains("bin")
    );
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_program_that_the_system_can_not_run_is_named() {
    let Some(daemon) = with_echo() else { return };
    let name = daemon.program("nonsense");
    let nonsense = daemon.place().make_file(name, "\u{7f}not a program", 0o755);
    daemon.register(&Class::new("nonsense", &nonsense));
    let ran = daemon.launchctl(&["start", "nonsense", "one"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("nonsense"), "{ran:?}");
}

#[test]
fn a_change_of_a_class_is_seen_at_the_next_start() {
    let Some(daemon) = with_echo() else { return };
    for word in ["first", "second"] {
        let report = daemon.out(word);
        let template = format!("report={report} wait -- {word}");
        daemon.register(&Class::stand_in(&daemon, "echo", &template));
        daemon.launchctl(&["start", "echo", word]).ok();
        assert_eq!(Report::read(report.as_ref()).words(), [word]);
    }
    daemon.unregister("echo");
    daemon.launchctl(&["start", "echo", "third"]).ko(2);
    // What runs is not touched by what happens to its class.
    daemon.launchctl(&["stop", "echo", "first"]).ok();
}

#[test]
fn names_that_can_not_be_names_are_refused_by_name() {
    let Some(daemon) = with_echo() else { return };
    let long = "x".repeat(256);
    for class in ["", "a/b", r"a\b", "a:b", ".hidden", "a\nb", "..", &long] {
        let error = daemon.call("Start", json!({ "class": class, "instance": "one" }));
        let error = error.unwrap_err();
        assert_eq!(error.short_name(), "InvalidName", "{class:?}: {error:?}");
        assert_eq!(error.parameters["name"], class, "{error:?}");
    }
}

#[test]
fn instance_names_are_data_and_may_hold_what_paths_hold() {
    let Some(daemon) = with_echo() else { return };
    for name in [
        "",
        r"\\srv\share",
        "../../etc/passwd",
        "a b",
        "-x",
        "%1",
        ".",
        "🗀",
    ] {
        let target = json!({ "class": "echo", "instance": name });
        daemon.call("Start", target.clone()).unwrap();
        assert_eq!(daemon.info("echo", name)["instance"]["instance"], name);
        daemon.call("Stop", target).unwrap();
    }
}

#[test]
fn control_characters_never_reach_a_terminal() {
    let Some(daemon) = with_echo() else { return };
    let target = json!({ "class": "echo", "instance": "a\u{1b}[2Jb\nOK" });
    if daemon.call("Start", target).is_err() {
        return;
    }
    for arguments in [&["list"][..], &["info", "echo", "a\u{1b}[2Jb\nOK"]] {
        let ran = daemon.launchctl(arguments);
        assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
        assert_eq!(
            ran.out.lines().filter(|line| *line == "OK").count(),
            1,
            "{ran:?}"
        );
    }
}

#[test]
fn classes_are_listed_with_what_is_wrong_with_them() {
    let Some(daemon) = with_echo() else { return };
    daemon.register(&Class::unusable("broken"));
    daemon.launchctl(&["start", "echo", "one"]).ok();
    let ran = daemon.launchctl(&["classes"]);
    ran.ok();
    assert!(
        ran.out.contains("echo") && ran.out.contains("broken"),
        "{ran:?}"
    );
    let classes = daemon.call("Classes", json!({})).unwrap();
    let of = |name: &str| {
        let all = classes["classes"].as_array().unwrap();
        all.iter()
            .find(|class| class["class"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(of("echo")["instances"], 1);
    assert!(of("echo")["problem"].is_null());
    assert!(of("broken")["problem"].is_string());
}

#[test]
fn wrong_usage_is_explained_and_has_the_exit_code_of_the_original() {
    let Some(daemon) = with_echo() else { return };
    let too_many = [&["start", "echo", "one"][..], &["x"; 10]].concat();
    for arguments in [
        &[][..],
        &["strat"],
        &["start"],
        &["start", "echo"],
        &["stop", "echo"],
        &["info"],
        &["list", "echo"],
        &["startWithSecret", "echo", "one"],
        &too_many,
    ] {
        daemon.launchctl(arguments).wrong_usage();
    }
    assert!(daemon.listed().is_empty());
}

#[test]
fn without_a_launcher_the_exit_code_is_2_as_in_the_original() {
    let Some(mut daemon) = with_echo() else {
        return;
    };
    assert!(daemon.terminate().success());
    let ran = daemon.launchctl(&["list"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.starts_with("KO "), "{ran:?}");
}
