//! The rules of the security specification, each with a test per sentence.
//! Those about mounts are in `mounts`, those about rights in `denials`, those
//! about secrets in `secrets`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs::{self, Permissions};
use std::io::{IoSlice, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use fslaunch_tests::{
    Account, Class, Daemon, Need, Place, lacking, processes, run_with_deadline, until,
};
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::json;

fn launcher() -> Option<Daemon> {
    (!lacking(&[Need::Root])).then(|| Daemon::system().start())
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn give_away(path: &Path) {
    let alice = Account::alice();
    chown(path, Some(alice.uid), Some(alice.gid)).unwrap();
}

fn take_back(path: &Path) {
    chown(path, Some(0), Some(0)).unwrap();
}

// Rule 2: load a class that an administrator did not write.

#[test]
fn a_class_file_that_somebody_else_owns_or_may_write_is_not_used() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    let file = daemon.class_file("echo");
    give_away(&file);
    assert!(
        daemon
            .launchctl(&["start", "echo", "one"])
            .ko(2)
            .contains("echo")
    );
    take_back(&file);
    for mode in [0o664, 0o646] {
        set_mode(&file, mode);
        daemon.launchctl(&["start", "echo", "one"]).ko(2);
    }
    set_mode(&file, 0o644);
    daemon.launchctl(&["start", "echo", "one"]).ok();
}

#[test]
fn every_folder_above_a_class_file_belongs_to_root_and_nobody_else_may_write_it() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    let place = daemon.place().path().to_owned();
    for folder in [place.join("config/services.d"), place.join("config"), place] {
        give_away(&folder);
        daemon.launchctl(&["start", "echo", "one"]).ko(2);
        take_back(&folder);
        set_mode(&folder, 0o777);
        daemon.launchctl(&["start", "echo", "one"]).ko(2);
        set_mode(&folder, 0o755);
    }
    daemon.launchctl(&["start", "echo", "one"]).ok();
}

#[test]
fn a_class_file_that_is_a_link_to_somebody_else_s_is_not_used() {
    let Some(daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "echo", "wait");
    let theirs = daemon
        .place()
        .make_folder_of("theirs", &Account::alice())
        .join("echo.toml");
    fs::write(&theirs, class.text()).unwrap();
    symlink(&theirs, daemon.class_file("echo")).unwrap();
    daemon.launchctl(&["start", "echo", "one"]).ko(2);
}

#[test]
fn an_executable_that_somebody_else_could_replace_is_not_run() {
    let Some(daemon) = launcher() else { return };
    let folder = daemon.place().make_folder("programs", 0o755);
    let program = folder.join("program");
    fs::copy(daemon.program("stand-in"), &program).unwrap();
    daemon.register(&Class::new("echo", &program).set("command-line", "wait"));
    give_away(&program);
    assert!(
        daemon
            .launchctl(&["start", "echo", "one"])
            .ko(2)
            .contains("program")
    );
    take_back(&program);
    set_mode(&program, 0o757);
    daemon.launchctl(&["start", "echo", "one"]).ko(2);
    set_mode(&program, 0o755);
    give_away(&folder);
    daemon.launchctl(&["start", "echo", "one"]).ko(2);
    take_back(&folder);
    set_mode(&folder, 0o777);
    daemon.launchctl(&["start", "echo", "one"]).ko(2);
    set_mode(&folder, 0o755);
    daemon.launchctl(&["start", "echo", "one"]).ok();
}

#[test]
fn an_executable_that_is_a_link_into_somebody_else_s_folder_is_not_run() {
    let Some(daemon) = launcher() else { return };
    let theirs = daemon
        .place()
        .make_folder_of("theirs", &Account::alice())
        .join("program");
    fs::copy(daemon.program("stand-in"), &theirs).unwrap();
    let link = daemon.place().path().join("bin/link");
    symlink(&theirs, &link).unwrap();
    daemon.register(&Class::new("echo", &link).set("command-line", "wait"));
    daemon.launchctl(&["start", "echo", "one"]).ko(2);
}

#[test]
fn only_root_registers_a_class() {
    let Some(daemon) = launcher() else { return };
    let class = Class::stand_in(&daemon, "mine", "wait");
    let file = daemon
        .place()
        .make_folder_of("theirs", &Account::alice())
        .join("mine.toml");
    fs::write(&file, class.text()).unwrap();
    let config = daemon.place().path().join("config");
    let register = |words: &[&str]| {
        let config = ["--config-dir", config.to_str().unwrap()];
        [&config, words]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let words = register(&["register", file.to_str().unwrap()]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = daemon.launchctl_as(&Account::alice(), &words);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(!daemon.class_file("mine").exists());
    let ran = daemon.launchctl(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    daemon.launchctl(&["start", "mine", "one"]).ok();
    let words = register(&["unregister", "mine"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_ne!(daemon.launchctl_as(&Account::alice(), &words).code, 0);
    assert_eq!(daemon.launchctl(&words).code, 0);
    assert!(!daemon.class_file("mine").exists());
}

#[test]
fn a_configuration_that_somebody_else_may_write_is_not_used() {
    if lacking(&[Need::Root]) {
        return;
    }
    let place = Place::new();
    let file = place.make_folder("config", 0o755).join("fslaunchd.toml");
    fs::write(&file, "").unwrap();
    set_mode(&file, 0o666);
    let everybody = "administrators = \"nogroup\"\n";
    let ran = Daemon::system().config(everybody).run_in(&place);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("fslaunchd.toml is writable by everyone"),
        "{ran:?}"
    );
}

// Rule 3: instance names are data.

#[test]
fn an_instance_name_is_part_of_no_path_and_no_control_group() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "free", "wait").set("job-control", false));
    let target = json!({ "class": "free", "instance": "needle/../needle" });
    daemon.call("Start", target.clone()).unwrap();
    let pid = daemon.instance_pid("free", "needle/../needle");
    let cgroup = processes::cgroup(pid).unwrap_or_default();
    assert!(!cgroup.contains("needle"), "{cgroup}");
    let mut find = Command::new("find");
    let found = run_with_deadline(
        find.arg(daemon.place().path()).args(["-name", "*needle*"]),
        b"",
    );
    assert_eq!(found.out, "");
    daemon.call("Stop", target).unwrap();
}

// Rule 4: write files as somebody else.

/// Starts an instance for a caller whose standard error goes to `file`.
fn start_with_stderr(daemon: &Daemon, file: &str, argument: &str) -> fslaunch_tests::Ran {
    let class = Class::stand_in(daemon, "loud", "err=written wait").set("stderr", file);
    daemon.register(&class.for_everyone());
    let ran = daemon.launchctl_as(&Account::alice(), &["start", "loud", "one", argument]);
    daemon.launchctl(&["stop", "loud", "one"]);
    ran
}

#[test]
fn the_file_of_standard_error_is_opened_as_the_account_that_the_instance_runs_as() {
    let Some(daemon) = launcher() else { return };
    let theirs = daemon.place().make_folder_of("theirs", &Account::alice());
    start_with_stderr(&daemon, &format!("{}/log", theirs.display()), "x").ok();
    let file = fs::metadata(theirs.join("log")).unwrap();
    assert_eq!(file.uid(), Account::alice().uid);
    let of_root = daemon.place().make_folder("of-root", 0o755);
    let ran = start_with_stderr(&daemon, &format!("{}/log", of_root.display()), "x");
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(!of_root.join("log").exists());
}

#[test]
fn a_replaced_value_in_the_name_of_that_file_is_one_component() {
    let Some(daemon) = launcher() else { return };
    let theirs = daemon.place().make_folder_of("theirs", &Account::alice());
    fs::create_dir(theirs.join("sub")).unwrap();
    give_away(&theirs.join("sub"));
    let file = format!("{}/sub/%1", theirs.display());
    for argument in ["../escaped", "..", "a/../../escaped", "."] {
        let ran = start_with_stderr(&daemon, &file, argument);
        assert_ne!(ran.code, 0, "{argument}: {ran:?}");
    }
    assert!(!theirs.join("escaped").exists());
    start_with_stderr(&daemon, &file, "inside").ok();
    assert!(theirs.join("sub/inside").exists());
}

#[test]
fn no_link_in_place_of_that_file_is_followed() {
    let Some(daemon) = launcher() else { return };
    let theirs = daemon.place().make_folder_of("theirs", &Account::alice());
    let target = theirs.join("target");
    fs::write(&target, "precious").unwrap();
    give_away(&target);
    symlink(&target, theirs.join("log")).unwrap();
    let ran = start_with_stderr(&daemon, &format!("{}/log", theirs.display()), "x");
    assert_ne!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}

// Rule 7: read another's arguments.

#[test]
fn arguments_appear_in_info_for_those_who_may_query_and_in_no_log() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "echo", "wait -- --passphrase=%1"));
    daemon
        .launchctl(&["start", "echo", "one", "tell-nobody"])
        .ok();
    assert!(
        daemon
            .info("echo", "one")
            .to_string()
            .contains("tell-nobody")
    );
    daemon
        .launchctl(&["start", "echo", "one", "tell-nobody"])
        .ko(183);
    daemon.launchctl(&["stop", "echo", "one"]).ok();
    assert!(!daemon.log().contains("tell-nobody"), "{}", daemon.log());
}

#[test]
fn names_are_escaped_in_the_log() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    for name in ["a\nFORGED line", "a\u{1b}[31m", "a\rb", "a\u{9b}31m"] {
        let target = json!({ "class": "echo", "instance": name });
        let _ = daemon.call("Start", target.clone());
        let _ = daemon.call("Stop", target);
        let _ = daemon.call("Start", json!({ "class": name, "instance": name }));
    }
    let log = daemon.log();
    assert!(!log.lines().any(|line| line.starts_with("FORGED")), "{log}");
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
}

#[test]
fn output_of_an_instance_forges_no_line_of_the_log() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(
        &daemon,
        "talker",
        "\"err=x\nFORGED\u{1b}[31m\n\" exit=1",
    ));
    let _ = daemon.call("Start", json!({ "class": "talker", "instance": "one" }));
    daemon.wait_for_state_or_absent("talker", "one", "failed");
    let log = daemon.log();
    assert!(!log.lines().any(|line| line.starts_with("FORGED")), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

// Rule 9: ride on a reused identity.

#[test]
fn the_folder_of_the_state_is_for_root_only() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "free", "wait").set("job-control", false));
    daemon.launchctl(&["start", "free", "one"]).ok();
    let state = fs::metadata(daemon.place().path().join("state")).unwrap();
    assert_eq!((state.uid(), state.permissions().mode() & 0o077), (0, 0));
}

#[test]
fn a_process_that_got_the_number_of_an_instance_is_not_adopted() {
    let Some(mut daemon) = launcher() else { return };
    daemon.register(&Class::stand_in(&daemon, "free", "wait").set("job-control", false));
    daemon.launchctl(&["start", "free", "one"]).ok();
    let pid = daemon.instance_pid("free", "one");
    daemon.kill();
    processes::signal(pid, rustix::process::Signal::KILL);
    until("the instance has ended", || !processes::runs(pid));
    let mut innocent = Command::new("sleep").arg("600").spawn().unwrap();
    rewrite(
        &daemon.place().path().join("state"),
        &format!("\"pid\":{pid},"),
        &format!("\"pid\":{},", innocent.id()),
    );
    daemon.restart();
    until("it is cleared away", || daemon.listed().is_empty());
    assert!(processes::runs(innocent.id()));
    innocent.kill().unwrap();
    innocent.wait().unwrap();
}

#[test]
fn a_process_of_another_boot_is_not_adopted() {
    if lacking(&[Need::Root]) {
        return;
    }
    // A real boot would have taken the process and its control group away.
    let mut daemon = Daemon::system().leaving_survivors().start();
    daemon.register(&Class::stand_in(&daemon, "free", "wait").set("job-control", false));
    daemon.launchctl(&["start", "free", "one"]).ok();
    let pid = daemon.instance_pid("free", "one");
    daemon.kill();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let state = daemon.place().path().join("state");
    rewrite(&state, boot.trim(), "00000000-0000-0000-0000-000000000000");
    daemon.restart();
    assert!(daemon.listed().is_empty());
    assert!(processes::runs(pid));
    processes::signal(pid, rustix::process::Signal::KILL);
    until("it has ended", || !processes::runs(pid));
}

/// Replaces a text in every file below a folder.
fn rewrite(folder: &Path, from: &str, to: &str) {
    for path in fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() {
            rewrite(&path, from, to);
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text.replace(from, to)).unwrap();
        }
    }
}

#[test]
fn the_socket_is_for_everybody_and_its_folder_for_the_launcher_to_change() {
    let Some(daemon) = launcher() else { return };
    let socket = fs::metadata(daemon.socket()).unwrap();
    assert_eq!(
        (socket.uid(), socket.permissions().mode() & 0o777),
        (0, 0o666)
    );
    let folder = fs::metadata(daemon.socket().parent().unwrap()).unwrap();
    assert_eq!(
        (folder.uid(), folder.permissions().mode() & 0o777),
        (0, 0o755)
    );
}

// Rule 8: test seams.

#[test]
fn the_launcher_has_one_seam_which_no_build_has_unless_it_is_asked_for() {
    let manifest = include_str!("../../bins/fslaunchd/Cargo.toml");
    let lines: Vec<&str> = manifest.lines().map(str::trim).collect();
    let begin = lines.iter().position(|line| *line == "[features]").unwrap();
    let features: Vec<&str> = lines[begin + 1..]
        .iter()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .filter(|name| !name.starts_with('#'))
        .collect();
    // No `default` among them.
    assert_eq!(features, ["peer-from-client-process"]);
    assert!(!manifest.contains("fslaunch-os = {"), "{manifest}");
}

/// A socket whose last close waits for a peer that reads nothing.
fn lingering(time: Duration) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut full = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.write(&[0; 65536]).is_ok() {}
    set_socket_linger(&full, Some(time)).unwrap();
    (full, peer)
}

#[test]
fn a_descriptor_sent_along_with_a_request_delays_nobody() {
    let Some(daemon) = launcher() else { return };
    let patience = Duration::from_secs(20);
    let (full, _peer) = lingering(patience);
    let caller = UnixStream::connect(daemon.socket()).unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let sent_along = [full.as_fd()];
    assert!(control.push(SendAncillaryMessage::ScmRights(&sent_along)));
    let bytes = [IoSlice::new(b"{")];
    // The kernel refuses it since Linux 6.16; before, the launcher receives it.
    if sendmsg(&caller, &bytes, &mut control, SendFlags::empty()).is_err() {
        set_socket_linger(&full, None).unwrap();
    }
    drop(full);
    drop(caller);
    let before = Instant::now();
    for _ in 0..20 {
        daemon.call("List", json!({})).unwrap();
    }
    assert!(before.elapsed() < patience / 4, "{:?}", before.elapsed());
}
