//! Debian packages that the tests need, installed when they are missing.

use std::process::Command;

use crate::command::run;
use crate::failure::Failure;
use crate::system::machine::{exists, is_root};

/// A package, and a program that is there once it is installed.
pub(crate) struct Package {
    name: &'static str,
    provides: Provides,
}

enum Provides {
    Program(&'static str),
    /// Not a program: a file of the package.
    File(&'static str),
    /// A Python module, wherever this Python keeps it.
    PythonModule(&'static str),
}

const fn program(name: &'static str, program: &'static str) -> Package {
    Package {
        name,
        provides: Provides::Program(program),
    }
}

/// What the tests of file systems launch, and what they drive.
pub(crate) const FOR_TESTS: &[Package] = &[
    program("fuse3", "fusermount3"),
    program("bindfs", "bindfs"),
    program("squashfuse", "squashfuse"),
    program("squashfs-tools", "mksquashfs"),
    program("gocryptfs", "gocryptfs"),
    program("autofs", "automount"),
    program("bsdutils", "script"),
    program("libsecret-tools", "secret-tool"),
    program("gnome-keyring", "gnome-keyring-daemon"),
    program("dbus-daemon", "dbus-run-session"),
    program("python3", "python3"),
    // Python's own module for virtual environments needs this to install pip.
    Package {
        name: "python3-venv",
        provides: Provides::PythonModule("ensurepip"),
    },
];

/// What MEMFS is measured beside, and what builds that.
pub(crate) const FOR_FILE_SYSTEM_BENCH: &[Package] = &[
    program("fuse3", "fusermount3"),
    program("bindfs", "bindfs"),
    program("gcc", "gcc"),
    program("pkg-config", "pkg-config"),
    Package {
        name: "libfuse3-dev",
        provides: Provides::File("/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c"),
    },
];

/// What mounts without root, for the demonstration.
pub(crate) const FOR_DEMO: &[Package] = &[program("fuse3", "fusermount3")];

/// What builds for Windows and runs the result.
pub(crate) const FOR_WINDOWS: &[Package] = &[
    program("gcc-mingw-w64-x86-64", "x86_64-w64-mingw32-gcc"),
    program("gcc-mingw-w64-i686", "i686-w64-mingw32-gcc"),
    Package {
        name: "wine64",
        provides: Provides::File("/usr/lib/wine/wine64"),
    },
    program("wine", "wine"),
];

/// The names of those packages that are missing.
pub(crate) fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages
        .iter()
        .filter(|package| !is_there(package))
        .map(|package| package.name)
        .collect()
}

/// Installs what is missing if this is root on a Debian. Otherwise says what
/// to run; the tests that need it are then skipped, and say so.
pub(crate) fn install(packages: &[Package]) -> Result<(), Failure> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    if !exists("apt-get") {
        println!(
            "MISSING: {} (and there is no apt-get to install them)",
            missing.join(" ")
        );
        return Ok(());
    }
    if !is_root() {
        println!("MISSING: {}. To install them:", missing.join(" "));
        println!(
            "    sudo apt-get update && sudo apt-get install {}",
            missing.join(" ")
        );
        return Ok(());
    }
    println!("Installing {}.", missing.join(" "));
    run(&mut apt_get(&["update"]))?;
    let mut install = apt_get(&["install", "--yes", "--no-install-recommends"]);
    install.args(&missing);
    run(&mut install)
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    // Somebody else may be installing at this moment: wait for them.
    command.args([
        "-qq",
        "-o",
        "DPkg::Lock::Timeout=300",
        "-o",
        "Dpkg::Use-Pty=0",
    ]);
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_there(package: &Package) -> bool {
    match package.provides {
        Provides::Program(program) => exists(program),
        Provides::File(path) => std::path::Path::new(path).exists(),
        Provides::PythonModule(module) => Command::new("python3")
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|output| output.status.success()),
    }
}
