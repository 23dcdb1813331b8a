//! What an ordinary caller is refused on the pipe of clients of WinFsp, as
//! bytes and through launchctl.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;

use fslaunch_tests::{Account, Class, Daemon, Need, lacking, parts, processes, until};

/// A SID that is nobody's here.
const ANOTHER: &str = "S-1-5-21-11-12-13-1014";

/// A launcher that knows its callers, a class for everybody and one that only
/// administrators may start; and an ordinary user.
fn stage() -> Option<(Daemon, Account)> {
    if lacking(&[Need::Root, Need::Callers]) {
        return None;
    }
    let daemon = Daemon::system()
        .telling_callers_apart()
        .leaving_survivors()
        .start();
    daemon.register(&Class::stand_in(&daemon, "open", "wait").for_everyone());
    let guarded = Class::stand_in(&daemon, "guarded", "wait").set("job-control", false);
    daemon.register(&guarded);
    Some((daemon, Account::alice()))
}

/// Starts an instance that is another user's: there is only one here, so the
/// launcher is told by what it remembers of it.
fn of_another(daemon: &mut Daemon, alice: &Account) -> u32 {
    daemon.launchctl(&["start", "guarded", "one"]).ok();
    let pid = daemon.instance_pid("guarded", "one");
    daemon.kill();
    let folder = daemon.place().path().join("state/instances");
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut records = files.filter(|file| file.file_name().unwrap() != "lock");
    let record = records.next().unwrap();
    let text = fs::read_to_string(&record).unwrap();
    assert!(text.contains(&alice.sid()), "{text}");
    fs::write(&record, text.replace(&alice.sid(), ANOTHER)).unwrap();
    daemon.restart();
    pid
}

#[test]
fn a_caller_without_rp_can_not_start() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    assert_eq!(daemon.message_as(&alice, "Sguarded|one|"), "!5|");
    let words = ["start", "guarded", "one"];
    daemon.launchctl_of_winfsp_as(&alice, &words).ko(5);
    assert!(daemon.listed().is_empty());
    assert_eq!(daemon.message_as(&alice, "Sopen|one|"), "$");
    assert_eq!(daemon.message_as(&alice, "Topen|one|"), "$");
    until("it is gone", || daemon.listed().is_empty());
}

#[test]
fn the_instance_of_another_is_neither_stopped_nor_described_nor_listed() {
    let Some((mut daemon, alice)) = stage() else {
        return;
    };
    let pid = of_another(&mut daemon, &alice);
    for message in ["Tguarded|one|", "Iguarded|one|"] {
        assert_eq!(daemon.message_as(&alice, message), "!5|", "{message}");
    }
    for verb in ["stop", "info"] {
        let words = [verb, "guarded", "one"];
        daemon.launchctl_of_winfsp_as(&alice, &words).ko(5);
    }
    assert!(processes::runs(pid));
    // Its own it sees, and no other.
    assert_eq!(daemon.message_as(&alice, "L"), "$");
    assert_eq!(daemon.message_as(&alice, "Sopen|own|"), "$");
    assert_eq!(daemon.message_as(&alice, "L"), "$open|own|");
    let all = daemon.message("L").unwrap();
    assert_eq!(parts(&all), ["guarded", "one", "open", "own"]);
    assert_eq!(daemon.message_as(&alice, "Topen|own|"), "$");
    assert_eq!(daemon.message("Tguarded|one|").as_deref(), Some("$"));
    until("both are gone", || daemon.listed().is_empty());
}

#[test]
fn a_record_that_can_not_be_used_has_the_same_number_for_everybody() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    let class = Class::stand_in(&daemon, "insecure", "wait").set("security", "D:P(A;;RPXX;;;WD)");
    daemon.register(&class);
    daemon.register(&Class::unusable("broken"));
    for (message, reply) in [("Sinsecure|one|", "!1338|"), ("Sbroken|one|", "!2|")] {
        assert_eq!(daemon.message_as(&alice, message), reply);
        assert_eq!(daemon.message(message).as_deref(), Some(reply));
    }
}

#[test]
fn who_is_neither_the_system_nor_a_service_defines_and_removes_no_drive_letter() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    for message in [r"D+X:|\Device\a|", r"D-X:|\Device\a|", "D-X:|"] {
        assert_eq!(daemon.message_as(&alice, message), "!5|", "{message}");
    }
    for message in [r"D+x:|\Device\a|", r"D+XY|\Device\a|", r"D*X:|\Device\a|"] {
        assert_eq!(daemon.message_as(&alice, message), "!87|", "{message}");
    }
    assert!(!fs::exists(r"X:\").unwrap_or(false));
}
