//! Secrets reach the process's standard input, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::time::{Duration, Instant};

use fslaunch_tests::{CallError, Class, Daemon, Need, Report, lacking, processes, until};
use serde_json::json;

const SECRET: &str = "correct horse battery staple";

/// A launcher whose class `vault` behaves as `words` say.
fn vault(words: &str) -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let class = Class::stand_in(&daemon, "vault", words).set("credentials", 1);
    daemon.register(&class.set("secret-timeout", 1));
    Some(daemon)
}

fn start(daemon: &Daemon, secret: &str) -> Result<serde_json::Value, CallError> {
    let call = json!({ "class": "vault", "instance": "one", "secret": secret });
    daemon.call("Start", call)
}

fn starting_ends_in(words: &str, error: &str, code: u32) {
    let Some(daemon) = vault(words) else { return };
    let refused = start(&daemon, SECRET).unwrap_err();
    assert_eq!(refused.short_name(), error, "{refused:?}");
    assert_eq!(refused.parameters["code"], code);
    nothing_runs(&daemon);
    let ran = daemon.launchctl(&["startWithSecret", "vault", "one", SECRET]);
    ran.ko(code);
    assert!(
        !ran.out.contains(SECRET) && !ran.err.contains(SECRET),
        "{ran:?}"
    );
    nothing_runs(&daemon);
}

/// An instance whose secret was not accepted is stopped, and not left running.
fn nothing_runs(daemon: &Daemon) {
    until("the process is gone", || running(daemon) == 0);
    let listed = daemon.call("List", json!({})).unwrap();
    let all = listed["instances"].as_array().unwrap();
    assert!(all.iter().all(|one| one["state"] == "failed"), "{listed}");
}

fn running(daemon: &Daemon) -> usize {
    let program = daemon.program("stand-in");
    let all = processes::of(daemon.place().path()).into_iter();
    all.filter(|pid| processes::executable(*pid).is_some_and(|found| found == program))
        .count()
}

#[test]
fn the_right_secret_starts_the_instance() {
    let Some(daemon) = vault("secret answer-if=open-sesame wait") else {
        return;
    };
    daemon
        .launchctl(&["startWithSecret", "vault", "one", "open-sesame"])
        .ok();
    assert_eq!(daemon.listed(), [("vault".to_owned(), "one".to_owned())]);
}

#[test]
fn a_wrong_secret_is_refused_and_the_process_ended() {
    let Some(daemon) = vault("secret answer-if=open-sesame wait") else {
        return;
    };
    let ran = daemon.launchctl(&["startWithSecret", "vault", "one", "guess"]);
    ran.ko(5);
    assert!(!ran.out.contains("guess"), "{ran:?}");
    nothing_runs(&daemon);
    daemon
        .launchctl(&["startWithSecret", "vault", "one", "open-sesame"])
        .ok();
}

#[test]
fn the_answer_may_come_one_byte_at_a_time() {
    let Some(daemon) = vault("secret out=O pause=100 out=K wait") else {
        return;
    };
    daemon
        .launchctl(&["startWithSecret", "vault", "one", SECRET])
        .ok();
}

#[test]
fn any_other_answer_is_a_refusal() {
    starting_ends_in("secret out=NO wait", "SecretRefused", 5);
    starting_ends_in("secret out=ok wait", "SecretRefused", 5);
    starting_ends_in(
        "secret out=K wait pause=50 out=O wait",
        "SecretTimeout",
        1460,
    );
}

#[test]
fn no_answer_is_a_time_out() {
    starting_ends_in("secret wait", "SecretTimeout", 1460);
    starting_ends_in("wait", "SecretTimeout", 1460);
}

#[test]
fn half_an_answer_is_a_time_out() {
    starting_ends_in("secret out=O wait", "SecretTimeout", 1460);
}

#[test]
fn a_process_that_dies_before_it_answers_refuses_the_secret() {
    starting_ends_in("exit=3", "SecretRefused", 5);
    starting_ends_in("secret exit=0", "SecretRefused", 5);
    starting_ends_in("secret out=O abort", "SecretRefused", 5);
}

#[test]
fn a_process_that_closes_its_output_refuses_the_secret() {
    starting_ends_in("secret close-out wait", "SecretRefused", 5);
}

#[test]
fn an_answer_after_the_time_out_changes_nothing() {
    let Some(daemon) = vault("secret pause=1500 out=OK wait") else {
        return;
    };
    assert_eq!(
        start(&daemon, SECRET).unwrap_err().short_name(),
        "SecretTimeout"
    );
    nothing_runs(&daemon);
}

#[test]
fn an_answer_of_a_process_that_is_dead_by_then_is_not_a_running_instance() {
    let Some(daemon) = vault("secret out=OK exit=4") else {
        return;
    };
    // The answer was right; that the process has ended is the next thing said.
    if start(&daemon, SECRET).is_ok() {
        daemon.wait_for_state("vault", "one", "failed");
    }
    nothing_runs(&daemon);
}

#[test]
fn an_empty_secret_is_refused() {
    let Some(daemon) = vault("secret out=OK wait") else {
        return;
    };
    assert_eq!(start(&daemon, "").unwrap_err().short_name(), "SecretEmpty");
    daemon
        .launchctl(&["startWithSecret", "vault", "one", ""])
        .ko(87);
    daemon
        .launchctl_with_input(&["start", "--secret-stdin", "vault", "one"], b"")
        .ko(87);
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_class_with_credentials_needs_a_secret_and_one_without_takes_none() {
    let Some(daemon) = vault("secret out=OK wait") else {
        return;
    };
    daemon.launchctl(&["start", "vault", "one"]).ko(87);
    let call = json!({ "class": "vault", "instance": "one" });
    assert_eq!(
        daemon.call("Start", call).unwrap_err().short_name(),
        "SecretRequired"
    );
    daemon.register(&Class::stand_in(&daemon, "plain", "wait"));
    daemon
        .launchctl(&["startWithSecret", "plain", "one", SECRET])
        .ko(87);
    let call = json!({ "class": "plain", "instance": "one", "secret": SECRET });
    assert_eq!(
        daemon.call("Start", call).unwrap_err().short_name(),
        "SecretNotExpected"
    );
    assert!(daemon.listed().is_empty());
}

#[test]
fn the_secret_arrives_as_it_is_without_a_newline_and_the_pipe_is_closed() {
    let Some(daemon) = vault("secret out=OK report=%1 wait") else {
        return;
    };
    let long = "Пароль \"'\\ ".repeat(100);
    for (name, secret) in [
        ("plain", SECRET),
        ("spaces", "  two  "),
        ("long", long.as_str()),
    ] {
        let report = daemon.out(name);
        daemon
            .launchctl(&["startWithSecret", "vault", name, &report, secret])
            .ok();
        assert_eq!(Report::read(report.as_ref()).secret(), Some(secret));
    }
}

#[test]
fn launchctl_takes_the_secret_from_standard_input() {
    let Some(daemon) = vault("secret out=OK report=%1 wait") else {
        return;
    };
    let report = daemon.out("stdin");
    let arguments = ["start", "--secret-stdin", "vault", "one", report.as_str()];
    daemon.launchctl_with_input(&arguments, b"tell nobody").ok();
    assert_eq!(Report::read(report.as_ref()).secret(), Some("tell nobody"));
}

#[test]
fn the_secret_is_in_no_command_line_no_environment_no_info_no_list_no_log_and_no_state() {
    let Some(daemon) = vault("secret out=OK report=%1 wait") else {
        return;
    };
    // Other tests have the other one in their arguments.
    let secret = format!("{SECRET} {}", std::process::id());
    let report = daemon.out("report");
    let call = json!({
        "class": "vault", "instance": "one", "arguments": [report], "secret": secret
    });
    daemon.call("Start", call).unwrap();
    let found = Report::read(report.as_ref());
    assert_eq!(found.secret(), Some(secret.as_str()));
    let but_secret = found.text().replacen(&secret, "", 1);
    assert!(!but_secret.contains(&secret), "{but_secret}");
    assert_eq!(daemon.places_that_show(&secret, "vault", "one"), [""; 0]);
    daemon.words_of_processes_are_found();
}

#[test]
fn a_secret_that_fails_is_in_no_log_and_no_error() {
    let Some(daemon) = vault("secret out=NO wait") else {
        return;
    };
    let error = start(&daemon, SECRET).unwrap_err();
    assert!(!error.parameters.to_string().contains(SECRET), "{error:?}");
    assert!(!daemon.log().contains(SECRET), "{}", daemon.log());
}

#[test]
fn a_malformed_call_with_a_secret_is_not_logged() {
    let Some(daemon) = vault("secret out=OK wait") else {
        return;
    };
    let call = json!({ "class": 5, "instance": "one", "secret": SECRET });
    let error = daemon.call("Start", call).unwrap_err();
    assert!(!error.parameters.to_string().contains(SECRET), "{error:?}");
    assert!(!daemon.log().contains(SECRET), "{}", daemon.log());
}

#[test]
fn a_class_may_say_that_its_program_does_not_answer() {
    let Some(daemon) = vault("wait") else { return };
    let report = daemon.out("quiet");
    let class = Class::stand_in(&daemon, "quiet", &format!("secret report={report} wait"));
    daemon.register(&class.set("credentials", 1).set("secret-reply", "none"));
    daemon
        .launchctl(&["startWithSecret", "quiet", "one", SECRET])
        .ok();
    assert_eq!(Report::read(report.as_ref()).secret(), Some(SECRET));
}

#[test]
fn a_start_that_waits_for_an_answer_delays_nobody() {
    let Some(daemon) = vault("secret wait") else {
        return;
    };
    let mut hanging = daemon.connect();
    let parameters = json!({ "class": "vault", "instance": "one", "secret": SECRET });
    let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
    hanging.send_message(&call).unwrap();
    let before = Instant::now();
    daemon.call("List", json!({})).unwrap();
    assert!(
        before.elapsed() < Duration::from_millis(900),
        "{:?}",
        before.elapsed()
    );
    assert_eq!(
        hanging.reply().unwrap().unwrap_err().short_name(),
        "SecretTimeout"
    );
}
