//! What the original launcher answers to clients of WinFsp, case by case
//! (compatibility specification): through launchctl, and as bytes.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::time::{Duration, Instant};

use fslaunch_tests::{
    Class, Daemon, Messages, Need, PlainInstance, Report, lacking, parts, processes, until,
};

/// The longest reply to a client of WinFsp.
const LONGEST: usize = 4096;

/// A launcher with a class that waits, and one that wants the secret `right`.
fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait").for_everyone());
    let vault = Class::stand_in(&daemon, "vault", "secret answer-if=right wait");
    let vault = vault.set("credentials", 1).set("secret-timeout", 10);
    daemon.register(&vault.for_everyone());
    Some(daemon)
}

/// What launchctl prints and ends with, as a client of either interface.
#[track_caller]
fn both(daemon: &Daemon, words: &[&str], check: impl Fn(&fslaunch_tests::Ran)) {
    check(&daemon.launchctl(words));
    check(&daemon.launchctl_of_winfsp(words));
}

#[test]
fn success_is_ok_and_what_was_asked_for() {
    let Some(daemon) = launcher() else { return };
    both(&daemon, &["list"], |ran| assert!(ran.ok().is_empty()));
    let old = |words: &[&str]| daemon.launchctl_of_winfsp(words);
    old(&["start", "echo", "one"]).ok();
    old(&["startWithSecret", "vault", "Two", "right"]).ok();
    both(&daemon, &["list"], |ran| {
        assert_eq!(ran.ok(), ["echo one", "vault Two", ""]);
    });
    both(&daemon, &["info", "ECHO", "ONE"], |ran| {
        let lines = ran.ok();
        assert_eq!(lines[0], "echo one");
        assert!(lines[1].ends_with("stand-in.exe\" wait"), "{lines:?}");
    });
    old(&["stop", "echo", "one"]).ok();
    old(&["stop", "vault", "two"]).ok();
    until("both are gone", || daemon.listed().is_empty());
}

#[test]
fn failures_have_the_original_s_number_and_an_exit_code_that_says_so() {
    let Some(daemon) = launcher() else { return };
    let denied = Class::stand_in(&daemon, "denied", "wait").set("security", "D:P(D;;RP;;;WD)");
    daemon.register(&denied);
    let nobody = Class::stand_in(&daemon, "nobody", "wait").set("run-as", "Nobody");
    daemon.register(&nobody.for_everyone());
    daemon.register(&Class::new("missing", daemon.program("no-such-program")));
    daemon.register(&Class::unusable("number"));
    let text = Class::stand_in(&daemon, "text", "wait").set("job-control", "1");
    daemon.register(&text);
    let silent = Class::stand_in(&daemon, "silent", "wait").set("credentials", 1);
    daemon.register(&silent.set("secret-timeout", 1));
    daemon.launchctl(&["start", "echo", "Existing"]).ok();
    let long = "x".repeat(300);
    for (words, code) in [
        (&["start", "unknown", "one"][..], 2),
        (&["stop", "echo", "unknown"], 2),
        (&["info", "echo", "unknown"], 2),
        (&["start", "missing", "one"], 2),
        (&["start", "number", "one"], 2),
        // The original says 234.
        (&["start", "text", "one"], 2),
        (&["start", "ECHO", "EXISTING"], 183),
        (&["start", &long, "one"], 87),
        (&["start", "vault", "one"], 87),
        (&["startWithSecret", "echo", "one", "right"], 87),
        (&["startWithSecret", "vault", "one", ""], 87),
        (&["startWithSecret", "vault", "one", "wrong"], 5),
        (&["start", "denied", "one"], 5),
        (&["start", "nobody", "one"], 5),
        (&["startWithSecret", "silent", "one", "right"], 1460),
    ] {
        both(&daemon, words, |ran| {
            let first = format!("KO launcher: error {code}");
            assert!(ran.out.starts_with(&first), "{words:?}: {ran:?}");
            assert_ne!(ran.code, 0, "{words:?}: {ran:?}");
        });
    }
    assert_eq!(daemon.listed().len(), 1);
}

#[test]
fn a_class_name_of_three_hundred_characters_is_87_to_a_client_of_winfsp() {
    let Some(daemon) = launcher() else { return };
    let long = "x".repeat(300);
    let reply = daemon.message(&format!("S{long}|one|"));
    assert_eq!(reply.as_deref(), Some("!87|"));
}

#[test]
fn wrong_usage_is_87_on_standard_error() {
    let Some(daemon) = launcher() else { return };
    let too_many = [&["start", "echo", "one"][..], &["x"; 10]].concat();
    for words in [
        &[][..],
        &["strat"],
        &["start", "echo"],
        &["stop", "echo"],
        &["info"],
        &["list", "echo"],
        &["startWithSecret", "vault", "one"],
        &too_many,
    ] {
        both(&daemon, words, |ran| drop(ran.wrong_usage().to_owned()));
    }
}

#[test]
fn no_launcher_is_2_on_standard_error() {
    let Some(mut daemon) = launcher() else { return };
    assert!(daemon.terminate().success());
    both(&daemon, &["list"], |ran| {
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.starts_with("KO CallNamedPipe = 2"), "{ran:?}");
    });
}

#[test]
fn messages_that_are_lists_are_answered_as_such() {
    let Some(daemon) = launcher() else { return };
    for message in ["L", "L|", "Lxyz"] {
        assert_eq!(daemon.message(message).as_deref(), Some("$"), "{message}");
    }
    assert_eq!(daemon.message("Secho|one|").as_deref(), Some("$"));
    for message in ["L", "L|", "Lxyz"] {
        let reply = daemon.message(message).unwrap();
        assert_eq!(parts(&reply), ["echo", "one"], "{message}");
    }
}

#[test]
fn messages_that_are_malformed_are_error_87() {
    let Some(daemon) = launcher() else { return };
    for message in [
        "Z", "S", "Sa|", "Sa|b", "Ta|b", "Xa|b|", "D", "Q|", "I", "|",
    ] {
        let reply = daemon.message(message);
        assert_eq!(reply.as_deref(), Some("!87|"), "{message}");
    }
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_class_without_a_name_is_error_2() {
    let Some(daemon) = launcher() else { return };
    assert_eq!(daemon.message("S||").as_deref(), Some("!2|"));
}

#[test]
fn an_empty_instance_name_is_accepted() {
    let Some(daemon) = launcher() else { return };
    assert_eq!(daemon.message("Secho||").as_deref(), Some("$"));
    assert_eq!(daemon.message("L").as_deref(), Some("$echo||"));
    assert_eq!(daemon.message("Techo||").as_deref(), Some("$"));
}

#[test]
fn surplus_parts_are_ignored() {
    let Some(daemon) = launcher() else { return };
    assert_eq!(daemon.message("Secho|b|").as_deref(), Some("$"));
    assert_eq!(daemon.message("Techo|b|extra|").as_deref(), Some("$"));
    until("it is gone", || daemon.listed().is_empty());
}

#[test]
fn more_than_nine_arguments_are_cut_off() {
    let Some(daemon) = launcher() else { return };
    let report = daemon.out("nine");
    let template = format!("report={report} wait -- %1 %2 %3 %4 %5 %6 %7 %8 %9");
    daemon.register(&Class::stand_in(&daemon, "nine", &template).for_everyone());
    let message = "Snine|one|1|2|3|4|5|6|7|8|9|10|11|";
    assert_eq!(daemon.message(message).as_deref(), Some("$"));
    let words = Report::read(report.as_ref()).words();
    assert_eq!(words, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
}

#[test]
fn an_odd_byte_at_the_end_is_ignored() {
    let Some(daemon) = launcher() else { return };
    let mut connection = Messages::open(&daemon.messages_pipe()).unwrap();
    connection.send_bytes(b"L\0x").unwrap();
    assert_eq!(connection.reply().as_deref(), Some("$"));
}

#[test]
fn messages_too_short_or_too_long_end_in_a_disconnect() {
    let Some(daemon) = launcher() else { return };
    for length in [1, 4097, 4098, 5000, 60_000] {
        let mut connection = Messages::open(&daemon.messages_pipe()).unwrap();
        let message = b"L\0".repeat(length / 2 + 1);
        // The launcher may have hung up before all of it is written.
        let _ = connection.send_bytes(&message[..length]);
        assert_eq!(connection.reply_bytes(), None, "{length} bytes");
        assert_eq!(daemon.message("L").as_deref(), Some("$"), "{length} bytes");
    }
}

#[test]
fn an_empty_message_ends_in_a_disconnect_and_is_not_taken_for_silence() {
    let Some(daemon) = launcher() else { return };
    let asked = Instant::now();
    let reply = Messages::call_with_nothing(&daemon.messages_pipe()).unwrap();
    assert!(reply.is_empty(), "{reply:?}");
    // Who says nothing at all is dropped after five seconds.
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(daemon.message("L").as_deref(), Some("$"));
}

#[test]
fn a_command_line_and_a_descriptor_of_more_than_511_characters_are_whole() {
    let Some(daemon) = launcher() else { return };
    let report = daemon.out("long");
    let word = "w".repeat(3000);
    let template = format!("report={report} wait -- {word} %1");
    // What is cut off would be the right to start, to stop and to query.
    let denied = "(A;;RP;;;S-1-5-21-1-2-3-4)".repeat(40);
    let security = format!("D:P{denied}(A;;RPWPLC;;;WD)");
    let class = Class::stand_in(&daemon, "long", &template);
    daemon.register(&class.set("security", security.as_str()));
    assert_eq!(daemon.message("Slong|one|last|").as_deref(), Some("$"));
    assert_eq!(Report::read(report.as_ref()).words(), [&word, "last"]);
    assert_eq!(daemon.message("Tlong|one|").as_deref(), Some("$"));
}

#[test]
fn a_pipe_that_stays_busy_is_231_on_standard_error() {
    let Some(mut daemon) = launcher() else { return };
    assert!(daemon.terminate().success());
    let pipe = daemon.messages_pipe();
    // One instance, which one client has: nobody else gets in.
    let _server = PlainInstance::new(&pipe).unwrap();
    let _client = Messages::open(&pipe).unwrap();
    let ran = daemon.launchctl_of_winfsp(&["list"]);
    assert_eq!((ran.code, ran.out.as_str()), (231, ""), "{ran:?}");
    assert!(ran.err.starts_with("KO CallNamedPipe = 231"), "{ran:?}");
}

#[test]
fn a_message_of_the_longest_length_is_read() {
    let Some(daemon) = launcher() else { return };
    let message = format!("L{}", "x".repeat(LONGEST / 2 - 1));
    assert_eq!(daemon.message(&message).as_deref(), Some("$"));
}

#[test]
fn the_process_gets_the_command_line_that_the_original_makes() {
    let Some(daemon) = launcher() else { return };
    let report = daemon.out("line");
    let template = format!(r"report={report} wait -- %1 %\/b:_1 %\\_U");
    daemon.register(&Class::stand_in(&daemon, "line", &template).for_everyone());
    let reply = daemon.message(r"Sline|one|\foo\bar\baz|");
    assert_eq!(reply.as_deref(), Some("$"));
    let report = Report::read(report.as_ref());
    let line = report.command_line().unwrap();
    let arguments = line.split_once(" -- ").unwrap().1;
    let (rest, caller) = arguments.rsplit_once(' ').unwrap();
    assert_eq!(rest, r#""\foo\bar\baz" "bar:baz""#);
    // DOMAIN\user, with the separator that was asked for doubled.
    let (domain, user) = caller.trim_matches('"').split_once(r"\\").unwrap();
    assert!(!domain.is_empty() && !user.contains('\\'), "{caller}");
    assert_eq!(
        user.to_lowercase(),
        fslaunch_tests::own_name().to_lowercase()
    );
    let program = daemon.program("stand-in");
    assert!(
        line.starts_with(&format!("\"{}\" ", program.display())),
        "{line}"
    );
    let info = daemon.message("Iline|one|").unwrap();
    assert_eq!(parts(&info), ["line", "one", line]);
}

#[test]
fn info_that_does_not_fit_is_error_122() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "long", "wait -- %1").for_everyone());
    let argument = "y".repeat(1900);
    let message = format!("Slong|one|{argument}|");
    assert_eq!(daemon.message(&message).as_deref(), Some("$"));
    let template = format!("wait -- %1 {}", "z".repeat(300));
    daemon.register(&Class::stand_in(&daemon, "longer", &template).for_everyone());
    let message = format!("Slonger|one|{argument}|");
    assert_eq!(daemon.message(&message).as_deref(), Some("$"));
    assert_eq!(daemon.message("Ilonger|one|").as_deref(), Some("!122|"));
    // The new interface gives it whole.
    let info = daemon.info("longer", "one");
    assert!(info["command_line"].as_str().unwrap().len() > LONGEST / 2);
}

#[test]
fn a_list_that_does_not_fit_is_cut_between_two_instances() {
    let Some(daemon) = launcher() else { return };
    let count = 24;
    for number in 0..count {
        let name = format!("{number:02}{}", "n".repeat(98));
        let reply = daemon.message(&format!("Secho|{name}|"));
        assert_eq!(reply.as_deref(), Some("$"));
    }
    let mut connection = Messages::open(&daemon.messages_pipe()).unwrap();
    connection.send("L").unwrap();
    let bytes = connection.reply_bytes().unwrap();
    assert!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
    let reply = daemon.message("L").unwrap();
    let names = parts(&reply);
    assert_eq!(names.len() % 2, 0, "{names:?}");
    assert!(
        names
            .chunks(2)
            .all(|pair| pair[0] == "echo" && pair[1].len() == 100)
    );
    // Not one more would have fitted.
    assert!(
        bytes.len() + 2 * (5 + 101) > LONGEST,
        "{} bytes",
        bytes.len()
    );
    assert_eq!(daemon.listed().len(), count);
}

#[test]
fn eight_clients_at_once_are_answered_two_hundred_and_fifty_times_each() {
    let Some(daemon) = launcher() else { return };
    assert_eq!(daemon.message("Secho|one|").as_deref(), Some("$"));
    let pipe = daemon.messages_pipe();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..250 {
                    let reply = Messages::call(&pipe, "L");
                    assert_eq!(reply.as_deref(), Some("$echo|one|"));
                }
            });
        }
    });
}

#[test]
fn silent_clients_delay_nobody_and_are_dropped() {
    let Some(daemon) = launcher() else { return };
    let open = || Messages::open(&daemon.messages_pipe()).unwrap();
    let mut silent: Vec<Messages> = (0..40).map(|_| open()).collect();
    let asked = Instant::now();
    assert_eq!(daemon.message("L").as_deref(), Some("$"));
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    for connection in &mut silent {
        assert_eq!(connection.reply_bytes(), None);
    }
    assert!(
        asked.elapsed() < Duration::from_secs(15),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_start_that_waits_for_the_answer_to_its_secret_delays_no_list() {
    let Some(daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "slow", "secret wait").set("credentials", 1);
    daemon.register(&class.set("secret-timeout", 3).for_everyone());
    let mut starting = Messages::open(&daemon.messages_pipe()).unwrap();
    starting.send("Xslow|one|secret|").unwrap();
    daemon.wait_for_state_or_absent("slow", "one", "starting");
    let asked = Instant::now();
    assert!(daemon.message("L").is_some());
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(starting.reply().as_deref(), Some("!1460|"));
    until("it is not left running", || {
        daemon.message("L").as_deref() == Some("$")
    });
}

#[test]
fn an_instance_that_waits_to_be_started_again_runs_for_clients_of_winfsp() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().config("recovery-delay = 60000\n").start();
    let class = Class::stand_in(&daemon, "again", "exit=3").set("recovery", true);
    daemon.register(&class.for_everyone());
    assert_eq!(daemon.message("Sagain|one|").as_deref(), Some("$"));
    until("it waits", || {
        daemon.info("again", "one")["instance"]["pid"].is_null()
    });
    assert_eq!(daemon.message("L").as_deref(), Some("$again|one|"));
    assert_eq!(daemon.message("Sagain|ONE|").as_deref(), Some("!183|"));
    assert_eq!(daemon.message("Tagain|one|").as_deref(), Some("$"));
    assert_eq!(daemon.message("L").as_deref(), Some("$"));
}

#[test]
fn an_instance_of_its_caller_s_is_started_again_as_the_same_account() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().config("recovery-delay = 50\n").start();
    let class = Class::stand_in(&daemon, "own", "wait").set("run-as", ".");
    daemon.register(&class.set("recovery", true).for_everyone());
    daemon.launchctl(&["start", "own", "one"]).ok();
    let before = daemon.info("own", "one")["instance"].take();
    let pid = daemon.instance_pid("own", "one");
    processes::kill(pid);
    until("another process runs", || {
        let after = daemon.info("own", "one")["instance"].take();
        after["state"] == "running" && after["pid"] != before["pid"]
    });
    let after = daemon.info("own", "one")["instance"].take();
    assert_eq!(after["run_as"], before["run_as"]);
    assert_eq!(daemon.message("Town|one|").as_deref(), Some("$"));
    until("it is gone", || daemon.listed().is_empty());
}
