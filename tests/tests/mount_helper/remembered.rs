//! Passwords that are remembered.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use fslaunch_tests::{Account, Need, Ran, lacking, run_with_deadline, skipped};

use crate::mounting::write_and_compare;
use crate::stage::{Stage, done, failed, stage};
use crate::typing::lacks_terminal;

/// Passwords of the tests, in the keyring of root, which outlives them.
struct Remembered<'a>(&'a Stage, String);

impl<'a> Remembered<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self(stage, name())
    }
}

/// The name of an instance that no other test has: the keyring is one for all.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{number}", std::process::id())
}

impl Drop for Remembered<'_> {
    fn drop(&mut self) {
        self.0.with(
            self.0.launchctl(),
            &["credentials", "remove", "vault", &self.1],
            b"",
        );
    }
}

/// Whether the kernel keeps passwords here; says so if not.
fn lacks_keyring(stage: &Stage) -> bool {
    let listed = stage.with(stage.launchctl(), &["credentials", "list"], b"");
    if listed.code != 0 {
        let test = std::thread::current();
        let why = format!("no keyring: {}", listed.out.trim());
        skipped(test.name().unwrap(), &why);
    }
    listed.code != 0
}

#[test]
fn a_password_that_worked_is_remembered_and_used_the_next_time() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(&stage) {
        return;
    }
    let at = stage.folder("mnt");
    stage.vault();
    let remembered = Remembered::new(&stage);
    let source = format!("//vault/{}", remembered.1);
    let mount = |options: &str, input: &[u8]| {
        let words = ["-t", "fslaunch", "-o", options, &source];
        stage.mount_with(&words, &at, input)
    };
    let listed = || {
        stage
            .with(stage.launchctl(), &["credentials", "list"], b"")
            .out
    };
    // One that is wrong is not remembered.
    failed(&mount("remember,credentials=-", b"guess"), 32);
    assert!(!listed().contains(&remembered.1), "{}", listed());
    done(&mount("remember,credentials=-", b"open-sesame\n"));
    assert!(
        listed().contains(&format!(r"\\vault\{}", remembered.1)),
        "{}",
        listed()
    );
    assert!(!listed().contains("open-sesame"));
    stage.take_down(&at);
    done(&mount("rw", b""));
    done(&stage.umount(&at));
    // launchctl knows it as well.
    let named = format!("mount-point={}", at.display());
    let start = ["start", "-o", &named, "vault", &remembered.1];
    stage.daemon.launchctl(&start).ok();
    stage
        .daemon
        .launchctl(&["stop", "vault", &remembered.1])
        .ok();
    let remove = ["credentials", "remove", "vault", &remembered.1];
    assert_eq!(stage.with(stage.launchctl(), &remove, b"").code, 0);
    assert_eq!(stage.with(stage.launchctl(), &remove, b"").code, 3);
    assert!(failed(&mount("rw", b""), 1).contains("password"));
    stage.daemon.launchctl(&start).ko(87);
    stage.nothing_is_left(&at);
}

#[test]
fn a_remembered_password_that_is_refused_is_tried_once_and_named() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(&stage) {
        return;
    }
    let at = stage.folder("mnt");
    stage.vault();
    let remembered = Remembered::new(&stage);
    let source = format!("//vault/{}", remembered.1);
    let words = ["-t", "fslaunch", "-o", "remember,credentials=-", &source];
    done(&stage.mount_with(&words, &at, b"open-sesame"));
    stage.take_down(&at);
    // From now on another one is right.
    let script = stage.daemon.program("vault");
    let text = fs::read_to_string(&script).unwrap();
    fs::write(&script, text.replace("open-sesame", "changed")).unwrap();
    let before = stage.attempts();
    let ran = stage.mount(&source, &at, "rw");
    assert!(
        failed(&ran, 32).contains("launchctl credentials remove"),
        "{ran:?}"
    );
    assert_eq!(stage.attempts(), before + 1);
    stage.nothing_is_left(&at);
}

/// The vault of a test, with a password that is remembered and refused by now,
/// and the name of its instance: `changed` is right.
fn outdated<'a>(stage: &'a Stage, at: &Path) -> Option<Remembered<'a>> {
    if lacks_keyring(stage) {
        return None;
    }
    stage.vault();
    let remembered = Remembered::new(stage);
    let source = format!("//vault/{}", remembered.1);
    let words = ["-t", "fslaunch", "-o", "remember,credentials=-", &source];
    done(&stage.mount_with(&words, at, b"open-sesame"));
    stage.take_down(at);
    let script = stage.daemon.program("vault");
    let text = fs::read_to_string(&script).unwrap();
    fs::write(&script, text.replace("open-sesame", "changed")).unwrap();
    Some(remembered)
}

#[test]
fn a_remembered_password_that_is_refused_is_asked_for_once_and_remembered_anew() {
    if lacks_terminal() {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let Some(remembered) = outdated(&stage, &at) else {
        return;
    };
    let source = format!("//vault/{}", remembered.1);
    let question = format!(r"Password for \\vault\{}", remembered.1);
    let line = format!("mount -t fslaunch -o remember {source} {}", at.display());
    let before = stage.attempts();
    let ran = stage.at_terminal(&line, &question, &["wrong"]);
    assert_eq!(ran.code, 32, "{ran:?}");
    assert_eq!(ran.out.matches(&question).count(), 1, "{ran:?}");
    assert_eq!(stage.attempts(), before + 2);
    stage.nothing_is_left(&at);
    let ran = stage.at_terminal(&line, &question, &["changed"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("changed"), "{ran:?}");
    assert_eq!(stage.attempts(), before + 4);
    stage.take_down(&at);
    // Nobody is there to ask any more, and nobody need be.
    done(&stage.mount(&source, &at, "rw"));
    assert_eq!(stage.attempts(), before + 5);
    stage.take_down(&at);
}

#[test]
fn launchctl_asks_for_a_refused_password_if_it_is_to_remember_one_and_else_says_what_it_was() {
    if lacks_terminal() {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let Some(remembered) = outdated(&stage, &at) else {
        return;
    };
    let named = format!("mount-point={}", at.display());
    let start = ["start", "-o", &named, "vault", &remembered.1];
    let before = stage.attempts();
    let ran = stage.daemon.launchctl(&start);
    ran.ko(5);
    let forget = format!(r"launchctl credentials remove '\\vault\{}'", remembered.1);
    assert!(ran.err.contains(&forget), "{ran:?}");
    assert_eq!(stage.attempts(), before + 1);
    let question = format!(r"Password for \\vault\{}", remembered.1);
    let line = format!(
        "{} start --remember -o {named} vault {}",
        stage.daemon.program("launchctl").display(),
        remembered.1
    );
    let ran = stage.at_terminal(&line, &question, &["changed"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stage.attempts(), before + 3);
    stage.take_down(&at);
    stage.daemon.launchctl(&start).ok();
    stage.take_down(&at);
}

#[test]
fn a_tree_is_written_behind_a_password_and_again_behind_the_remembered_one() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(&stage) {
        return;
    }
    let at = stage.folder("mnt");
    stage.vault();
    let remembered = Remembered::new(&stage);
    let source = format!("//vault/{}", remembered.1);
    let ways: [(&str, &[u8]); 2] = [("remember,credentials=-", b"open-sesame"), ("rw", b"")];
    for (options, input) in ways {
        let words = ["-t", "fslaunch", "-o", options, &source];
        done(&stage.mount_with(&words, &at, input));
        write_and_compare(&at);
        let listed = [("vault".to_owned(), remembered.1.clone())];
        assert_eq!(stage.daemon.listed(), listed);
        stage.take_down(&at);
    }
    assert_eq!(stage.attempts(), 2);
}

#[test]
fn launchctl_remembers_for_its_user_alone_and_only_what_worked() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(&stage) {
        return;
    }
    stage.vault();
    let alice = Account::alice();
    let at = stage.folder_of(&alice);
    let named = format!("mount-point={}", at.display());
    let name = name();
    let run = |words: &[&str], input: &str| {
        let mut command = stage.daemon.launchctl_command(&alice);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        run_with_deadline(command.args(words), input.as_bytes())
    };
    let start = [
        "start",
        "--remember",
        "--secret-stdin",
        "-o",
        &named,
        "vault",
        &name,
    ];
    let listed = format!("OK\n\\\\vault\\{name}\n");
    run(&start, "guess").ko(5);
    assert_eq!(run(&["credentials", "list"], "").out, "OK\n");
    run(&start, "open-sesame").ok();
    assert_eq!(run(&["credentials", "list"], "").out, listed);
    run(&["stop", "vault", &name], "").ok();
    run(&["start", "-o", &named, "vault", &name], "").ok();
    run(&["stop", "vault", &name], "").ok();
    let of_root = stage.with(stage.launchctl(), &["credentials", "list"], b"");
    assert!(!of_root.out.contains(&name), "{of_root:?}");
    run(&["credentials", "remove", "vault", &name], "").ok();
    assert_eq!(run(&["credentials", "list"], "").out, "OK\n");
    run(&["start", "-o", &named, "vault", &name], "").ko(87);
    stage.nothing_is_left(&at);
}

#[test]
fn the_secret_service_of_the_session_keeps_passwords_where_there_is_one() {
    let needs = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"].map(Need::Program);
    if lacking(&needs) {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    let script = r#"
        printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        printf open-sesame | mount -t fslaunch -o remember,credentials=- //vault/one "$1"
        "$2" credentials list
        umount "$1"
        mount -t fslaunch //vault/one "$1"
        umount "$1"
        "$2" credentials remove VAULT ONE
        "$2" credentials list"#;
    let ran = in_session(&stage, &at, script);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, "OK\n\\\\vault\\one\nOK\nOK\n", "{ran:?}");
    stage.nothing_is_left(&at);
}

#[test]
fn the_secret_service_keeps_one_password_for_each_instance_whoever_it_is_for() {
    let needs = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"].map(Need::Program);
    if lacking(&needs) {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault_of_users();
    let script = r#"
        printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        for user in anna bob bob; do
            printf open-sesame |
                mount -t fslaunch -o "remember,credentials=-,user=$user" //vault/one "$1"
            umount "$1"
        done
        mount -t fslaunch //vault/one "$1"
        umount "$1"
        secret-tool search --all application fslaunch 2>&1 | grep attribute.user
        "$2" credentials remove vault one"#;
    let ran = in_session(&stage, &at, script);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, "attribute.user = bob\nOK\n", "{ran:?}");
    stage.nothing_is_left(&at);
}

/// Runs a script in a session of its own, with a Secret Service.
fn in_session(stage: &Stage, at: &Path, script: &str) -> Ran {
    let home = stage.daemon.place().make_folder("home", 0o700);
    let mut command = Command::new("env");
    command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
    command.args(["dbus-run-session", "--", "sh", "-ec", script, "sh"]);
    let launchctl = stage.daemon.program("launchctl");
    stage.with(command, &[at.as_os_str(), launchctl.as_os_str()], b"")
}
