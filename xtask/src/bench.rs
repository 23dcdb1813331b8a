//! `cargo xtask bench`: the figures, side by side in one run.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::command::{cargo, quietly, run as run_command, target};
use crate::failure::Failure;
use crate::system::fuse_device::FuseDevice;
use crate::system::packages;
use crate::system::wine::figures;

/// The word that chooses MEMFS beside other file systems; without this one and
/// the next, everything is measured.
const FILESYSTEMS: &str = "filesystems";
/// The word that chooses `mount -t fslaunch` beside a mount(8) without launcher.
const MOUNT: &str = "mount";
/// The word that chooses the figures of Windows.
const WINDOWS: &str = "windows";
/// Examples of libfuse that MEMFS is compared with, and where Debian has them.
const EXAMPLES: [&str; 2] = ["passthrough_ll", "hello_ll"];
const EXAMPLES_FOLDER: &str = "/usr/share/doc/libfuse3-dev/examples";

/// Builds everything for release and runs the benchmarks.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    println!("Building for release, then measuring; a few minutes.");
    match arguments {
        [] => native(&[])
            .and_then(|()| figures(&[]))
            .and_then(|()| filesystems(&[]))
            .and_then(|()| mount()),
        [word] if word == MOUNT => mount(),
        [word, rows @ ..] if word == FILESYSTEMS => filesystems(rows),
        [word, groups @ ..] if word == WINDOWS => figures(groups),
        groups => native(groups),
    }
}

fn native(groups: &[OsString]) -> Result<(), Failure> {
    // The benchmarks start the daemon and the stand-ins: these must be there.
    run_command(&mut cargo(&["build", "--release", "--workspace", "--bins"]))?;
    let mut command = cargo(&["run", "--release", "-p", "fslaunch-benches", "--"]);
    run_command(command.args(groups))
}

fn filesystems(rows: &[OsString]) -> Result<(), Failure> {
    packages::install(packages::FOR_FILE_SYSTEM_BENCH)?;
    for name in EXAMPLES {
        if let Err(failure) = build_example(name) {
            println!("MISSING: {name} of libfuse ({failure}); it is not measured.");
        }
    }
    let device = FuseDevice::open_to_everybody()?;
    run_command(&mut cargo(&["build", "--release", "-p", "memfs"]))?;
    let mut command = cargo(&["run", "--release", "-p", "fslaunch-benches"]);
    command
        .args(["--bin", "bench-filesystems", "--"])
        .args(rows);
    let outcome = run_command(&mut command);
    drop(device);
    outcome
}

fn mount() -> Result<(), Failure> {
    let mut build = cargo(&["build", "--release"]);
    for name in [
        "fslaunchd",
        "launchctl",
        "memfs",
        "mount-fslaunch",
        "fslaunch-tests",
        "fslaunch-benches",
    ] {
        build.args(["-p", name]);
    }
    run_command(&mut build)?;
    let mut command = cargo(&["run", "--release", "-p", "fslaunch-benches"]);
    run_command(command.args(["--bin", "bench-mount"]))
}

fn build_example(name: &str) -> Result<(), Failure> {
    let folder = target()?.join("tools/bin");
    let program = folder.join(name);
    if program.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).map_err(|error| Failure::to("make a folder", &error))?;
    let flags = quietly(Command::new("pkg-config").args(["--cflags", "--libs", "fuse3"]))?;
    let flags = String::from_utf8_lossy(&flags.stdout).into_owned();
    let source = Path::new(EXAMPLES_FOLDER).join(format!("{name}.c"));
    let mut gcc = Command::new("gcc");
    gcc.args(["-O2", "-o"]).arg(program).arg(source);
    run_command(gcc.args(flags.split_whitespace()))
}
