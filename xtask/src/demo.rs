//! `cargo xtask demo`: a real file system launched, used, inspected and
//! stopped. Each command is shown as a reader would type it, and each that
//! does not do what it should fails the demonstration.

mod stage;
mod step;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::path::Path;

use crate::command::{built, cargo, run as run_command};
use crate::failure::Failure;
use crate::system::leftovers::processes;
use crate::system::machine::{exists, is_root};
use crate::system::packages;

use stage::Stage;

/// What is copied into the file system.
const TREES: [&str; 2] = ["docs", "crates"];

/// Builds, shows, and takes everything down again, also after a failure.
pub(crate) fn run() -> Result<(), Failure> {
    println!("A file system in memory is started, used, inspected and stopped.");
    able_to_mount()?;
    println!("\n== Build the launcher, its command line and the file system");
    run_command(&mut cargo(&[
        "build",
        "-p",
        "fslaunchd",
        "-p",
        "launchctl",
        "-p",
        "memfs",
    ]))?;
    let before: BTreeSet<_> = processes().into_iter().collect();
    let stage = Stage::set_up(&built()?)?;
    let outcome = show(&stage);
    let outcome = outcome.and_then(|()| stage.end_daemon());
    let outcome = outcome.and_then(|()| no_new_process(&before, &stage.programs()));
    stage.take_down();
    if outcome.is_ok() {
        println!("\nThat was all. Nothing of it is left on this machine.");
    }
    outcome
}

/// Says what is missing for mounting, and how to get it.
fn able_to_mount() -> Result<(), Failure> {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    if let Err(error) = device {
        let help = "load the kernel's module with `sudo modprobe fuse`, and let \
                    everybody use it with `sudo chmod 0666 /dev/fuse`";
        return Err(Failure::new(format!(
            "/dev/fuse can't be opened ({error}): {help}"
        )));
    }
    if !is_root() && !exists("fusermount3") {
        let missing = packages::missing(packages::FOR_DEMO).join(" ");
        let help = format!("`sudo apt-get install {missing}`");
        return Err(Failure::new(format!(
            "users can't mount without fusermount3: {help}"
        )));
    }
    Ok(())
}

fn show(stage: &Stage) -> Result<(), Failure> {
    let mount = stage.mount_point();
    let at = mount.as_str();

    println!("\n== Start the launcher in a folder of its own");
    stage.start_daemon()?;

    println!("\n== Register the service class memfs64");
    stage.runs(&["cat", &stage.class_file("memfs64")])?;
    stage.register("memfs64")?;
    stage.runs(&["launchctl", "classes"])?;

    println!("\n== Start \\\\memfs64\\share");
    stage.runs(&["mkdir", at])?;
    stage.runs(&[
        "launchctl",
        "start",
        "memfs64",
        "share",
        r"\memfs64\share",
        at,
    ])?;
    stage.says(&["launchctl", "info", "memfs64", "share"], "memfs64 share")?;
    stage.says(&["launchctl", "list"], "memfs64 share")?;

    println!("\n== Use it");
    for tree in TREES {
        stage.runs(&["cp", "-r", tree, at])?;
        stage.runs(&["diff", "-r", tree, &format!("{at}/{tree}")])?;
    }
    stage.runs(&["df", at])?;

    show_refusals(stage, at)?;

    println!("\n== Stop it");
    stage.runs(&["launchctl", "stop", "memfs64", "share"])?;

    println!("\n== Nothing is left");
    stage.says_only(&["launchctl", "list"], "OK")?;
    stage.fails(&["grep", "-F", at, "/proc/self/mountinfo"], "")
}

/// What goes wrong is said in words.
fn show_refusals(stage: &Stage, at: &str) -> Result<(), Failure> {
    println!("\n== A start that is denied");
    let other = r"\memfs64\other";
    if is_root() {
        let nobody = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        let start = ["launchctl", "start", "memfs64", "other", other, at];
        stage.fails(&[&nobody[..], &start[..]].concat(), "KO launcher: error 5")?;
    } else {
        stage.runs(&["cat", &stage.class_file("locked")])?;
        stage.register("locked")?;
        let start = ["launchctl", "start", "locked", "other", other, at];
        stage.fails(&start, "KO launcher: error 5")?;
    }

    println!("\n== Starts that fail");
    let missing = format!("{at}-missing");
    let start = ["launchctl", "start", "memfs64", "other", other, &missing];
    stage.fails(&start, "KO launcher: error 3")?;
    let start = ["launchctl", "start", "MEMFS64", "SHARE", other, at];
    stage.fails(&start, "KO launcher: error 183")?;
    let start = ["launchctl", "start", "memfs65", "share"];
    stage.fails(&start, "KO launcher: error 2")
}

/// No program of the demonstration runs that did not run before it.
fn no_new_process(
    before: &BTreeSet<(u32, std::path::PathBuf)>,
    programs: &Path,
) -> Result<(), Failure> {
    let left = processes().into_iter().find(|process| {
        let name = process.1.file_name().and_then(|name| name.to_str());
        let ours = matches!(name, Some("fslaunchd" | "launchctl" | "memfs"));
        ours && process.1.starts_with(programs) && !before.contains(process)
    });
    match left {
        None => Ok(()),
        Some((pid, program)) => Err(Failure::new(format!(
            "process {pid} still runs {}",
            program.display()
        ))),
    }
}
