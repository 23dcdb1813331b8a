//! Mount points: which are taken, what readiness is, and what is cleaned up.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use fslaunch_tests::{
    Account, CallError, Class, Daemon, Need, Ran, lacking, mounts, processes, run_with_deadline,
    until,
};
use rustix::process::Signal;
use serde_json::{Value, json};

const TEMPLATE: &str = "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2";

/// The class of the file system in memory, for everybody.
fn memfs(daemon: &Daemon) -> Class {
    Class::new("memfs64", daemon.program("memfs"))
        .set("command-line", TEMPLATE)
        .set("arguments", json!(["unc", "mount-point"]))
        .set("mount-point", "%2")
        .set("stop-grace", 2)
        .for_everyone()
}

fn launcher() -> Option<Daemon> {
    if lacking(&[Need::Root, Need::Fuse]) {
        return None;
    }
    let daemon = Daemon::system().start();
    daemon.register(&memfs(&daemon));
    Some(daemon)
}

fn start_at(daemon: &Daemon, mount_point: &Path) -> Result<Value, CallError> {
    let arguments = [r"\memfs64\share", mount_point.to_str().unwrap()];
    let call = json!({ "class": "memfs64", "instance": "share", "arguments": arguments });
    daemon.call("Start", call)
}

fn start_as(daemon: &Daemon, caller: &Account, mount_point: &Path) -> Ran {
    let mount_point = mount_point.to_str().unwrap();
    let start = ["start", "memfs64", "share", r"\memfs64\share", mount_point];
    daemon.launchctl_as(caller, &start)
}

fn stop(daemon: &Daemon) -> Result<Value, CallError> {
    daemon.call("Stop", json!({ "class": "memfs64", "instance": "share" }))
}

/// Runs a command of the shell that may hang in the kernel.
fn shell(script: &str, at: &Path) -> Ran {
    run_with_deadline(Command::new("sh").args(["-ec", script, "sh"]).arg(at), b"")
}

fn folder(daemon: &Daemon) -> PathBuf {
    daemon.place().make_folder("mnt", 0o755)
}

#[test]
fn a_file_system_is_there_when_start_replies_and_gone_when_stop_does() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    let started = start_at(&daemon, &at).unwrap();
    let mount = mounts::at(&at).expect("a mount");
    assert_eq!(started["instance"]["mount_point"], at.to_str().unwrap());
    assert!(mount.kind.starts_with("fuse"), "{mount:?}");
    let ran = shell(
        "echo content >$1/file; mkdir $1/d; mv $1/file $1/d/g; cat $1/d/g",
        &at,
    );
    assert_eq!((ran.code, ran.out.as_str()), (0, "content\n"), "{ran:?}");
    stop(&daemon).unwrap();
    assert!(mounts::at(&at).is_none());
    assert!(daemon.listed().is_empty());
}

#[test]
fn an_ordinary_user_mounts_in_a_folder_of_their_own() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let at = daemon.place().make_folder_of("of-alice", &alice);
    start_as(&daemon, &alice, &at).ok();
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
fn mounts_for_callers_other_than_root_get_nosuid_and_nodev() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let at = daemon.place().make_folder_of("of-alice", &alice);
    start_as(&daemon, &alice, &at).ok();
    let mount = mounts::at(&at).expect("a mount");
    assert!(
        mount.options.contains("nosuid") && mount.options.contains("nodev"),
        "{mount:?}"
    );
}

#[test]
fn a_mount_point_that_is_missing_is_named() {
    let Some(daemon) = launcher() else { return };
    let missing = daemon.place().path().join("missing");
    let error = start_at(&daemon, &missing).unwrap_err();
    assert_eq!(error.short_name(), "MountPointNotFound");
    assert_eq!(error.parameters["code"], 3);
    assert_eq!(error.parameters["mount_point"], missing.to_str().unwrap());
    assert!(daemon.listed().is_empty());
}

#[test]
fn a_mount_point_that_is_not_a_folder_is_named() {
    let Some(daemon) = launcher() else { return };
    let file = daemon.place().path().join("file");
    fs::write(&file, "").unwrap();
    let error = start_at(&daemon, &file).unwrap_err();
    assert_eq!(error.short_name(), "MountPointNotAFolder");
    assert_eq!(error.parameters["code"], 267);
}

#[test]
fn a_mount_point_that_is_no_full_path_is_refused() {
    let Some(daemon) = launcher() else { return };
    for path in ["", "mnt", "./mnt", "../mnt"] {
        let error = start_at(&daemon, Path::new(path)).unwrap_err();
        assert!(daemon.listed().is_empty(), "{path}: {error:?}");
    }
}

#[test]
fn a_mount_point_that_is_busy_is_named() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    let arguments = ["other", at.to_str().unwrap()];
    let call = json!({ "class": "memfs64", "instance": "other", "arguments": arguments });
    let error = daemon.call("Start", call).unwrap_err();
    assert_eq!(error.short_name(), "MountPointBusy");
    assert_eq!(error.parameters["code"], 85);
    assert_eq!(mounts::under(&at).len(), 1);
    stop(&daemon).unwrap();
}

#[test]
fn a_caller_can_not_mount_where_they_could_not_write() {
    let Some(daemon) = launcher() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let of_root = folder(&daemon);
    let of_bob = daemon.place().make_folder_of("of-bob", &bob);
    for at in [of_root.as_path(), of_bob.as_path(), Path::new("/etc")] {
        // The file system runs as the caller, and the system refuses it.
        let ran = start_as(&daemon, &alice, at);
        assert!([5, 7].contains(&ran.code), "{ran:?}");
        let words = ran.out + &ran.err;
        assert!(words.contains(at.to_str().unwrap()), "{words}");
        assert!(mounts::at(at).is_none());
    }
    assert_eq!(daemon.launchctl_as(&alice, &["list"]).out, "OK\n");
}

#[test]
fn a_folder_that_only_others_can_reach_is_not_told_apart_from_a_missing_one() {
    let Some(daemon) = launcher() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let hidden = daemon.place().make_folder_of("hidden", &bob);
    fs::create_dir(hidden.join("present")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&hidden, mode).unwrap();
    let present = start_as(&daemon, &alice, &hidden.join("present"));
    let missing = start_as(&daemon, &alice, &hidden.join("missing"));
    assert_ne!(present.code, 0);
    assert_eq!(present.out.replace("present", "missing"), missing.out);
}

#[test]
fn a_link_of_the_caller_s_leads_no_further_than_the_caller_could_go() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let of_alice = daemon.place().make_folder_of("of-alice", &alice);
    let of_root = folder(&daemon);
    let link = of_alice.join("link");
    symlink(&of_root, &link).unwrap();
    let ran = start_as(&daemon, &alice, &link);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(mounts::at(&of_root).is_none() && mounts::at(&link).is_none());
}

#[test]
fn no_link_is_followed_to_where_a_fixed_account_could_mount() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let under = daemon.place().make_folder("under", 0o755);
    let of_alice = daemon.place().make_folder_of("under/of-alice", &alice);
    let of_root = folder(&daemon);
    let outside = daemon.place().make_folder_of("outside", &alice);
    let class = memfs(&daemon).set("run-as", "LocalSystem");
    daemon.register(&class.set("mount-under", json!([under.to_str().unwrap()])));
    for target in [&of_root, &outside] {
        let link = of_alice.join("link");
        symlink(target, &link).unwrap();
        start_as(&daemon, &alice, &link).ko(5);
        start_as(&daemon, &alice, &link.join(".")).ko(5);
        fs::remove_file(&link).unwrap();
        assert!(mounts::at(target).is_none());
    }
    let inner = target_below_a_link(&of_alice, &outside);
    start_as(&daemon, &alice, &inner).ko(5);
    assert!(mounts::at(&outside.join("inner")).is_none());
}

/// A folder whose path leads through a link.
fn target_below_a_link(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir(to.join("inner")).unwrap();
    symlink(to, from.join("way")).unwrap();
    from.join("way/inner")
}

#[test]
fn a_mount_point_with_blanks_and_other_letters_works() {
    let Some(daemon) = launcher() else { return };
    let at = daemon.place().make_folder("Mein Laufwerk \\ ü", 0o755);
    start_at(&daemon, &at).unwrap();
    assert!(mounts::at(&at).is_some());
    stop(&daemon).unwrap();
    assert!(mounts::at(&at).is_none());
}

#[test]
fn the_stale_mount_of_a_killed_file_system_is_detached() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    processes::signal(daemon.instance_pid("memfs64", "share"), Signal::KILL);
    let instance = daemon.wait_for_state("memfs64", "share", "failed");
    assert!(
        instance["failure"].as_str().unwrap().contains('9'),
        "{instance}"
    );
    until("the stale mount is detached", || mounts::at(&at).is_none());
    start_at(&daemon, &at).unwrap();
    stop(&daemon).unwrap();
}

/// Kills the process of the instance and waits for the next to run.
fn killed_and_there_again(daemon: &Daemon) -> Value {
    let pid = daemon.instance_pid("memfs64", "share");
    processes::kill(pid);
    until("there is no process", || {
        daemon.info("memfs64", "share")["instance"]["pid"] != pid
    });
    daemon.wait_for_state("memfs64", "share", "running")
}

#[test]
fn with_recovery_a_killed_file_system_is_mounted_again_and_an_unmounted_one_is_not() {
    let Some(daemon) = launcher() else { return };
    daemon.register(&memfs(&daemon).set("recovery", true));
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    killed_and_there_again(&daemon);
    assert!(mounts::at(&at).is_some());
    shell("echo hello >$1/file && grep hello $1/file", &at);
    shell("umount $1", &at);
    until("it is gone, as it was asked to", || {
        daemon.listed().is_empty()
    });
    assert!(mounts::at(&at).is_none());
}

#[test]
fn with_recovery_a_mount_that_is_made_for_its_caller_is_moved_to_its_place_again() {
    let Some(daemon) = launcher() else { return };
    let fixed = memfs(&daemon).set("run-as", "LocalSystem");
    daemon.register(&fixed.set("recovery", true));
    let alice = Account::alice();
    let own = daemon.place().make_folder_of("of-alice", &alice);
    start_as(&daemon, &alice, &own).ok();
    let before = mounts::at(&own).unwrap();
    let again = killed_and_there_again(&daemon);
    assert_eq!(again["mount_point"], own.to_str().unwrap());
    // An ID may be given again, what the mount forbids must be.
    assert_eq!(mounts::at(&own).unwrap().options, before.options);
    stop(&daemon).unwrap();
    assert!(mounts::at(&own).is_none());
}

#[test]
fn a_mount_whose_folder_was_moved_is_detached_where_it_is_now() {
    let Some(daemon) = launcher() else { return };
    let above = daemon.place().make_folder("above", 0o755);
    let folder = above.join("mnt");
    fs::create_dir(&folder).unwrap();
    let started = start_at(&daemon, &folder).unwrap();
    let moved = above.with_file_name("moved");
    fs::rename(&above, &moved).unwrap();
    // A server that can't unmount by itself any more.
    let pid = u32::try_from(started["instance"]["pid"].as_u64().unwrap()).unwrap();
    processes::signal(pid, Signal::STOP);
    stop(&daemon).unwrap();
    assert!(mounts::under(&moved).is_empty());
}

#[test]
fn a_file_system_that_hangs_delays_nobody_and_can_be_stopped() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    processes::signal(daemon.instance_pid("memfs64", "share"), Signal::STOP);
    let mut user = Command::new("ls")
        .arg(&at)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    daemon.info("memfs64", "share");
    assert_eq!(daemon.listed().len(), 1);
    stop(&daemon).unwrap();
    assert!(mounts::at(&at).is_none());
    user.wait().unwrap();
}

#[test]
fn a_busy_file_system_is_stopped_and_its_mount_is_gone() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    let mut user = Command::new("sleep");
    let mut user = user.arg("60").current_dir(&at).spawn().unwrap();
    stop(&daemon).unwrap();
    assert!(mounts::at(&at).is_none());
    assert!(daemon.listed().is_empty());
    user.kill().unwrap();
    user.wait().unwrap();
}

#[test]
fn a_file_system_whose_mount_something_covers_is_stopped_all_the_same() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    let pid = daemon.instance_pid("memfs64", "share");
    let covered = shell("mount -t tmpfs cover $1", &at);
    assert_eq!(covered.code, 0, "{}", covered.err);
    // It can't reach its own mount, and ends with an error; the launcher can't reach it either.
    let stopped = stop(&daemon);
    let uncovered = shell("umount $1", &at);
    assert_eq!(uncovered.code, 0, "{}", uncovered.err);
    let dead = mounts::at(&at).map(|mount| mount.kind);
    let removed = shell("umount -l $1", &at);
    assert_eq!(removed.code, 0, "{}", removed.err);
    stopped.unwrap();
    assert_eq!(dead.as_deref(), Some("fuse.ntfs"));
    assert!(daemon.listed().is_empty());
    assert!(!processes::runs(pid));
    start_at(&daemon, &at).unwrap();
    stop(&daemon).unwrap();
}

#[test]
fn a_file_system_that_somebody_unmounts_is_no_longer_running() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    let pid = daemon.instance_pid("memfs64", "share");
    shell("umount $1", &at);
    until("its process has ended", || !processes::runs(pid));
    until("it is not shown as running", || {
        let listed = daemon.call("List", json!({})).unwrap();
        let all = listed["instances"].as_array().unwrap();
        all.iter().all(|one| one["state"] == "failed")
    });
}

#[test]
fn a_program_that_never_mounts_is_not_ready() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    let class = Class::stand_in(&daemon, "lazy", "wait -- %1").set("mount-point", "%1");
    daemon.register(&class.set("start-timeout", 1));
    let arguments = [at.to_str().unwrap()];
    let call = json!({ "class": "lazy", "instance": "one", "arguments": arguments });
    let error = daemon.call("Start", call).unwrap_err();
    assert_eq!(error.short_name(), "StillStarting");
    daemon.launchctl(&["stop", "lazy", "one"]).ok();
}

#[test]
fn a_mount_that_another_made_is_neither_readiness_nor_detached() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    let class = Class::stand_in(&daemon, "lazy", "wait -- %1").set("mount-point", "%1");
    daemon.register(&class.set("start-timeout", 2));
    let arguments = [at.to_str().unwrap()];
    let parameters = json!({ "class": "lazy", "instance": "one", "arguments": arguments });
    let mut starting = daemon.connect();
    let call = json!({ "method": "org.fslaunch.Launcher.Start", "parameters": parameters });
    starting.send_message(&call).unwrap();
    daemon.wait_for_state_or_absent("lazy", "one", "starting");
    assert_eq!(shell("mount -t tmpfs none $1", &at).code, 0);
    let error = starting.reply().unwrap().unwrap_err();
    let known = ["MountPointBusy", "StillStarting"];
    assert!(known.contains(&error.short_name()), "{error:?}");
    let _ = daemon.launchctl(&["stop", "lazy", "one"]);
    assert_eq!(
        mounts::at(&at).map(|mount| mount.kind),
        Some("tmpfs".to_owned())
    );
    shell("umount $1", &at);
}

#[test]
fn a_mount_elsewhere_is_no_readiness() {
    let Some(daemon) = launcher() else { return };
    let (told, real) = (
        folder(&daemon),
        daemon.place().make_folder("elsewhere", 0o755),
    );
    let template = format!("-u %1 -m {}", real.display());
    let class = Class::new("astray", daemon.program("memfs")).set("command-line", template);
    daemon.register(&class.set("mount-point", "%1").set("start-timeout", 1));
    let arguments = [told.to_str().unwrap()];
    let call = json!({ "class": "astray", "instance": "one", "arguments": arguments });
    let error = daemon.call("Start", call).unwrap_err();
    assert_eq!(error.short_name(), "StillStarting");
    daemon.launchctl(&["stop", "astray", "one"]).ok();
}

#[test]
fn a_class_with_a_fixed_account_that_others_may_start_must_say_where_it_mounts() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let at = daemon.place().make_folder_of("of-alice", &alice);
    let fixed = Class::new("fixed", daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("run-as", "LocalSystem")
        .for_everyone();
    daemon.register(&fixed);
    let start = ["start", "fixed", "one", "u", at.to_str().unwrap()];
    let ran = daemon.launchctl_as(&alice, &start);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("mount"), "{ran:?}");
    assert!(mounts::at(&at).is_none());
}

#[test]
fn a_fixed_account_mounts_only_below_the_folders_that_the_class_names() {
    let Some(daemon) = launcher() else { return };
    let alice = Account::alice();
    let under = daemon.place().make_folder("under", 0o755);
    let inside = daemon.place().make_folder_of("under/alice", &alice);
    let outside = daemon.place().make_folder_of("outside", &alice);
    let fixed = Class::new("fixed", daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("run-as", "LocalSystem")
        .set("mount-point", "%2")
        .set("mount-under", json!([under.to_str().unwrap()]))
        .for_everyone();
    daemon.register(&fixed);
    let start = |at: &Path| {
        let start = ["start", "fixed", "one", "u", at.to_str().unwrap()];
        daemon.launchctl_as(&alice, &start)
    };
    start(&outside).ko(5);
    start(&under.join("../outside")).ko(5);
    start(&inside).ok();
    let mount = mounts::at(&inside).expect("a mount");
    assert!(
        mount.options.contains("nosuid") && mount.options.contains("nodev"),
        "{mount:?}"
    );
    daemon.launchctl_as(&alice, &["stop", "fixed", "one"]).ok();
}

#[test]
fn a_fixed_account_mounts_on_folders_that_the_caller_owns_if_the_class_names_none() {
    let Some(daemon) = launcher() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let of_alice = daemon.place().make_folder_of("of-alice", &alice);
    let of_bob = daemon.place().make_folder_of("of-bob", &bob);
    let of_all = daemon.place().make_folder("of-all", 0o777);
    daemon.register(&memfs(&daemon).set("run-as", "LocalSystem"));
    for folder in [&of_bob, &of_all] {
        start_as(&daemon, &alice, folder).ko(5);
        assert!(mounts::at(folder).is_none());
    }
    start_as(&daemon, &alice, &of_alice).ok();
    assert!(mounts::at(&of_alice).is_some());
    stop(&daemon).unwrap();
}

#[test]
fn what_was_mounted_before_survives_a_stop() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    assert_eq!(shell("mount -t tmpfs none $1; mkdir $1/m", &at).code, 0);
    start_at(&daemon, &at.join("m")).unwrap();
    stop(&daemon).unwrap();
    assert_eq!(mounts::under(&at).len(), 1);
    shell("umount $1", &at);
}

#[test]
fn the_launcher_holds_no_descriptor_of_the_fuse_device_and_none_in_a_mount() {
    let Some(daemon) = launcher() else { return };
    let at = folder(&daemon);
    start_at(&daemon, &at).unwrap();
    let entries = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap();
    for entry in entries.flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        assert!(
            target != Path::new("/dev/fuse") && !target.starts_with(&at),
            "{target:?}"
        );
    }
    stop(&daemon).unwrap();
}
