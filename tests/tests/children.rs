//! What an instance starts with: the identity, groups and limits of its
//! caller, a clean environment, three descriptors, default signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;

use fslaunch_tests::{
    Account, Class, Daemon, Need, Report, lacking, processes, run_with_deadline, until,
};
use serde_json::json;

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().start())
}

#[test]
fn an_instance_runs_as_its_caller_with_the_caller_s_groups() {
    let Some(daemon) = launcher() else { return };
    let report = daemon.out("report");
    daemon.register(&Class::stand_in(&daemon, "echo", "report=%1 wait").for_everyone());
    let alice = Account::alice().with_groups(&[4242, 4243]);
    daemon
        .launchctl_as(&alice, &["start", "echo", "one", &report])
        .ok();
    let report = Report::read(report.as_ref());
    assert_eq!(report.uids(), [alice.uid; 4]);
    assert_eq!(report.gids(), [alice.gid; 4]);
    assert_eq!(report.groups(), [4242, 4243]);
    for capabilities in ["CapPrm", "CapEff", "CapAmb", "CapInh"] {
        assert_eq!(
            report.status(capabilities),
            "0000000000000000",
            "{capabilities}"
        );
    }
}

#[test]
fn an_instance_has_the_limits_of_its_caller() {
    let Some(daemon) = launcher() else { return };
    let report = daemon.out("report");
    daemon.register(&Class::stand_in(&daemon, "echo", "report=%1 wait").for_everyone());
    let mut command = Account::alice().command("prlimit");
    command
        .args(["--nofile=123:456", "--core=0:0"])
        .arg(daemon.program("launchctl"));
    command.arg("--socket").arg(daemon.socket());
    run_with_deadline(command.args(["start", "echo", "one", &report]), b"").ok();
    let report = Report::read(report.as_ref());
    assert_eq!(report.limit("Max open files"), "123 456");
    assert_eq!(report.limit("Max core file size"), "0 0");
}

#[test]
fn a_class_may_name_the_account_that_its_instances_run_as() {
    if lacking(&[Need::Root]) {
        return;
    }
    let config = "local-service = \"daemon\"\nnetwork-service = \"bin\"\n";
    let daemon = Daemon::system().config(config).start();
    for (run_as, account) in [
        ("LocalSystem", "root"),
        ("LocalService", "daemon"),
        ("NetworkService", "bin"),
    ] {
        let report = daemon.out(run_as);
        let class = Class::stand_in(&daemon, "fixed", &format!("report={report} wait"));
        daemon.register(&class.set("run-as", run_as));
        daemon.launchctl(&["start", "fixed", run_as]).ok();
        let account = Account::named(account);
        assert_eq!(
            Report::read(report.as_ref()).uids(),
            [account.uid; 4],
            "{run_as}"
        );
        assert_eq!(
            daemon.info("fixed", run_as)["instance"]["run_as"],
            account.name.as_str()
        );
    }
}

#[test]
fn an_account_that_a_class_names_and_that_is_none_is_refused() {
    let Some(daemon) = launcher() else { return };
    for run_as in ["Somebody", "LocalService", ""] {
        let class = Class::stand_in(&daemon, "fixed", "wait").set("run-as", run_as);
        daemon.register(&class);
        let target = json!({ "class": "fixed", "instance": "one" });
        let error = daemon.call("Start", target).unwrap_err();
        assert_eq!(error.short_name(), "RunAsRefused", "{run_as}: {error:?}");
        assert_eq!(error.parameters["code"], 5);
    }
}

#[test]
fn an_instance_gets_a_clean_environment() {
    if lacking(&[Need::Root]) {
        return;
    }
    let leaky = Daemon::system().environment("LAUNCHER_SECRET", "hunter2");
    let daemon = leaky.environment("LD_LIBRARY_PATH", "/tmp").start();
    let report = daemon.out("report");
    daemon.register(&Class::stand_in(&daemon, "echo", "report=%1 wait").for_everyone());
    daemon
        .launchctl_as(&Account::alice(), &["start", "echo", "one", &report])
        .ok();
    let report = Report::read(report.as_ref());
    for name in report.environment_names() {
        let known = [
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "SHELL",
            "LANG",
            "NOTIFY_SOCKET",
        ];
        let known = known.contains(&name) || name.starts_with("FSLAUNCH_INSTANCE");
        assert!(
            known || name == "FSLAUNCH_CLASS",
            "{name} in the environment"
        );
    }
    assert_eq!(
        report.environment("USER"),
        Some(Account::alice().name.as_str())
    );
    assert!(!report.text().contains("hunter2"));
}

#[test]
fn an_instance_inherits_no_descriptor_but_its_three() {
    let Some(daemon) = launcher() else { return };
    // Others are open in the launcher at that moment.
    let _others: Vec<_> = (0..20).map(|_| daemon.connect()).collect();
    let report = daemon.out("report");
    daemon.register(&Class::stand_in(&daemon, "echo", "report=%1 wait"));
    daemon.launchctl(&["start", "echo", "one", &report]).ok();
    let report = Report::read(report.as_ref());
    let numbers: Vec<u32> = report.files().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [0, 1, 2], "{:?}", report.files());
}

#[test]
fn an_instance_starts_with_default_signal_dispositions() {
    let Some(daemon) = launcher() else { return };
    // Not the stand-in: the start of a Rust program changes some.
    let out = daemon.out("status");
    let class = Class::new("copy", "/usr/bin/cp").set("command-line", "/proc/self/status %1");
    daemon.register(&class);
    let _ = daemon.call(
        "Start",
        json!({ "class": "copy", "instance": "one", "arguments": [out] }),
    );
    let line = |name: &str| {
        let text = fs::read_to_string(&out).unwrap_or_default();
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    until("the status is there", || line("SigCgt:").is_some());
    for name in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        assert_eq!(line(name).as_deref(), Some("0000000000000000"), "{name}");
    }
}

#[test]
fn without_control_groups_instances_still_die_with_the_launcher() {
    if lacking(&[Need::Root]) {
        return;
    }
    let hide = "umount -a -l -t cgroup2; exec \"$@\"";
    let through = ["unshare", "--mount", "sh", "-c", hide, "sh"];
    let mut daemon = Daemon::system().through(&through).start();
    daemon.register(&Class::stand_in(&daemon, "tied", "wait"));
    let start = || {
        let target = json!({ "class": "tied", "instance": "one" });
        daemon.call("Start", target).unwrap();
        daemon.instance_pid("tied", "one")
    };
    let pid = start();
    daemon
        .call("Stop", json!({ "class": "tied", "instance": "one" }))
        .unwrap();
    assert!(!processes::runs(pid));
    let pid = start();
    daemon.kill();
    until("its instance has ended", || !processes::runs(pid));
}
