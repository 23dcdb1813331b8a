//! The library as it is built for a system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use fslaunch_tests::skipped;

/// Whether the library is built as it is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    Shipped,
    /// With the seams that only tests have.
    WithSeams,
}

/// The folder of test programs, in which the library for Linux is, too: cargo
/// has built it with them.
pub(crate) fn for_linux() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().to_owned()
}

/// Builds the library for Windows and puts it, with its import library, into
/// a folder. `false` if that is not possible here, which is said aloud.
pub(crate) fn for_windows(target: &str, build: Build, folder: &Path) -> bool {
    if !has_target(target) {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        skipped(&test, &format!("no Rust for {target}"));
        return false;
    }
    // Both builds go to the same place.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let built = target_folder();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "fslaunch-capi",
            "--target",
            target,
        ])
        .arg("--target-dir")
        .arg(&built)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if build == Build::WithSeams {
        cargo.args(["--features", "test-seams"]);
    }
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
    for file in ["fslaunch.dll", "libfslaunch.dll.a"] {
        let from = built.join(target).join("debug").join(file);
        std::fs::copy(&from, folder.join(file))
            .unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
    true
}

/// Whether the toolchain has the target's standard library.
fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target]);
    let printed = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
        .stdout;
    Path::new(String::from_utf8_lossy(&printed).trim()).is_dir()
}

/// The build folder: test programs lie in `debug/deps` below it.
pub(crate) fn target_folder() -> PathBuf {
    for_linux().ancestors().nth(2).unwrap().to_owned()
}
