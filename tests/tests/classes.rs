//! What callers learn of classes, and what a class may not say.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{Account, Class, Daemon, Need, lacking};
use serde_json::json;

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root, Need::Callers]))
        .then(|| Daemon::system().telling_callers_apart().start())
}

#[test]
fn what_is_wrong_with_the_file_of_a_class_is_told_to_administrators_only() {
    if lacking(&[Need::Linux("classes are no files elsewhere")]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let wrong = [
        "executable = \"/bin/true\"\ncommand-line = \"--password=hunter2\nready =\n",
        "executable = \"/bin/true\"\nready = \"hunter2\"\n",
        "executable = \"/bin/true\"\nhunter2 = 1\n",
        "executable = \"/bin/true\"\nsecurity = \"D:(XX;hunter2)\"\n",
        "executable = \"/bin/true\"\ncommand-line = \"%hunter2\"\n",
    ];
    for text in wrong {
        daemon.register(&Class::from_text("broken", text));
        let ran = daemon.launchctl_as(&Account::alice(), &["start", "broken", "one"]);
        assert_ne!(ran.code, 0, "{text}: {ran:?}");
        let told = ran.out + &ran.err;
        assert!(told.contains("broken"), "{text}: {told}");
        let folder = daemon.place().path().to_str().unwrap();
        for secret in ["hunter2", folder, ".toml", "line"] {
            assert!(!told.contains(secret), "{text}: {told}");
        }
    }
    daemon.register(&Class::from_text("broken", wrong[0]));
    let ran = daemon.launchctl(&["start", "broken", "one"]);
    assert!(ran.out.contains("line 2"), "{ran:?}");
    let listed = daemon.launchctl(&["--json", "classes"]).json();
    assert!(listed.to_string().contains("line 2"), "{listed}");
}

#[test]
fn what_is_wrong_with_a_value_of_a_class_is_told_to_administrators_only() {
    let Some(daemon) = launcher() else { return };
    let class = || Class::new("broken", daemon.program("stand-in"));
    for class in [
        class().set("ready", "hunter2"),
        class().set("security", "D:(XX;hunter2)"),
        class().set("command-line", json!(["hunter2"])),
    ] {
        daemon.register(&class);
        let start = ["start", "broken", "one"];
        let ran = daemon.launchctl_as(&Account::alice(), &start);
        assert_ne!(ran.code, 0, "{class:?}: {ran:?}");
        let told = ran.out + &ran.err;
        assert!(told.contains("broken"), "{class:?}: {told}");
        assert!(!told.contains("hunter2"), "{class:?}: {told}");
        let ran = daemon.launchctl(&start);
        assert_ne!(ran.code, 0, "{class:?}: {ran:?}");
        assert!(ran.out.len() > told.len(), "{class:?}: {ran:?} {told}");
    }
}

#[test]
fn only_instances_that_a_caller_may_query_are_counted_for_it() {
    if lacking(&[Need::TwoUsers]) {
        return;
    }
    let Some(daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "echo", "wait");
    daemon.register(&class.set("security", "D:P(A;;RP;;;WD)(A;;RPWPLC;;;BA)"));
    let (alice, bob) = (Account::alice(), Account::bob());
    daemon.launchctl_as(&alice, &["start", "echo", "a"]).ok();
    for name in ["b", "c"] {
        daemon.launchctl_as(&bob, &["start", "echo", name]).ok();
    }
    let counted = |ran: fslaunch_tests::Ran| {
        let listed = ran.json();
        let classes = listed["classes"].as_array().or(listed.as_array());
        let classes = classes.expect("a list of classes");
        classes[0]["instances"].as_u64().expect("a number")
    };
    let classes = ["--json", "classes"];
    assert_eq!(counted(daemon.launchctl_as(&alice, &classes)), 1);
    assert_eq!(counted(daemon.launchctl_as(&bob, &classes)), 2);
    assert_eq!(counted(daemon.launchctl(&classes)), 3);
}

#[test]
fn a_class_with_a_fixed_account_may_not_write_standard_error_to_the_caller_s_folder() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let account = format!("local-service = \"{}\"\n", Account::bob().name);
    let daemon = Daemon::system()
        .config(&account)
        .telling_callers_apart()
        .start();
    for file in ["%P/log", "/%P/x%1"] {
        let class = Class::stand_in(&daemon, "fixed", "err=written wait");
        let class = class
            .set("run-as", "LocalService")
            .set("mount-point", "none");
        daemon.register(&class.set("stderr", file).for_everyone());
        let start = ["start", "fixed", "one", "x"];
        let ran = daemon.launchctl_as(&Account::alice(), &start);
        assert!(ran.out.contains("%P"), "{file}: {ran:?}");
        let call = json!({ "class": "fixed", "instance": "one", "arguments": ["x"] });
        let error = daemon.call("Start", call).unwrap_err();
        assert_eq!(error.short_name(), "ClassUnusable", "{file}");
        assert!(daemon.listed().is_empty());
    }
}
