//! `mount -t fslaunch` and `umount`, with the real mount(8), umount(8), autofs
//! and systemd's generator. Each test has `/etc`, `/run` and `/sbin` to itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fslaunch_tests::{
    Account, Class, Daemon, Need, Ran, has_own_mounts, lacking, mounts, processes, program,
    run_with_deadline, until,
};
use serde_json::json;

/// A launcher, and mount(8) that finds its helper.
struct Stage {
    daemon: Daemon,
}

fn stage() -> Option<Stage> {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("unshare")]) || !has_own_mounts() {
        return None;
    }
    for name in ["mount.fslaunch", "umount.fslaunch"] {
        fs::copy(program("mount-fslaunch"), Path::new("/sbin").join(name)).unwrap();
    }
    let stage = Stage {
        daemon: Daemon::system().start(),
    };
    stage.daemon.register(&stage.memfs("memfs64"));
    Some(stage)
}

impl Stage {
    fn memfs(&self, name: &str) -> Class {
        Class::new(name, self.daemon.program("memfs"))
            .set("command-line", "-i -n 65536 -s 67108864 -u %1 -m %2")
            .set("arguments", json!(["unc", "mount-point"]))
            .set("mount-point", "%2")
            .set("stop-grace", 2)
            .set("allow-start", json!(["everyone"]))
    }

    /// MEMFS behind a program that wants a password before.
    fn vault(&self, more: impl Fn(Class) -> Class) {
        let script = format!(
            "#!/bin/sh\nsecret=$(cat)\necho x >>{}\n\
             if [ \"$secret\" = open-sesame ]; then echo OK; exec {} -m \"$1\" -u \"u$2\"\n\
             else echo NO; exit 1; fi\n",
            self.daemon.out("attempts"),
            self.daemon.program("memfs").display(),
        );
        let script = self.daemon.place().make_file("bin/vault", script, 0o755);
        let class = Class::new("vault", script)
            .set("mount-point", "%1")
            .for_everyone();
        self.daemon.register(&more(class));
    }

    fn attempts(&self) -> usize {
        let file = fs::read_to_string(self.daemon.out("attempts"));
        file.unwrap_or_default().lines().count()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.daemon.place().make_folder(name, 0o755)
    }

    fn with(&self, mut command: Command, words: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        command
            .env("FSLAUNCH_SOCKET", self.daemon.socket())
            .args(words);
        // Nobody sits at a terminal, unless the test makes one.
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        run_with_deadline(&mut command, input)
    }

    /// In a session without a terminal.
    fn run(&self, words: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        let mut command = Command::new("setsid");
        command.arg("--wait");
        self.with(command, words, input)
    }

    fn run_as(&self, account: &Account, words: &[impl AsRef<OsStr>]) -> Ran {
        let mut command = account.command("setsid");
        command.arg("--wait");
        self.with(command, words, b"")
    }

    fn mount(&self, source: &str, at: &Path, options: &str) -> Ran {
        let at = at.to_str().unwrap();
        let options = format!("rw,{options}");
        self.run(
            &["mount", "-t", "fslaunch", "-o", &options, source, at],
            b"",
        )
    }

    fn umount(&self, at: &Path) -> Ran {
        self.run(&[OsStr::new("umount"), at.as_os_str()], b"")
    }

    fn fstab(&self, line: &str) {
        fs::write("/etc/fstab", format!("{line}\n")).unwrap();
    }

    /// Neither an instance nor a mount is there.
    #[track_caller]
    fn nothing_is_left(&self, at: &Path) {
        assert!(mounts::at(at).is_none(), "{:?}", mounts::at(at));
        until("no instance is listed", || {
            let listed = self.daemon.launchctl(&["list", "--all"]);
            listed.out.trim() == "OK"
        });
    }
}

/// Expects success without a word.
#[track_caller]
fn done(ran: &Ran) {
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "", ""),
        "{ran:#?}"
    );
}

/// Expects failure with that exit code of mount(8); gives its words.
#[track_caller]
fn failed(ran: &Ran, code: i32) -> &str {
    assert_eq!(ran.code, code, "{ran:#?}");
    assert!(ran.err.contains("mount.fslaunch: "), "{ran:#?}");
    &ran.err
}

#[test]
fn a_tree_is_written_and_compared_between_mount_and_umount_both_by_root() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for source in ["//memfs64/share", r"\\memfs64\share"] {
        done(&stage.mount(source, &at, "defaults"));
        let mount = mounts::at(&at).unwrap();
        assert_eq!(mount.source, r"\memfs64\share");
        assert!(mount.kind.starts_with("fuse"), "{mount:?}");
        let compare = "cp -r /etc/default \"$1\"/copy && diff -r /etc/default \"$1\"/copy";
        done(&run_with_deadline(
            Command::new("sh").args(["-ec", compare, "sh"]).arg(&at),
            b"",
        ));
        assert_eq!(stage.daemon.listed(), [("memfs64".into(), "share".into())]);
        done(&stage.umount(&at));
        stage.nothing_is_left(&at);
    }
}

#[test]
fn the_class_may_be_in_the_type_and_what_launchctl_stops_is_unmounted() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let words = [
        "mount",
        "-t",
        "fslaunch.memfs64",
        "share",
        at.to_str().unwrap(),
    ];
    done(&stage.run(&words, b""));
    assert_eq!(mounts::at(&at).unwrap().source, r"\memfs64\share");
    stage.daemon.launchctl(&["stop", "memfs64", "share"]).ok();
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_without_names_gets_name_and_folder_in_the_order_of_windows() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let plain = Class::new("plain", stage.daemon.program("memfs"));
    let plain = plain
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2");
    stage.daemon.register(&plain);
    done(&stage.mount("//plain/a/b", &at, "defaults"));
    assert_eq!(mounts::at(&at).unwrap().source, r"\plain\a\b");
    assert_eq!(stage.daemon.listed(), [("plain".into(), r"a\b".into())]);
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_that_does_not_say_when_it_is_mounted_is_waited_for_all_the_same() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let script = format!(
        "#!/bin/sh\nsleep 0.5\nexec {} -m \"$1\"\n",
        stage.daemon.program("memfs").display()
    );
    let script = stage.daemon.place().make_file("bin/late", script, 0o755);
    stage
        .daemon
        .register(&Class::new("late", script).set("command-line", "%2"));
    done(&stage.mount("//late/one", &at, "defaults"));
    assert!(mounts::at(&at).is_some());
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
    let ends = Class::stand_in(&stage.daemon, "ends", "pause=300 exit=3 -- %2");
    stage.daemon.register(&ends);
    let ran = stage.mount("//ends/one", &at, "defaults");
    assert!(
        failed(&ran, 32).contains("ended before anything was mounted"),
        "{ran:?}"
    );
}

#[test]
fn what_is_mounted_again_at_once_waits_for_the_end_of_the_first() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for _ in 0..10 {
        done(&stage.mount("//memfs64/share", &at, "defaults"));
        done(&stage.umount(&at));
    }
    stage.nothing_is_left(&at);
}

#[test]
fn what_the_mount_must_forbid_it_forbids_when_root_asks() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount("//memfs64/share", &at, "noexec,nosuid,nodev,noatime,ro"));
    let options = mounts::at(&at).unwrap().options;
    for wanted in ["noexec", "nosuid", "nodev", "noatime", "ro"] {
        assert!(options.contains(wanted), "{wanted}: {options:?}");
    }
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
}

#[test]
fn a_user_mounts_and_unmounts_by_fstab_and_nobody_else_can() {
    let Some(stage) = stage() else { return };
    let (alice, bob) = (Account::alice(), Account::bob());
    let at = stage.daemon.place().make_folder_of("of-alice", &alice);
    let point = at.to_str().unwrap();
    stage.fstab(&format!(
        "//memfs64/share {point} fslaunch user,noauto,exec 0 0"
    ));
    done(&stage.run_as(&alice, &["mount", point]));
    let mount = mounts::at(&at).unwrap();
    assert!(
        mount.options.contains("nosuid") && mount.options.contains("nodev"),
        "{mount:?}"
    );
    assert!(
        mount
            .super_options
            .contains(&format!("user_id={}", alice.uid)),
        "{mount:?}"
    );
    let ran = stage.run_as(&bob, &["umount", point]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let ran = stage.run_as(&bob, &["umount.fslaunch", point].map(sbin));
    assert_eq!(failed_umount(&ran), 32);
    assert!(mounts::at(&at).is_some());
    done(&stage.run_as(&alice, &["umount", point]));
    stage.nothing_is_left(&at);
    done(&stage.run_as(&alice, &["mount", point]));
    done(&stage.run_as(&alice, &["umount.fslaunch", point].map(sbin)));
    stage.nothing_is_left(&at);
}

/// The full path of a helper; other words stay.
fn sbin(word: &str) -> String {
    match word.ends_with(".fslaunch") {
        true => format!("/sbin/{word}"),
        false => word.to_owned(),
    }
}

#[track_caller]
fn failed_umount(ran: &Ran) -> i32 {
    assert!(ran.err.contains("umount.fslaunch: "), "{ran:#?}");
    ran.code
}

#[test]
fn what_fstab_s_user_implies_holds_or_nothing_is_mounted() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.daemon.place().make_folder_of("of-alice", &alice);
    let point = at.to_str().unwrap();
    stage.fstab(&format!("//memfs64/share {point} fslaunch user,noauto 0 0"));
    let ran = stage.run_as(&alice, &["mount", point]);
    let words = failed(&ran, 32);
    assert!(
        words.contains("without noexec") && words.contains("mount-options"),
        "{words}"
    );
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_that_takes_mount_options_is_mounted_with_them_for_a_user() {
    if lacking(&[Need::Program("bindfs")]) {
        return;
    }
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.daemon.place().make_folder_of("of-alice", &alice);
    let point = at.to_str().unwrap();
    let bindfs = Class::new("bindfs", "/usr/bin/bindfs")
        .set("command-line", "-f --no-allow-other -o %3 %1 %2")
        .set(
            "arguments",
            json!(["source", "mount-point", "mount-options"]),
        )
        .set("mount-point", "%2");
    stage.daemon.register(&bindfs.for_everyone());
    stage.fstab(&format!(
        "//bindfs/docs {point} fslaunch user,noauto,ro,source=/etc/default 0 0"
    ));
    done(&stage.run_as(&alice, &["mount", point]));
    let options = mounts::at(&at).unwrap().options;
    for wanted in ["noexec", "nosuid", "nodev", "ro"] {
        assert!(options.contains(wanted), "{wanted}: {options:?}");
    }
    done(&stage.run_as(&alice, &["umount", point]));
    stage.nothing_is_left(&at);
}

#[test]
fn whoever_may_stop_an_instance_of_root_may_unmount_it_where_umount_asks_the_helper() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.folder("mnt");
    let point = at.to_str().unwrap();
    stage.daemon.register(&stage.memfs("for-root"));
    done(&stage.mount("//for-root/share", &at, "uhelper=fslaunch"));
    let ran = stage.run_as(&alice, &["umount", point]);
    assert_eq!(failed_umount(&ran), 32);
    assert!(mounts::at(&at).is_some());
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
    let for_all = Class::new("for-all", stage.daemon.program("memfs"))
        .set("command-line", "-u %1 -m %2")
        .set("mount-point", "%2")
        .for_everyone();
    stage.daemon.register(&for_all);
    done(&stage.mount("//for-all/share", &at, "uhelper=fslaunch"));
    let ran = stage.run_as(&alice, &["umount", "-v", point]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("instance 'share'"), "{ran:?}");
    assert!(mounts::at(&at).is_none());
    assert!(stage.daemon.listed().is_empty());
}

#[test]
fn what_is_in_use_stays_mounted_unless_it_is_to_end_all_the_same() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    done(&stage.mount("//memfs64/share", &at, "defaults"));
    let mut user = Command::new("sleep")
        .arg("60")
        .current_dir(&at)
        .spawn()
        .unwrap();
    let point = at.to_str().unwrap();
    assert_eq!(stage.umount(&at).code, 32);
    let helper = "/sbin/umount.fslaunch";
    let ran = stage.run(&[helper, point], b"");
    assert_eq!(failed_umount(&ran), 32);
    assert!(
        ran.err.contains("in use") && ran.err.contains("umount -l"),
        "{ran:?}"
    );
    assert!(mounts::at(&at).is_some());
    done(&stage.run(&[helper, point, "-f"], b""));
    stage.nothing_is_left(&at);
    user.kill().unwrap();
    user.wait().unwrap();
    done(&stage.mount("//memfs64/share", &at, "defaults"));
    let mut user = Command::new("sleep")
        .arg("60")
        .current_dir(&at)
        .spawn()
        .unwrap();
    done(&stage.run(&[helper, point, "-l"], b""));
    assert!(mounts::at(&at).is_none());
    user.kill().unwrap();
    user.wait().unwrap();
    stage.nothing_is_left(&at);
    let ran = stage.run(&[helper, point], b"");
    assert_eq!(failed_umount(&ran), 32);
}

#[test]
fn autofs_mounts_on_first_access_and_its_end_unmounts() {
    if lacking(&[Need::Program("automount")]) {
        return;
    }
    let Some(stage) = stage() else { return };
    let base = stage.folder("auto");
    let map = "share -fstype=fslaunch ://memfs64/share\n\
               typed -fstype=fslaunch.memfs64 :two\n\
               stopped -fstype=fslaunch,nosuid,noexec ://memfs64/three\n";
    fs::write("/etc/auto.fslaunch", map).unwrap();
    // An automount unit of systemd is such a direct mount, too.
    let direct = stage.folder("direct");
    let map = format!("{} -fstype=fslaunch ://memfs64/four\n", direct.display());
    fs::write("/etc/auto.direct", map).unwrap();
    let master = format!(
        "{} /etc/auto.fslaunch\n/- /etc/auto.direct\n",
        base.display()
    );
    fs::write("/etc/auto.master", master).unwrap();
    let log = fs::File::create(stage.daemon.out("automount.log")).unwrap();
    // It does not outlive a test that fails.
    let mut automount = Command::new("setpriv")
        .args(["--pdeathsig=KILL", "--", "automount", "--foreground"])
        .arg("--verbose")
        .env("FSLAUNCH_SOCKET", stage.daemon.socket())
        .stdout(Stdio::null())
        .stderr(log)
        // What is in its own group never waits for it.
        .process_group(0)
        .spawn()
        .unwrap();
    let watched = || {
        let places = [&base, &direct].map(|place| mounts::at(place));
        let mut mounts = places.into_iter().flatten();
        mounts.clone().count() == 2 && mounts.all(|mount| mount.kind == "autofs")
    };
    let log = || fs::read_to_string(stage.daemon.out("automount.log")).unwrap_or_default();
    until("autofs watches its folder", || {
        assert!(automount.try_wait().unwrap().is_none(), "{}", log());
        watched()
    });
    let places = [
        (base.join("share"), "share"),
        (base.join("typed"), "two"),
        (base.join("stopped"), "three"),
        (direct, "four"),
    ];
    for (at, instance) in &places {
        let script = "echo content >\"$1\"/file && cat \"$1\"/file";
        let mut user = Command::new("sh");
        let ran = run_with_deadline(user.args(["-ec", script, "sh"]).arg(at), b"");
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (0, "content\n"),
            "{ran:?}\n{}",
            log()
        );
        assert_eq!(
            mounts::at(at).unwrap().source,
            format!(r"\memfs64\{instance}")
        );
    }
    let stopped = base.join("stopped");
    assert!(mounts::at(&stopped).unwrap().options.contains("noexec"));
    stage.daemon.launchctl(&["stop", "memfs64", "three"]).ok();
    assert!(mounts::at(&stopped).is_none());
    processes::signal(automount.id(), fslaunch_tests::Signal::TERM);
    let ended = automount.wait().unwrap();
    assert!(ended.success(), "{ended}: {}", log());
    for (at, _) in &places {
        let after = mounts::at(at);
        assert!(after.is_none(), "{after:?}");
    }
    stage.nothing_is_left(&base);
    let left = fs::read_dir("/run").unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.all(|name| !name.starts_with("fslaunch-mount")));
}

#[test]
fn systemd_makes_units_of_fstab_that_mount_the_same() {
    let generator = "/lib/systemd/system-generators/systemd-fstab-generator";
    if !Path::new(generator).exists() {
        fslaunch_tests::skipped(
            "systemd_makes_units_of_fstab_that_mount_the_same",
            "no systemd",
        );
        return;
    }
    let Some(stage) = stage() else { return };
    stage.fstab("//memfs64/share /mnt/z fslaunch noauto,x-systemd.automount,nofail,key=a 0 0");
    let units = stage.folder("units");
    let mut command = Command::new(generator);
    let ran = run_with_deadline(command.args([&units, &units, &units]), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let unit = fs::read_to_string(units.join("mnt-z.mount")).unwrap();
    for line in ["What=//memfs64/share", "Where=/mnt/z", "Type=fslaunch"] {
        assert!(unit.lines().any(|known| known == line), "{line}: {unit}");
    }
    let options = unit
        .lines()
        .find_map(|line| line.strip_prefix("Options="))
        .unwrap();
    let automount = fs::read_to_string(units.join("mnt-z.automount")).unwrap();
    assert!(automount.contains("Where=/mnt/z"), "{automount}");
    // systemd runs mount(8) with just these; but for `key`, which the class does not have.
    let at = stage.folder("mnt");
    let options = options.replace("key=a", "rw");
    done(&stage.mount("//memfs64/share", &at, &options));
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
}

#[test]
fn an_option_that_nobody_knows_fails_and_is_named_unless_mount_is_sloppy() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    for option in ["frobnicate", "frobnicate=1"] {
        let ran = stage.mount("//memfs64/share", &at, option);
        assert!(failed(&ran, 1).contains("'frobnicate'"), "{ran:?}");
        stage.nothing_is_left(&at);
    }
    let words = [
        "mount",
        "-s",
        "-t",
        "fslaunch",
        "-o",
        "frobnicate=1",
        "//memfs64/share",
    ];
    let words: Vec<&str> = words.into_iter().chain([at.to_str().unwrap()]).collect();
    done(&stage.run(&words, b""));
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
}

#[test]
fn wrong_usage_and_missing_permission_end_with_1() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let words = |source: &str, options: &str| {
        let ran = stage.mount(source, &at, options);
        failed(&ran, 1).to_owned()
    };
    assert!(words("memfs64", "rw").contains("//CLASS/INSTANCE"));
    let unknown = words("//memfs/share", "rw");
    assert!(
        unknown.contains("'memfs'") && unknown.contains("are memfs64"),
        "{unknown}"
    );
    assert!(words("//memfs64/share", "remount").contains("'remount'"));
    let secret = words("//memfs64/share", "password=hunter2");
    assert!(
        secret.contains("credentials=FILE") && !secret.contains("hunter2"),
        "{secret}"
    );
    assert!(words("//memfs64/share", "remember").contains("takes no secret"));
    stage
        .daemon
        .register(&stage.memfs("for-root").set("allow-start", json!([])));
    stage.nothing_is_left(&at);
}

#[test]
fn a_class_that_the_user_may_not_start_ends_with_1() {
    let Some(stage) = stage() else { return };
    let alice = Account::alice();
    let at = stage.daemon.place().make_folder_of("of-alice", &alice);
    let point = at.to_str().unwrap();
    // Alice may stop and query, and not start.
    let class = Class::new("looked-at", stage.daemon.program("memfs"))
        .set("command-line", "-m %1")
        .set("arguments", json!(["mount-point"]))
        .set("security", "D:P(A;;WPLC;;;WD)(A;;RPWPLC;;;BA)");
    stage.daemon.register(&class);
    stage.fstab(&format!(
        "//looked-at/one {point} fslaunch user,noauto,exec 0 0"
    ));
    let ran = stage.run_as(&alice, &["mount", point]);
    assert!(failed(&ran, 1).contains("may not start"), "{ran:?}");
    stage.nothing_is_left(&at);
}

#[test]
fn without_a_launcher_it_ends_with_2() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let mut command = Command::new("mount");
    command
        .env("FSLAUNCH_SOCKET", "/run/nowhere")
        .args(["-t", "fslaunch", "//a/b"]);
    let ran = run_with_deadline(command.arg(&at), b"");
    assert!(failed(&ran, 2).contains("is fslaunchd running?"), "{ran:?}");
    let mut command = Command::new("/sbin/umount.fslaunch");
    command.env("FSLAUNCH_SOCKET", "/run/nowhere").arg(&at);
    assert_eq!(failed_umount(&run_with_deadline(&mut command, b"")), 2);
}

#[test]
fn what_the_file_system_fails_at_ends_with_32_and_its_own_words() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let broken = Class::stand_in(&stage.daemon, "broken", "err=no=such=server exit=9 -- %1");
    let broken = broken
        .set("arguments", json!(["mount-point"]))
        .set("mount-point", "%1");
    stage.daemon.register(&broken);
    let ran = stage.mount("//broken/one", &at, "rw");
    let words = failed(&ran, 32);
    assert!(
        words.contains("no=such=server") && words.contains('9'),
        "{words}"
    );
    let ran = stage.mount("//memfs64/share", &at.join("missing"), "X-none");
    assert_ne!(ran.code, 0, "{ran:?}");
    done(&stage.mount("//memfs64/share", &at, "rw"));
    let ran = stage.mount("//memfs64/share", &stage.folder("other"), "rw");
    let words = failed(&ran, 32);
    assert!(
        words.contains(at.to_str().unwrap()) && words.contains("instance=NAME"),
        "{words}"
    );
    let other = stage.folder("other");
    done(&stage.mount("//memfs64/share", &other, "instance=again"));
    done(&stage.umount(&other));
    done(&stage.umount(&at));
}

#[test]
fn a_helper_with_rights_of_another_user_refuses_to_run() {
    let Some(stage) = stage() else { return };
    let helper = Path::new("/sbin/mount.fslaunch");
    fs::set_permissions(helper, fs::Permissions::from_mode(0o4755)).unwrap();
    let at = stage.folder("mnt");
    let words = [
        helper.as_os_str(),
        OsStr::new("//memfs64/share"),
        at.as_os_str(),
    ];
    let ran = stage.run_as(&Account::alice(), &words);
    assert!(failed(&ran, 1).contains("set-user-ID"), "{ran:?}");
    stage.nothing_is_left(&at);
}

#[test]
fn a_fake_mount_checks_all_and_mounts_nothing_and_verbose_tells_what_is_done() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    let point = at.to_str().unwrap();
    let ran = stage.run(
        &["mount", "-fv", "-t", "fslaunch", "//memfs64/share", point],
        b"",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("instance 'share' of class 'memfs64'"),
        "{ran:?}"
    );
    stage.nothing_is_left(&at);
    let ran = stage.run(
        &[
            "mount",
            "-f",
            "-t",
            "fslaunch",
            "-o",
            "x=1",
            "//memfs64/share",
            point,
        ],
        b"",
    );
    assert!(failed(&ran, 1).contains("'x'"), "{ran:?}");
}

/// Passwords of the tests, in the keyring of root, which outlives them.
struct Remembered<'a>(&'a Stage, String);

impl<'a> Remembered<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self(stage, format!("test-{}", std::process::id()))
    }
}

impl Drop for Remembered<'_> {
    fn drop(&mut self) {
        self.0.with(
            launchctl(self.0),
            &["credentials", "remove", "vault", &self.1],
            b"",
        );
    }
}

fn launchctl(stage: &Stage) -> Command {
    Command::new(stage.daemon.program("launchctl"))
}

/// Whether the kernel keeps passwords here; says so if not.
fn lacks_keyring(stage: &Stage, test: &str) -> bool {
    let listed = stage.with(launchctl(stage), &["credentials", "list"], b"");
    if listed.code != 0 {
        fslaunch_tests::skipped(test, &format!("no keyring: {}", listed.out.trim()));
    }
    listed.code != 0
}

#[test]
fn a_password_that_worked_is_remembered_and_used_the_next_time() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(
        &stage,
        "a_password_that_worked_is_remembered_and_used_the_next_time",
    ) {
        return;
    }
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
    let remembered = Remembered::new(&stage);
    let source = format!("//vault/{}", remembered.1);
    let point = at.to_str().unwrap();
    let mount = |options: &str, input: &[u8]| {
        stage.run(
            &["mount", "-t", "fslaunch", "-o", options, &source, point],
            input,
        )
    };
    let listed = || {
        stage
            .with(launchctl(&stage), &["credentials", "list"], b"")
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
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
    done(&mount("rw", b""));
    done(&stage.umount(&at));
    // launchctl knows it as well.
    let named = format!("mount-point={point}");
    let start = ["start", "-o", &named, "vault", &remembered.1];
    stage.daemon.launchctl(&start).ok();
    stage
        .daemon
        .launchctl(&["stop", "vault", &remembered.1])
        .ok();
    let remove = ["credentials", "remove", "vault", &remembered.1];
    assert_eq!(stage.with(launchctl(&stage), &remove, b"").code, 0);
    assert_eq!(stage.with(launchctl(&stage), &remove, b"").code, 3);
    assert!(failed(&mount("rw", b""), 1).contains("password"));
    stage.daemon.launchctl(&start).ko(87);
    stage.nothing_is_left(&at);
}

#[test]
fn a_remembered_password_that_is_refused_is_tried_once_and_named() {
    let Some(stage) = stage() else { return };
    if lacks_keyring(
        &stage,
        "a_remembered_password_that_is_refused_is_tried_once_and_named",
    ) {
        return;
    }
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
    let remembered = Remembered::new(&stage);
    let source = format!("//vault/{}", remembered.1);
    let words = [
        "mount",
        "-t",
        "fslaunch",
        "-o",
        "remember,credentials=-",
        &source,
    ];
    let words: Vec<&str> = words.into_iter().chain([at.to_str().unwrap()]).collect();
    done(&stage.run(&words, b"open-sesame"));
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
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

#[test]
fn name_and_password_come_from_a_file_that_nobody_else_may_read() {
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1 %2").set("credentials", 3);
        class.set("arguments", json!(["mount-point", "user"]))
    });
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
    if lacking(&[Need::Program("script")]) {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
    let line = format!("mount -t fslaunch //vault/one {}", at.display());
    let words = [
        "script",
        "--quiet",
        "--return",
        "--command",
        &line,
        "/dev/null",
    ];
    let mut typing = Command::new("sh");
    // It is typed once the question is there.
    typing.args([
        "-c",
        "{ sleep 1; echo open-sesame; sleep 2; } | exec \"$@\"",
        "sh",
    ]);
    let ran = stage.with(typing, &words, b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains(r"Password for \\vault\one"), "{ran:?}");
    assert!(!ran.out.contains("open-sesame"), "{ran:?}");
    done(&stage.umount(&at));
    stage.nothing_is_left(&at);
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
    mount.env("FSLAUNCH_SOCKET", stage.daemon.socket());
    mount
        .args(["-t", "fslaunch", "-o", "credentials=-", "//slow/one"])
        .arg(&at);
    let running = std::thread::spawn(move || run_with_deadline(&mut mount, secret.as_bytes()));
    stage
        .daemon
        .wait_for_state_or_absent("slow", "one", "starting");
    assert_eq!(
        stage.daemon.places_that_show(secret, "slow", "one"),
        [""; 0]
    );
    fs::write(out, "").unwrap();
    let ran = running.join().unwrap();
    assert!(!failed(&ran, 32).contains(secret), "{ran:?}");
    assert_eq!(
        stage.daemon.places_that_show(secret, "slow", "one"),
        [""; 0]
    );
}

#[test]
fn the_secret_service_of_the_session_keeps_passwords_where_there_is_one() {
    let needs = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"].map(Need::Program);
    if lacking(&needs) {
        return;
    }
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
    let script = r#"
        printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        printf open-sesame | mount -t fslaunch -o remember,credentials=- //vault/one "$1"
        "$2" credentials list
        umount "$1"
        mount -t fslaunch //vault/one "$1"
        umount "$1"
        "$2" credentials remove VAULT ONE
        "$2" credentials list"#;
    let home = stage.daemon.place().make_folder("home", 0o700);
    let mut command = Command::new("env");
    command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
    command.args(["dbus-run-session", "--", "sh", "-ec", script, "sh"]);
    let ran = stage.with(
        command,
        &[
            at.as_os_str(),
            stage.daemon.program("launchctl").as_os_str(),
        ],
        b"",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, "OK\n\\\\vault\\one\nOK\nOK\n", "{ran:?}");
    stage.nothing_is_left(&at);
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

#[test]
fn without_a_terminal_pinentry_is_asked_on_a_desktop_and_systemd_s_agents_otherwise() {
    const PINENTRY: &str = "#!/bin/sh\necho OK\n\
        while read -r line; do printf '%s\\n' \"$line\" >>OUT; case $line in\n\
        GETPIN) echo 'D open%2dsesame'; echo OK;; *) echo OK;; esac; done\n";
    const AGENT: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" >OUT\nprintf open-sesame\n";
    let Some(stage) = stage() else { return };
    let at = stage.folder("mnt");
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
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
            fslaunch_tests::skipped("a password is asked for without a terminal", program);
            continue;
        }
        let words = ["env", display, "mount", "-t", "fslaunch", "//vault/one"];
        let words: Vec<&str> = words.into_iter().chain([at.to_str().unwrap()]).collect();
        done(&stage.run(&words, b""));
        let asked = fs::read_to_string(&asked).unwrap();
        assert!(asked.lines().any(|line| line == question), "{asked}");
        done(&stage.umount(&at));
        stage.nothing_is_left(&at);
    }
}

#[test]
fn launchctl_remembers_for_its_user_alone_and_only_what_worked() {
    let test = "launchctl_remembers_for_its_user_alone_and_only_what_worked";
    let Some(stage) = stage() else { return };
    if lacks_keyring(&stage, test) {
        return;
    }
    stage.vault(|class| {
        let class = class.set("command-line", "%1").set("credentials", 1);
        class.set("arguments", json!(["mount-point"]))
    });
    let alice = Account::alice();
    let at = stage.daemon.place().make_folder_of("of-alice", &alice);
    let named = format!("mount-point={}", at.display());
    let name = format!("test-{}", std::process::id());
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
    let of_root = stage.with(launchctl(&stage), &["credentials", "list"], b"");
    assert!(!of_root.out.contains(&name), "{of_root:?}");
    run(&["credentials", "remove", "vault", &name], "").ok();
    assert_eq!(run(&["credentials", "list"], "").out, "OK\n");
    run(&["start", "-o", &named, "vault", &name], "").ko(87);
    stage.nothing_is_left(&at);
}
