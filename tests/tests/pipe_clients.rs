//! Programs that existing file systems bring along, which talk to the pipe
//! themselves (service classes specification, "Clients").
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Class, Daemon, Need, Report, lacking, parts, until};

/// The class that such a client starts.
fn launcher(words: &str) -> Option<Daemon> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let daemon = Daemon::system().start();
    let template = "mount %1 --config-file=%2 -o uid=%3,gid=%4 --passphrase=%5 --foreground=true";
    let template = format!("{words} -- {template}");
    daemon.register(&Class::stand_in(&daemon, "cloudfuse", &template).for_everyone());
    Some(daemon)
}

#[test]
fn a_client_that_sends_five_arguments_and_an_empty_passphrase_is_served() {
    let Some(daemon) = launcher("report=%1.json wait") else {
        return;
    };
    let mount = daemon.out("mount");
    // Each message of that client has one NUL more than it needs.
    let start = format!("Scloudfuse|{mount}|{mount}|C:\\a b.yaml|1001|1002|||");
    assert_eq!(daemon.message(&start).as_deref(), Some("$"));
    let report = Report::read(format!("{mount}.json").as_ref());
    let expected = [
        "mount",
        &mount,
        "--config-file=C:\\a b.yaml",
        "-o",
        "uid=1001,gid=1002",
        "--passphrase=",
        "--foreground=true",
    ];
    assert_eq!(report.words(), expected);
    let listed = daemon.message("L||").unwrap();
    assert_eq!(parts(&listed), ["cloudfuse", &mount]);
    // And with a part that nobody asks for.
    let stop = format!("Tcloudfuse|{mount}|{mount}||");
    assert_eq!(daemon.message(&stop).as_deref(), Some("$"));
    until("it is gone", || {
        daemon.message("L||").as_deref() == Some("$")
    });
}

#[test]
fn a_client_that_lists_and_asks_for_each_gets_three_texts() {
    let Some(daemon) = launcher("wait") else {
        return;
    };
    for name in ["a", "b c"] {
        let start = format!("Scloudfuse|{name}|{name}|f|1|2||");
        assert_eq!(daemon.message(&start).as_deref(), Some("$"));
    }
    let listed = daemon.message("L").unwrap();
    let names = parts(&listed);
    assert_eq!(names, ["cloudfuse", "a", "cloudfuse", "b c"]);
    for pair in names.chunks(2) {
        let info = daemon
            .message(&format!("I{}|{}|", pair[0], pair[1]))
            .unwrap();
        let [class, instance, line] = parts(&info)[..] else {
            panic!("three texts: {info}");
        };
        assert_eq!([class, instance], pair);
        assert!(line.contains("--config-file"), "{line}");
    }
}
