//! Ctrl-C while it is mounted, and all the other ways to give up.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::{fs, thread};

use fslaunch_tests::{
    Class, Need, PATIENCE, Ran, Signal, lacking, mounts, processes, run_with_deadline, until,
    until_some,
};
use serde_json::json;

use crate::stage::{Stage, failed, stage};

/// The class `slow`: MEMFS that mounts once there is the file `go`. Its starts
/// are answered when it is mounted, those of the class `blind` before.
fn slow(stage: &Stage) {
    let script = format!(
        "#!/bin/sh\nwhile ! [ -e {} ]; do sleep 0.02; done\nexec {} -m \"$1\"\n",
        stage.daemon.out("go"),
        stage.daemon.program("memfs").display()
    );
    let script = stage.daemon.place().make_file("bin/slow", script, 0o755);
    let class = |name| {
        Class::new(name, &script)
            .set("command-line", "%1")
            .set("arguments", json!(["mount-point"]))
    };
    let slow = class("slow").set("mount-point", "%1");
    stage.daemon.register(&slow);
    stage.daemon.register(&class("blind"));
}

/// mount(8) in a process group of its own, as shells start it, while it waits
/// for the class.
fn mounting(stage: &Stage, class: &str, at: &Path) -> Child {
    let mut command = Command::new("env");
    // Whoever runs the tests may ignore them.
    command.args(["--default-signal=INT,HUP", "mount", "-t", "fslaunch"]);
    command.arg(format!("//{class}/one")).arg(at);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped()).process_group(0);
    let child = stage.prepare(&mut command).spawn().unwrap();
    let state = if class == "slow" {
        "starting"
    } else {
        "running"
    };
    stage.daemon.wait_for_state_or_absent(class, "one", state);
    child
}

/// The helper that a mount(8) has started.
fn helper_of(mount: &Child) -> u32 {
    until_some("mount(8) runs its helper", || {
        let children = processes::children(mount.id());
        let is_helper = |pid: &u32| {
            processes::executable(*pid).is_some_and(|program| program.ends_with("mount.fslaunch"))
        };
        children.into_iter().find(is_helper)
    })
}

fn ended(child: Child) -> Ran {
    let output = thread::spawn(move || child.wait_with_output()).join();
    let output = output.unwrap().unwrap();
    let signal = || 128 + output.status.signal().unwrap_or_default();
    Ran {
        command: "mount".to_owned(),
        code: output.status.code().unwrap_or_else(signal),
        out: String::new(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// At this moment, not some time later.
#[track_caller]
fn nothing_is_there(stage: &Stage, at: &Path) {
    assert!(mounts::at(at).is_none());
    let listed = stage.daemon.launchctl(&["list", "--all"]);
    assert_eq!(listed.out.trim(), "OK", "{listed:?}");
}

#[test]
fn a_signal_to_the_helper_ends_with_8_and_leaves_nothing() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    for class in ["slow", "blind"] {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let mount = mounting(&stage, class, &at);
            processes::signal(helper_of(&mount), signal);
            let ran = ended(mount);
            assert!(failed(&ran, 8).contains("interrupted"), "{ran:?}");
            nothing_is_there(&stage, &at);
        }
    }
}

#[test]
fn signals_that_come_together_end_with_8_and_leave_nothing() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    for class in ["slow", "blind"] {
        let mount = mounting(&stage, class, &at);
        let helper = helper_of(&mount);
        processes::signal(helper, Signal::STOP);
        for signal in [Signal::HUP, Signal::INT, Signal::TERM, Signal::CONT] {
            processes::signal(helper, signal);
        }
        let ran = ended(mount);
        assert!(failed(&ran, 8).contains("interrupted"), "{ran:?}");
        nothing_is_there(&stage, &at);
    }
}

#[test]
fn a_signal_while_nothing_is_started_ends_with_8_whatever_is_waited_for() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    // Where passwords are kept nobody answers as long as there is this file.
    let asked = stage.daemon.out("asked");
    let script = format!("#!/bin/sh\n: >{asked}\nwhile [ -e {asked} ]; do sleep 0.02; done\n");
    let tool = stage
        .daemon
        .place()
        .make_file("bin/secret-tool", script, 0o755);
    let installed = Path::new("/usr/bin/secret-tool");
    let (from, to) = match installed.exists() {
        true => (tool.as_path(), installed),
        false => (tool.parent().unwrap(), Path::new("/usr/local/bin")),
    };
    let mut bind = Command::new("mount");
    let bound = run_with_deadline(bind.arg("--bind").arg(from).arg(to), b"");
    assert_eq!(bound.code, 0, "{bound:?}");
    let mut command = Command::new("/sbin/mount.fslaunch");
    command.arg("//vault/one").arg(&at).stderr(Stdio::piped());
    stage.prepare(&mut command);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/nowhere");
    let mount = command.spawn().unwrap();
    until("the password is looked for", || Path::new(&asked).exists());
    processes::signal(mount.id(), Signal::TERM);
    let ran = ended(mount);
    assert!(failed(&ran, 8).contains("interrupted"), "{ran:?}");
    fs::remove_file(asked).unwrap();
    assert_eq!(stage.attempts(), 0);
    nothing_is_there(&stage, &at);
}

#[test]
fn ctrl_c_at_a_terminal_leaves_nothing_although_mount_itself_ends_at_once() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    for class in ["slow", "blind"] {
        let mount = mounting(&stage, class, &at);
        let helper = helper_of(&mount);
        // A terminal tells the whole group.
        processes::interrupt(helper);
        processes::interrupt(mount.id());
        ended(mount);
        until("the helper has ended", || !processes::runs(helper));
        nothing_is_there(&stage, &at);
    }
}

#[test]
fn a_helper_that_is_killed_leaves_nothing_that_was_not_mounted_yet() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    let mount = mounting(&stage, "slow", &at);
    processes::kill(helper_of(&mount));
    ended(mount);
    stage.nothing_is_left(&at);
}

#[test]
fn a_signal_that_was_ignored_from_the_beginning_interrupts_nothing() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    let mut command = Command::new("env");
    command.args(["--ignore-signal=INT,HUP", "mount", "-t", "fslaunch"]);
    command.arg("//slow/one").arg(&at).stderr(Stdio::piped());
    let mount = stage.prepare(&mut command).spawn().unwrap();
    let helper = helper_of(&mount);
    stage
        .daemon
        .wait_for_state_or_absent("slow", "one", "starting");
    processes::signal(helper, Signal::HUP);
    processes::signal(helper, Signal::INT);
    fs::write(stage.daemon.out("go"), "").unwrap();
    let ran = ended(mount);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    stage.take_down(&at);
}

#[test]
fn ctrl_c_at_the_question_for_a_password_ends_with_8_and_shows_again_what_is_typed() {
    if lacking(&[Need::Program("script")]) {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault();
    // Not by mount(8), which would end before its helper.
    let line = format!(
        "trap : INT; /sbin/mount.fslaunch //vault/one {}; echo code $?; stty -a",
        at.display()
    );
    let mut command = Command::new("script");
    command.args(["--quiet", "--command", &line, "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut typing = stage.prepare(&mut command).spawn().unwrap();
    let mut terminal = typing.stdin.take().unwrap();
    let mut shown = typing.stdout.take().unwrap();
    let (send, receive) = channel();
    let reading = thread::spawn(move || {
        let (mut all, mut piece) = (String::new(), [0; 1024]);
        while let Ok(count @ 1..) = shown.read(&mut piece) {
            all += &String::from_utf8_lossy(&piece[..count]);
            if all.contains("Password for") {
                let _ = send.send(());
            }
        }
        all
    });
    receive.recv_timeout(PATIENCE).expect("the question");
    terminal.write_all(b"\x03").unwrap();
    typing.wait().unwrap();
    let out = reading.join().unwrap();
    assert!(
        out.contains("interrupted") && out.contains("code 8"),
        "{out}"
    );
    assert!(out.contains(" echo ") && !out.contains("-echo "), "{out}");
    assert_eq!(stage.attempts(), 0);
    nothing_is_there(&stage, &at);
}

#[test]
fn what_is_not_mounted_in_time_is_stopped_and_not_mounted_later() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    slow(&stage);
    let class = Class::new("slow", stage.daemon.program("slow"));
    let class = class
        .set("command-line", "%1")
        .set("arguments", json!(["mount-point"]))
        .set("mount-point", "%1")
        .set("start-timeout", 1);
    stage.daemon.register(&class);
    let mut command = Command::new("mount");
    command.args(["-t", "fslaunch", "//slow/one"]).arg(&at);
    let ran = run_with_deadline(stage.prepare(&mut command), b"");
    let words = failed(&ran, 32);
    assert!(
        words.contains("it was stopped") && words.contains("start-timeout"),
        "{words}"
    );
    nothing_is_there(&stage, &at);
}
