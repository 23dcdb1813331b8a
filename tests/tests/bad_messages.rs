//! Messages that are none, clients that say nothing, and too many of both.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fslaunch_tests::{Account, Class, Connection, Daemon, Need, lacking, processes, until};
use serde_json::{Value, json};

/// The most bytes that the launcher reads as one message.
const LIMIT: usize = 1 << 20;

fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait").for_everyone());
    Some(daemon)
}

fn list_call() -> Value {
    json!({ "method": "org.fslaunch.Launcher.List" })
}

/// Others are still served, and at once.
#[track_caller]
fn serves_others(daemon: &Daemon) {
    let asked = Instant::now();
    daemon.call("List", json!({})).expect("a list");
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
}

/// The connection ends, after an error reply or without one.
#[track_caller]
fn is_closed(connection: &mut Connection) {
    while let Some(reply) = connection.reply() {
        reply.expect_err("no success");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    let Some(daemon) = launcher() else { return };
    for bytes in [
        &b"\0"[..],
        b"hello\0",
        b"{\0",
        b"[1,2]\0",
        b"{}\0",
        b"\xff\xfe\0",
        b"null\0",
    ] {
        let mut connection = daemon.connect();
        connection.send(bytes).unwrap();
        is_refused_or_closed(&mut connection, bytes);
        serves_others(&daemon);
    }
}

fn is_refused_or_closed(connection: &mut Connection, sent: &[u8]) {
    match connection.reply() {
        None => {}
        Some(Err(error)) => {
            let known = ["MalformedRequest", "org.varlink.service.InvalidParameter"];
            assert!(known.contains(&error.short_name()), "{sent:?}: {error:?}");
        }
        Some(Ok(reply)) => panic!("{sent:?} was answered: {reply}"),
    }
}

#[test]
fn parameters_of_the_wrong_type_are_named() {
    let Some(daemon) = launcher() else { return };
    for (parameters, name) in [
        (json!({ "class": 5, "instance": "one" }), "class"),
        (json!({ "class": "echo" }), "instance"),
        (
            json!({ "class": "echo", "instance": "one", "arguments": "x" }),
            "arguments",
        ),
        (
            json!({ "class": "echo", "instance": "one", "named": ["x"] }),
            "named",
        ),
        (json!([1]), "parameters"),
    ] {
        let error = daemon.call("Start", parameters.clone()).unwrap_err();
        let known = ["MalformedRequest", "org.varlink.service.InvalidParameter"];
        assert!(
            known.contains(&error.short_name()),
            "{parameters}: {error:?}"
        );
        let words = error.parameters.to_string();
        assert!(words.contains(name), "{parameters}: {words}");
    }
    assert!(daemon.listed().is_empty());
}

#[test]
fn json_nested_without_end_is_refused() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let mut message = "[".repeat(500_000).into_bytes();
    message.push(0);
    connection.send(&message).unwrap();
    is_refused_or_closed(&mut connection, b"[[[...");
    serves_others(&daemon);
}

#[test]
fn a_message_of_sixteen_mebibytes_is_refused_with_the_limit() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let chunk = vec![b'x'; 64 << 10];
    let before = processes::resident(daemon.pid());
    // The launcher may hang up long before the end.
    let sent = (0..256).try_for_each(|_| connection.send(&chunk));
    let sent = sent.and_then(|()| connection.send(b"\0"));
    if let Some(reply) = connection.reply() {
        let error = reply.unwrap_err();
        assert_eq!(error.short_name(), "RequestTooLarge");
        assert_eq!(error.parameters["limit"], LIMIT);
        assert_eq!(error.parameters["code"], 111);
    } else {
        assert!(sent.is_err(), "neither an error nor the end");
    }
    is_closed(&mut connection);
    let grown = processes::resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 8 << 20, "the launcher has grown by {grown} bytes");
    serves_others(&daemon);
}

#[test]
fn a_client_that_reads_sees_why_its_message_was_too_long() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    connection.send(&vec![b' '; LIMIT + 1]).unwrap();
    let error = connection.reply().expect("a reply").unwrap_err();
    assert_eq!(error.short_name(), "RequestTooLarge");
}

#[test]
fn half_a_message_and_silence_is_dropped_after_a_few_seconds() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    connection
        .send(br#"{"method":"org.fslaunch.Launcher.Li"#)
        .unwrap();
    let began = Instant::now();
    is_closed(&mut connection);
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_message_that_trickles_in_is_dropped_as_well() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let began = Instant::now();
    while connection.send(b" ").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(30), "still connected");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_client_that_says_nothing_is_dropped_and_delays_nobody() {
    let Some(daemon) = launcher() else { return };
    let mut silent: Vec<_> = (0..100).map(|_| daemon.connect()).collect();
    serves_others(&daemon);
    for connection in &mut silent {
        is_closed(connection);
    }
}

#[test]
fn a_client_that_shuts_its_side_still_gets_its_replies() {
    if lacking(&[Need::Linux("a pipe has no sides")]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    connection.send_message(&list_call()).unwrap();
    connection.send_message(&list_call()).unwrap();
    connection.finish();
    assert!(connection.reply().unwrap().is_ok());
    assert!(connection.reply().unwrap().is_ok());
    assert!(connection.receive().is_none());
}

#[test]
fn a_client_that_vanishes_before_or_within_its_reply_harms_nobody() {
    let Some(daemon) = launcher() else { return };
    for number in 0..40 {
        daemon
            .call(
                "Start",
                json!({ "class": "echo", "instance": "x".repeat(200) + &number.to_string() }),
            )
            .unwrap();
    }
    for _ in 0..50 {
        let mut connection = daemon.connect();
        for _ in 0..20 {
            if connection.send_message(&list_call()).is_err() {
                break;
            }
        }
        drop(connection);
    }
    serves_others(&daemon);
    assert_eq!(daemon.listed().len(), 40);
}

#[test]
fn a_client_that_asks_and_never_reads_is_dropped_and_fills_no_memory() {
    let Some(daemon) = launcher() else { return };
    for number in 0..40 {
        daemon
            .call(
                "Start",
                json!({ "class": "echo", "instance": "x".repeat(200) + &number.to_string() }),
            )
            .unwrap();
    }
    let before = processes::resident(daemon.pid());
    let mut connection = daemon.connect();
    let began = Instant::now();
    // Stops when the launcher stops to read, or hangs up.
    connection.write_timeout(Duration::from_secs(1));
    while connection.send_message(&list_call()).is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the launcher reads for ever"
        );
        let grown = processes::resident(daemon.pid()).saturating_sub(before);
        assert!(grown < 32 << 20, "the launcher has grown by {grown} bytes");
    }
    serves_others(&daemon);
}

#[test]
fn five_hundred_clients_at_once_are_all_answered() {
    if lacking(&[Need::OpenFiles(1500)]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    daemon.launchctl(&["start", "echo", "one"]).ok();
    let mut clients: Vec<_> = (0..500).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.send_message(&list_call()).unwrap();
    }
    for client in &mut clients {
        let listed = client.reply().expect("a reply").expect("a list");
        assert_eq!(listed["instances"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn connections_past_a_users_limit_are_refused_and_others_are_not() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let limit = "[limits]\nconnections = { per-user = 4 }\n";
    let daemon = Daemon::system()
        .config(limit)
        .telling_callers_apart()
        .start();
    let (alice, bob) = (Account::alice(), Account::bob());
    let mut holder = alice.command(daemon.program("stand-in"));
    let connect = format!("connect={}", daemon.socket().display());
    holder.args(vec![connect; 4]).args(["out=held", "wait"]);
    let mut holder = holder.stdout(Stdio::piped()).spawn().unwrap();
    let mut word = [0; 4];
    let stdout = holder.stdout.as_mut().unwrap();
    stdout.read_exact(&mut word).unwrap();
    let refused = daemon.launchctl_as(&alice, &["list"]);
    let allowed = daemon.launchctl_as(&bob, &["list"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(refused.ko(1816).contains('4'), "{refused:?}");
    allowed.ok();
    until("the user is served again", || {
        daemon.launchctl_as(&alice, &["list"]).code == 0
    });
}

#[test]
fn an_unknown_method_or_interface_is_named() {
    let Some(daemon) = launcher() else { return };
    let mut connection = daemon.connect();
    let error = connection.call("Strat", json!({})).unwrap_err();
    assert_eq!(error.name, "org.varlink.service.MethodNotFound");
    assert!(
        error.parameters["method"]
            .as_str()
            .unwrap()
            .contains("Strat")
    );
    let error = connection
        .call_full("org.example.Nothing.Do", json!({}))
        .unwrap_err();
    assert_eq!(error.name, "org.varlink.service.InterfaceNotFound");
    assert_eq!(error.parameters["interface"], "org.example.Nothing");
    for method in ["", "List", ".", "org.fslaunch.Launcher."] {
        assert!(
            connection.call_full(method, json!({})).is_err(),
            "{method:?}"
        );
    }
    // The connection goes on.
    connection.call("List", json!({})).unwrap();
}

#[test]
fn an_unknown_parameter_does_not_pass_unseen() {
    let Some(daemon) = launcher() else { return };
    let call = json!({ "class": "echo", "instance": "one", "colour": "red" });
    let error = daemon.call("Start", call).unwrap_err();
    assert!(error.parameters.to_string().contains("colour"), "{error:?}");
}
