//! The interface, driven by clients that nobody here wrote and by bytes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::Command;

use fslaunch_tests::{Class, Daemon, Need, Ran, lacking, run_with_deadline, varlink_python};
use serde_json::{Value, json};

const INTERFACE_FILE: &str =
    include_str!("../../crates/protocol/varlink/org.fslaunch.Launcher.varlink");

fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    Some(daemon)
}

/// Runs the Varlink client for Python.
fn python(daemon: &Daemon, verb: &str, what: &str, more: &[&str]) -> Ran {
    let address = format!("unix:{}{what}", daemon.socket().display());
    let mut client = Command::new(varlink_python().unwrap());
    run_with_deadline(
        client
            .args(["-m", "varlink.cli", verb, &address])
            .args(more),
        b"",
    )
}

#[test]
fn the_client_for_python_shows_the_service() {
    if lacking(&[Need::Root, Need::VarlinkClient]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let ran = python(&daemon, "info", "", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("org.fslaunch.Launcher"), "{ran:?}");
    assert!(ran.out.contains("org.varlink.service"), "{ran:?}");
}

#[test]
fn the_client_for_python_shows_the_interface_file_as_it_is_checked_in() {
    if lacking(&[Need::Root, Need::VarlinkClient]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let ran = python(&daemon, "help", "/org.fslaunch.Launcher", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.trim(), INTERFACE_FILE.trim());
}

#[test]
fn the_client_for_python_starts_lists_and_stops() {
    if lacking(&[Need::Root, Need::VarlinkClient]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let call = |method: &str, parameters: Value| {
        let what = format!("/org.fslaunch.Launcher.{method}");
        python(&daemon, "call", &what, &[&parameters.to_string()])
    };
    let target = json!({ "class": "echo", "instance": "one" });
    let started = call("Start", target.clone());
    assert_eq!(started.code, 0, "{started:?}");
    let listed = call("List", json!({}));
    assert_eq!(
        listed.json()["instances"][0]["instance"],
        "one",
        "{listed:?}"
    );
    assert_eq!(
        call("Info", target.clone()).json()["instance"]["state"],
        "running"
    );
    let again = call("Start", target.clone());
    // That client ends with 0 all the same.
    assert!(again.err.contains("InstanceExists"), "{again:?}");
    assert_eq!(call("Stop", target).code, 0);
    assert!(daemon.listed().is_empty());
}

#[test]
fn varlinkctl_lists_and_calls() {
    if lacking(&[Need::Root, Need::Program("varlinkctl")]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let socket = daemon.socket();
    let varlinkctl = |words: &[&str]| {
        let mut command = Command::new("varlinkctl");
        command.arg(words[0]).arg(&socket).args(&words[1..]);
        run_with_deadline(&mut command, b"")
    };
    assert!(varlinkctl(&["info"]).out.contains("org.fslaunch.Launcher"));
    let ran = varlinkctl(&["call", "org.fslaunch.Launcher.List", "{}"]);
    assert_eq!(ran.json(), json!({ "instances": [] }));
    assert_eq!(varlinkctl(&["introspect", "org.fslaunch.Launcher"]).code, 0);
}

#[test]
fn the_service_describes_itself() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let info = connection
        .call_full("org.varlink.service.GetInfo", json!({}))
        .unwrap();
    for field in ["vendor", "product", "version", "url"] {
        assert!(info[field].is_string(), "{field}: {info}");
    }
    let interfaces = info["interfaces"].as_array().unwrap();
    assert!(
        interfaces.contains(&"org.fslaunch.Launcher".into()),
        "{info}"
    );
    assert!(interfaces.contains(&"org.varlink.service".into()), "{info}");
    let describe = "org.varlink.service.GetInterfaceDescription";
    for interface in interfaces {
        let described = connection
            .call_full(describe, json!({ "interface": interface }))
            .unwrap();
        let first = format!("interface {}", interface.as_str().unwrap());
        assert!(described["description"].as_str().unwrap().contains(&first));
    }
    let unknown = json!({ "interface": "org.example.Nothing" });
    let error = connection.call_full(describe, unknown).unwrap_err();
    assert_eq!(error.name, "org.varlink.service.InterfaceNotFound");
}

#[test]
fn several_calls_on_one_connection_are_answered_in_their_order() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "slow", "pause=300 out=OK wait").set("ready", "ok"));
    let mut connection = daemon.connect();
    let call = |method: &str, parameters: Value| {
        let mut bytes = json!({
            "method": format!("org.fslaunch.Launcher.{method}"), "parameters": parameters
        })
        .to_string()
        .into_bytes();
        bytes.push(0);
        bytes
    };
    let target = json!({ "class": "slow", "instance": "one" });
    let calls = [
        call("Start", target.clone()),
        call("List", json!({})),
        call("Stop", target.clone()),
        call("Info", target),
        call("List", json!({})),
    ];
    connection.send(&calls.concat()).unwrap();
    let mut next = || connection.reply().expect("a reply");
    assert_eq!(next().unwrap()["instance"]["state"], "running");
    assert_eq!(next().unwrap()["instances"].as_array().unwrap().len(), 1);
    assert_eq!(next().unwrap(), json!({}));
    assert_eq!(next().unwrap_err().short_name(), "InstanceNotFound");
    assert_eq!(next().unwrap(), json!({ "instances": [] }));
}

#[test]
fn a_call_in_pieces_is_read_as_one() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    for byte in b"{\"method\":\"org.fslaunch.Launcher.List\"}\0" {
        connection.send(&[*byte]).unwrap();
    }
    assert!(connection.reply().unwrap().is_ok());
}

#[test]
fn oneway_calls_are_carried_out_and_get_no_reply() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let start = json!({
        "method": "org.fslaunch.Launcher.Start", "oneway": true,
        "parameters": { "class": "echo", "instance": "one" }
    });
    connection.send_message(&start).unwrap();
    let mut wrong = start.clone();
    wrong["parameters"]["class"] = "unknown".into();
    connection.send_message(&wrong).unwrap();
    let listed = connection.call("List", json!({})).unwrap();
    assert_eq!(listed["instances"][0]["instance"], "one", "{listed}");
}

#[test]
fn more_is_answered_with_one_reply_where_there_is_one() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let list = json!({ "method": "org.fslaunch.Launcher.List", "more": true });
    connection.send_message(&list).unwrap();
    let reply = connection.receive().unwrap();
    assert_ne!(reply["continues"], true, "{reply}");
    assert!(reply["parameters"]["instances"].is_array(), "{reply}");
    connection.call("List", json!({})).unwrap();
}

#[test]
fn an_upgrade_that_is_not_offered_is_refused_or_ignored() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let list = json!({ "method": "org.fslaunch.Launcher.List", "upgrade": true });
    connection.send_message(&list).unwrap();
    let _ = connection.reply().expect("a reply");
    daemon.call("List", json!({})).unwrap();
}

#[test]
fn parameters_may_be_left_out_where_none_is_needed() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    for call in [
        json!({ "method": "org.fslaunch.Launcher.List" }),
        json!({ "method": "org.fslaunch.Launcher.List", "parameters": null }),
        json!({ "method": "org.fslaunch.Launcher.List", "parameters": {} }),
    ] {
        connection.send_message(&call).unwrap();
        assert!(connection.reply().unwrap().is_ok(), "{call}");
    }
    let nulls = json!({
        "class": "echo", "instance": "one", "arguments": null, "named": null, "secret": null
    });
    connection.call("Start", nulls).unwrap();
}

#[test]
fn every_error_carries_its_number_and_its_words() {
    let Some(daemon) = launcher() else { return };
    let target = json!({ "class": "echo", "instance": "one" });
    for (method, parameters) in [
        ("Stop", target.clone()),
        ("Info", target),
        ("Start", json!({ "class": "unknown", "instance": "one" })),
        ("Start", json!({ "class": "a/b", "instance": "one" })),
        (
            "Start",
            json!({ "class": "echo", "instance": "one", "secret": "x" }),
        ),
    ] {
        let error = daemon.call(method, parameters).unwrap_err();
        assert!(
            error.name.starts_with("org.fslaunch.Launcher."),
            "{error:?}"
        );
        assert!(
            error.parameters["code"]
                .as_u64()
                .is_some_and(|code| code > 0),
            "{error:?}"
        );
        let words = error.parameters["message"].as_str().unwrap();
        assert!(words.len() > 10 && !words.contains('\n'), "{error:?}");
    }
}
