//! The launcher of one user, who is not root.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use fslaunch_tests::{
    Account, Class, Daemon, Need, Report, lacking, mounts, processes, run_with_deadline,
};

/// A launcher run by an ordinary user, and that user.
fn launcher() -> Option<(Daemon, Account)> {
    if lacking(&[Need::Root]) {
        return None;
    }
    let alice = Account::alice();
    let daemon = Daemon::user(&alice).start();
    Some((daemon, alice))
}

/// Registers a class as the user would: the file is theirs.
fn register(daemon: &Daemon, owner: &Account, class: &Class) {
    daemon.register(class);
    chown(
        daemon.class_file(class.name()),
        Some(owner.uid),
        Some(owner.gid),
    )
    .unwrap();
}

#[test]
fn the_user_starts_describes_and_stops_without_root() {
    let Some((daemon, alice)) = launcher() else {
        return;
    };
    let report = daemon.out("report");
    let template = format!("report={report} wait");
    register(
        &daemon,
        &alice,
        &Class::stand_in(&daemon, "echo", &template),
    );
    daemon.launchctl_as(&alice, &["start", "echo", "one"]).ok();
    let report = Report::read(report.as_ref());
    assert_eq!(report.uids(), [alice.uid; 4]);
    assert_eq!(
        daemon.launchctl_as(&alice, &["list"]).ok(),
        ["echo one", ""]
    );
    daemon.launchctl_as(&alice, &["stop", "echo", "one"]).ok();
    assert!(!processes::runs(report.pid()));
}

#[test]
fn the_user_mounts_a_file_system() {
    if lacking(&[Need::Root, Need::Fuse]) {
        return;
    }
    let Some((daemon, alice)) = launcher() else {
        return;
    };
    let class = Class::new("memfs64", daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2");
    register(&daemon, &alice, &class);
    let at = daemon.place().make_folder_of("mnt", &alice);
    let start = [
        "start",
        "memfs64",
        "share",
        r"\memfs64\share",
        at.to_str().unwrap(),
    ];
    daemon.launchctl_as(&alice, &start).ok();
    let mut write = alice.command("sh");
    let ran = run_with_deadline(
        write.args(["-ec", "echo x >$1/f; cat $1/f", "sh"]).arg(&at),
        b"",
    );
    assert_eq!(ran.out, "x\n", "{ran:?}");
    daemon
        .launchctl_as(&alice, &["stop", "memfs64", "share"])
        .ok();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn another_user_is_denied() {
    let Some((daemon, alice)) = launcher() else {
        return;
    };
    register(&daemon, &alice, &Class::stand_in(&daemon, "echo", "wait"));
    daemon.launchctl_as(&alice, &["start", "echo", "one"]).ok();
    let bob = Account::bob();
    for arguments in [
        &["start", "echo", "two"],
        &["stop", "echo", "one"],
        &["info", "echo", "one"],
    ] {
        let ran = daemon.launchctl_as(&bob, arguments);
        assert_ne!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(
        daemon.launchctl_as(&alice, &["list"]).ok(),
        ["echo one", ""]
    );
}

#[test]
fn a_launcher_of_a_user_runs_nothing_as_somebody_else() {
    let Some((daemon, alice)) = launcher() else {
        return;
    };
    for run_as in ["root", "LocalSystem", "LocalService"] {
        let class = Class::stand_in(&daemon, "other", "wait").set("run-as", run_as);
        register(&daemon, &alice, &class);
        let ran = daemon.launchctl_as(&alice, &["start", "other", "one"]);
        assert_ne!(ran.code, 0, "{run_as}: {ran:?}");
        let stand_in = daemon.program("stand-in");
        let children = processes::children(daemon.pid()).into_iter();
        let programs: Vec<_> = children.filter_map(processes::executable).collect();
        assert!(!programs.contains(&stand_in), "{programs:?}");
    }
}

#[test]
fn without_options_the_user_s_own_folders_are_used() {
    if lacking(&[Need::Root]) {
        return;
    }
    let alice = Account::alice();
    let daemon = Daemon::user(&alice).with_default_folders().start();
    let home = daemon.place().path().join("home");
    let classes = home.join(".config/fslaunch/services.d");
    let program = daemon.program("stand-in");
    let class = format!("executable = {program:?}\ncommand-line = \"wait\"\n");
    let mut write = alice.command("sh");
    let script = "mkdir -p \"$1\" && cat >\"$1/echo.toml\"";
    let wrote = run_with_deadline(
        write.args(["-ec", script, "sh"]).arg(&classes),
        class.as_bytes(),
    );
    assert_eq!(wrote.code, 0, "{wrote:?}");
    daemon.launchctl_as(&alice, &["start", "echo", "one"]).ok();
    let socket = daemon
        .place()
        .path()
        .join("runtime/fslaunch/org.fslaunch.Launcher");
    assert_eq!(socket, daemon.socket());
    assert_eq!(fs::metadata(&socket).unwrap().uid(), alice.uid);
}

#[test]
fn the_folder_of_the_state_is_for_the_user_only() {
    let Some((daemon, alice)) = launcher() else {
        return;
    };
    register(
        &daemon,
        &alice,
        &Class::stand_in(&daemon, "free", "wait").set("job-control", false),
    );
    daemon.launchctl_as(&alice, &["start", "free", "one"]).ok();
    let state = fs::metadata(daemon.place().path().join("state")).unwrap();
    assert_eq!(
        (state.uid(), state.permissions().mode() & 0o077),
        (alice.uid, 0)
    );
    daemon.launchctl_as(&alice, &["stop", "free", "one"]).ok();
}

#[test]
fn an_ordinary_user_can_not_be_the_launcher_of_the_system() {
    if lacking(&[Need::Root]) {
        return;
    }
    let place = fslaunch_tests::Place::new();
    let ran = Daemon::user(&Account::alice()).as_system().run_in(&place);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("root"), "{ran:?}");
}
