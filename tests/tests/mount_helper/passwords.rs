//! Where a password comes from, and where it never is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use fslaunch_tests::{Class, mounts, run_with_deadline, skipped};
use serde_json::json;

use crate::stage::{Stage, done, failed, stage};
use crate::typing::lacks_terminal;

#[test]
fn name_and_password_come_from_a_file_that_nobody_else_may_read() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault_of_users();
    let text = "username=anna\npassword=open-sesame\n";
    let file = stage.daemon.place().make_file("anna", text, 0o600);
    let options = format!("credentials={}", file.display());
    done(&stage.mount("//vault/one", &at, &options));
    assert_eq!(mounts::at(&at).unwrap().source, "uanna");
    done(&stage.umount(&at));
    done(&stage.mount("//vault/one", &at, &format!("{options},user=bob")));
    assert_eq!(mounts::at(&at).unwrap().source, "ubob");
    done(&stage.umount(&at));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = stage.mount("//vault/one", &at, &options);
    let words = failed(&ran, 1);
    assert!(
        words.contains("chmod 600") && !words.contains("open-sesame"),
        "{words}"
    );
    stage.nothing_is_left(&at);
}

#[test]
fn a_password_is_asked_for_on_the_terminal_and_not_shown() {
    if lacks_terminal() {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    let line = format!("mount -t fslaunch //vault/one {}", at.display());
    let question = r"Password for \\vault\one";
    let ran = stage.at_terminal(&line, question, &["open-sesame"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("open-sesame"), "{ran:?}");
    stage.take_down(&at);
}

#[test]
fn a_secret_is_nowhere_to_be_read_while_an_instance_starts_and_after() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let secret = "hunter2-hunter2";
    let out = stage.daemon.out("goes-on");
    let slow = Class::stand_in(
        &stage.daemon,
        "slow",
        &format!("secret until={out} out=NO -- %1"),
    );
    let slow = slow
        .set("arguments", json!(["mount-point"]))
        .set("credentials", 1);
    stage.daemon.register(&slow);
    let mut mount = Command::new("mount");
    let words = ["-t", "fslaunch", "-o", "credentials=-", "//slow/one"];
    stage.prepare(&mut mount).args(words).arg(&at);
    let running = std::thread::spawn(move || run_with_deadline(&mut mount, secret.as_bytes()));
    stage
        .daemon
        .wait_for_state_or_absent("slow", "one", "starting");
    let shown = stage.daemon.places_that_show(secret, "slow", "one");
    assert_eq!(shown, [""; 0]);
    fs::write(out, "").unwrap();
    let ran = running.join().unwrap();
    assert!(!failed(&ran, 32).contains(secret), "{ran:?}");
    let shown = stage.daemon.places_that_show(secret, "slow", "one");
    assert_eq!(shown, [""; 0]);
    stage.daemon.words_of_processes_are_found();
}

/// Puts a program in the place of one of the system, for this test alone.
fn replace(stage: &Stage, program: &str, script: &str) -> bool {
    let Ok(real) = fs::canonicalize(program) else {
        return false;
    };
    let name = format!("bin/fake-{}", real.file_name().unwrap().to_str().unwrap());
    let fake = stage.daemon.place().make_file(name, script, 0o755);
    let mut bind = Command::new("mount");
    let ran = run_with_deadline(bind.arg("--bind").args([&fake, &real]), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    true
}

/// A pinentry with an answer, which writes down what it is asked.
const PINENTRY: &str = "#!/bin/sh\necho OK\n\
        while read -r line; do printf '%s\\n' \"$line\" >>OUT; case $line in\n\
        GETPIN) echo 'D open%2dsesame'; echo OK;; *) echo OK;; esac; done\n";

#[test]
fn without_a_terminal_pinentry_is_asked_on_a_desktop_and_systemd_s_agents_otherwise() {
    const AGENT: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" >OUT\nprintf open-sesame\n";
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    fs::create_dir_all("/run/systemd/system").unwrap();
    let asked = stage.daemon.out("asked");
    let ways = [
        (
            "DISPLAY=:0",
            "/usr/bin/pinentry",
            PINENTRY,
            r"SETDESC Password for \\vault\one",
        ),
        (
            "DISPLAY=",
            "/usr/bin/systemd-ask-password",
            AGENT,
            r"Password for \\vault\one",
        ),
    ];
    for (display, program, script, question) in ways {
        if !replace(&stage, program, &script.replace("OUT", &asked)) {
            skipped("a password is asked for without a terminal", program);
            continue;
        }
        let words = ["env", display, "mount", "-t", "fslaunch", "//vault/one"];
        let words: Vec<&str> = words.into_iter().chain([at.to_str().unwrap()]).collect();
        done(&stage.run(&words, b""));
        let asked = fs::read_to_string(&asked).unwrap();
        assert!(asked.lines().any(|line| line == question), "{asked}");
        stage.take_down(&at);
    }
}

#[test]
fn launchctl_asks_for_a_secret_at_the_terminal_without_showing_it_and_by_pinentry_without_one() {
    if lacks_terminal() {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    let launchctl = stage.daemon.program("launchctl");
    let launchctl = launchctl.to_str().unwrap();
    let named = format!("mount-point={}", at.display());
    let start = [
        launchctl,
        "start",
        "--ask-secret",
        "-o",
        &named,
        "vault",
        "one",
    ];
    let question = "Secret of vault one: ";
    let ran = stage.at_terminal(&start.join(" "), question, &["open-sesame"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("open-sesame"), "{ran:?}");
    assert_eq!(stage.attempts(), 1);
    stage.take_down(&at);
    // With nobody to ask, it says so.
    let ran = stage.run(&start, b"");
    assert_eq!(ran.code, 87, "{ran:?}");
    assert!(
        ran.err.contains("nobody to ask") && ran.err.contains("--secret-stdin"),
        "{ran:?}"
    );
    let asked = stage.daemon.out("asked");
    if !replace(
        &stage,
        "/usr/bin/pinentry",
        &PINENTRY.replace("OUT", &asked),
    ) {
        return skipped("launchctl asks for a secret by pinentry", "pinentry");
    }
    let words: Vec<&str> = ["env", "DISPLAY=:0"]
        .iter()
        .chain(&start)
        .copied()
        .collect();
    let ran = stage.run(&words, b"");
    assert_eq!((ran.code, ran.out.as_str()), (0, "OK\n"), "{ran:?}");
    let asked = fs::read_to_string(&asked).unwrap();
    assert!(
        asked
            .lines()
            .any(|line| line == "SETDESC Secret of vault one"),
        "{asked}"
    );
    assert_eq!(stage.attempts(), 2);
    stage.take_down(&at);
}
