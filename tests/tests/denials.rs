//! Who may do what. Callers are real processes of other users.

use fslaunch_tests::{Account, Class, Daemon, Need, lacking};

/// A launcher and an ordinary user.
fn stage() -> Option<(Daemon, Account)> {
    if lacking(&[Need::Root, Need::Callers]) {
        return None;
    }
    let daemon = Daemon::system().telling_callers_apart().start();
    Some((daemon, Account::alice()))
}

/// The same, and another ordinary user.
fn stage_of_two() -> Option<(Daemon, Account, Account)> {
    if lacking(&[Need::TwoUsers]) {
        return None;
    }
    stage().map(|(daemon, alice)| (daemon, alice, Account::bob()))
}

fn class(daemon: &Daemon, security: &str) -> Class {
    Class::stand_in(daemon, "guarded", "wait").set("security", security)
}

#[test]
fn without_a_descriptor_only_administrators_may_start() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    daemon.register(&Class::stand_in(&daemon, "default", "wait"));
    let ran = daemon.launchctl_as(&alice, &["start", "default", "one"]);
    assert!(ran.ko(5).contains("default"), "{ran:?}");
    daemon.launchctl(&["start", "default", "one"]).ok();
}

#[test]
fn a_caller_without_rp_can_not_start_and_the_right_is_named() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;WPLC;;;WD)(A;;RPWPLC;;;SY)"));
    let ran = daemon.launchctl_as(&alice, &["start", "guarded", "one"]);
    let cause = ran.ko(5);
    assert!(
        cause.contains("start") && cause.contains("guarded"),
        "{cause}"
    );
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_caller_without_wp_can_not_stop_the_instance_of_another() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;RPLC;;;WD)"));
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    let ran = daemon.launchctl_as(&bob, &["stop", "guarded", "one"]);
    assert!(ran.ko(5).contains("stop"), "{ran:?}");
    assert_eq!(daemon.listed().len(), 1);
    daemon
        .launchctl_as(&alice, &["stop", "guarded", "one"])
        .ok();
}

#[test]
fn a_caller_without_wp_can_not_dismiss_the_failure_of_another() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    let brief = Class::stand_in(&daemon, "brief", "pause=50 exit=1");
    daemon.register(&brief.set("security", "D:P(A;;RPLC;;;WD)"));
    daemon.launchctl_as(&alice, &["start", "brief", "one"]).ok();
    daemon.wait_for_state("brief", "one", "failed");
    let ran = daemon.launchctl_as(&bob, &["stop", "brief", "one"]);
    assert!(ran.ko(5).contains("stop"), "{ran:?}");
    assert_eq!(daemon.listed().len(), 1);
    daemon.launchctl_as(&alice, &["stop", "brief", "one"]).ok();
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_caller_with_wp_can_stop_the_instance_of_another() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;RPWP;;;WD)"));
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    daemon.launchctl_as(&bob, &["stop", "guarded", "one"]).ok();
}

#[test]
fn a_caller_without_lc_neither_queries_nor_sees_the_instance_of_another() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;RPWP;;;WD)"));
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    daemon.launchctl_as(&bob, &["info", "guarded", "one"]).ko(5);
    assert_eq!(daemon.launchctl_as(&bob, &["list"]).out, "OK\n");
    assert_eq!(
        daemon.launchctl_as(&alice, &["list"]).ok(),
        ["guarded one", ""]
    );
}

#[test]
fn whoever_starts_an_instance_may_stop_and_query_it_without_any_right_on_the_class() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;RP;;;WD)"));
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    daemon.launchctl_as(&bob, &["stop", "guarded", "one"]).ko(5);
    daemon.launchctl_as(&bob, &["info", "guarded", "one"]).ko(5);
    daemon
        .launchctl_as(&alice, &["info", "guarded", "one"])
        .ok();
    daemon
        .launchctl_as(&alice, &["stop", "guarded", "one"])
        .ok();
}

#[test]
fn the_right_to_start_again_is_not_given_to_the_starter() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    let only_alice = format!("D:P(A;;RP;;;{})", alice.sid());
    daemon.register(&class(&daemon, &only_alice));
    daemon
        .launchctl_as(&bob, &["start", "guarded", "one"])
        .ko(5);
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    daemon
        .launchctl_as(&bob, &["start", "guarded", "two"])
        .ko(5);
}

#[test]
fn a_denying_entry_before_an_allowing_one_wins() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    let security = format!("D:P(D;;RP;;;{})(A;;RPWPLC;;;WD)", bob.sid());
    daemon.register(&class(&daemon, &security));
    daemon
        .launchctl_as(&bob, &["start", "guarded", "one"])
        .ko(5);
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
}

#[test]
fn a_class_is_listed_for_those_who_have_any_right_on_it() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    daemon.register(&Class::stand_in(&daemon, "hidden", "wait"));
    daemon.register(&Class::stand_in(&daemon, "shown", "wait").set("security", "D:(A;;LC;;;WD)"));
    let ran = daemon.launchctl_as(&alice, &["classes"]);
    assert!(
        ran.out.contains("shown") && !ran.out.contains("hidden"),
        "{ran:?}"
    );
    let ran = daemon.launchctl(&["classes"]);
    assert!(
        ran.out.contains("shown") && ran.out.contains("hidden"),
        "{ran:?}"
    );
}

#[test]
fn output_is_for_the_starter_and_administrators_only() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    let words = "out=whispered err=murmured wait";
    daemon.register(&Class::stand_in(&daemon, "talker", words).for_everyone());
    daemon
        .launchctl_as(&alice, &["start", "talker", "one"])
        .ok();
    fslaunch_tests::until("the output is there", || {
        daemon.info("talker", "one")["output"]
            .as_str()
            .is_some_and(|text| text.contains("whispered") && text.contains("murmured"))
    });
    let info = |who: &Account| {
        let ran = daemon.launchctl_as(who, &["--json", "info", "talker", "one"]);
        ran.json()["output"].clone()
    };
    assert!(
        info(&alice)
            .as_str()
            .is_some_and(|text| text.contains("whispered"))
    );
    assert!(info(&bob).is_null());
}

#[test]
fn a_setting_restores_the_full_list_of_the_original() {
    if lacking(&[Need::Root, Need::Callers, Need::TwoUsers]) {
        return;
    }
    let daemon = Daemon::system()
        .config("list-all = true\n")
        .telling_callers_apart()
        .start();
    daemon.register(&class(&daemon, "D:P(A;;RP;;;WD)"));
    daemon
        .launchctl_as(&Account::alice(), &["start", "guarded", "one"])
        .ok();
    assert_eq!(
        daemon.launchctl_as(&Account::bob(), &["list"]).ok(),
        ["guarded one", ""]
    );
}

#[test]
fn a_refused_caller_learns_nothing_about_whether_an_instance_runs() {
    let Some((daemon, alice, bob)) = stage_of_two() else {
        return;
    };
    let only_alice = format!("D:P(A;;RPWPLC;;;{})", alice.sid());
    daemon.register(&class(&daemon, &only_alice));
    let before = daemon.launchctl_as(&bob, &["start", "guarded", "one"]);
    daemon
        .launchctl_as(&alice, &["start", "guarded", "one"])
        .ok();
    let after = daemon.launchctl_as(&bob, &["start", "guarded", "one"]);
    assert_eq!((before.out, before.code), (after.out, after.code));
}

#[test]
fn a_descriptor_that_does_not_parse_has_its_number_for_everybody_and_its_text_for_administrators() {
    let Some((daemon, alice)) = stage() else {
        return;
    };
    daemon.register(&class(&daemon, "D:P(A;;RPXX;;;WD)"));
    let ran = daemon.launchctl_as(&alice, &["start", "guarded", "one"]);
    let cause = ran.ko(1338);
    assert!(cause.contains("administrator"), "{cause}");
    assert!(!cause.contains("RPXX"), "{cause}");
    let ran = daemon.launchctl(&["start", "guarded", "one"]);
    assert!(!ran.ko(1338).contains("an administrator sees"), "{ran:?}");
    daemon.register(&Class::unusable("broken"));
    let ran = daemon.launchctl_as(&alice, &["start", "broken", "one"]);
    assert!(ran.ko(2).contains("administrator"), "{ran:?}");
}
