//! autofs and systemd, which mount on first access.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fslaunch_tests::{Need, Place, lacking, mounts, processes, run_with_deadline, skipped, until};

use crate::stage::{done, stage};

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

/// What makes units of fstab.
const GENERATOR: &str = "/lib/systemd/system-generators/systemd-fstab-generator";

fn lacks_generator() -> bool {
    let lacks = !Path::new(GENERATOR).exists();
    if lacks {
        let test = std::thread::current();
        let why = "no systemd-fstab-generator: install the package systemd; it need not run";
        skipped(test.name().unwrap(), why);
    }
    lacks
}

#[test]
fn systemd_makes_units_of_fstab_that_mount_the_same() {
    if lacks_generator() {
        return;
    }
    let Some(stage) = stage() else { return };
    stage.fstab("//memfs64/share /mnt/z fslaunch noauto,x-systemd.automount,nofail,key=a 0 0");
    let units = stage.folder("units");
    let mut command = Command::new(GENERATOR);
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
    stage.take_down(&at);
}

/// The lines of fstab that mount.fslaunch(8) gives as examples.
fn examples() -> Vec<String> {
    let page = include_str!("../../../docs/man/mount.fslaunch.8");
    let lines = page.lines().filter(|line| line.starts_with("//"));
    lines.map(|line| line.replace("\\-", "-")).collect()
}

/// What `systemd-analyze verify` says of a boot with these lines of fstab and
/// the launcher's own units. It plans the boot, and runs nothing.
fn verified(lines: &[String]) -> String {
    let place = Place::new();
    let fstab = place.make_file("fstab", lines.join("\n") + "\n", 0o644);
    let units = place.make_folder("units", 0o755);
    let mut generator = Command::new(GENERATOR);
    generator.env("SYSTEMD_FSTAB", fstab);
    let ran = run_with_deadline(generator.args([&units, &units, &units]), b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    for name in ["fslaunchd.socket", "fslaunchd.service"] {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
        fs::copy(own.join(name), units.join(name)).unwrap();
    }
    let mounts = fs::read_dir(&units).unwrap();
    let mounts = mounts.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mounts = mounts.filter(|name| name.ends_with("mount"));
    let mut verify = Command::new("systemd-analyze");
    verify.env("SYSTEMD_UNIT_PATH", format!("{}:", units.display()));
    verify
        .args(["verify", "--man=no", "default.target"])
        .args(mounts);
    run_with_deadline(&mut verify, b"").err
}

#[test]
fn systemd_plans_a_boot_with_the_lines_of_the_man_page_and_the_launcher_s_units() {
    if lacking(&[Need::Program("systemd-analyze")]) || lacks_generator() {
        return;
    }
    let lines = examples();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let said = verified(&lines);
    let about_us = |line: &&str| line.contains("cycle") || line.contains("mount");
    let about_us: Vec<&str> = said.lines().filter(about_us).collect();
    assert!(about_us.is_empty(), "{about_us:#?}");
    // Without `_netdev` the mount is wanted before any socket: the page says so.
    let local = "//memfs64/boot /mnt/y fslaunch x-systemd.requires=fslaunchd.socket 0 0";
    let said = verified(&[local.to_owned()]);
    assert!(said.contains("ordering cycle"), "{said}");
}
