//! What is built and tested for Windows, natively or for Wine.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{cargo, target, workspace};
use crate::failure::Failure;

/// Programs that the end-to-end suites start. They are built on their own:
/// built together with the tests they would get the features of these.
const STARTED: [&str; 2] = ["fslaunchd", "launchctl"];
/// Packages whose tests need nothing but themselves.
const TESTED: [&str; 9] = [
    "fslaunch-access",
    "fslaunch-protocol",
    "fslaunch-core",
    "fslaunch-client",
    "fslaunch-capi",
    "fslaunchd",
    "launchctl",
    PROVIDER,
    "memfs",
];
/// A launcher that knows its callers by their processes, for Wine. No other
/// has this feature; a test proves it.
const SEAM: &str = "fslaunchd/peer-from-client-process";

/// Its tests need a program that maps a drive, beside the launcher with the seam.
const PROVIDER: &str = "fslaunch-network-provider";
const PROVIDER_SEAMS: &str = "fslaunch-network-provider/test-seams";

/// The commands that build all that the tests need, tests included.
pub(crate) fn builds(triple: Option<&str>) -> Result<Vec<Command>, Failure> {
    let mut programs = command("build", triple);
    for name in STARTED {
        programs.args(["-p", name]);
    }
    let mut seam = command("build", triple);
    seam.args(["-p", "fslaunchd", "--features", SEAM]);
    seam.arg("--target-dir").arg(seam_folder()?);
    let mut mapper = command("build", triple);
    mapper.args(["-p", PROVIDER, "--example", "mapper"]);
    mapper.args(["--features", PROVIDER_SEAMS]);
    mapper.arg("--target-dir").arg(seam_folder()?);
    let mut all = vec![programs, seam, mapper];
    for mut test in tests(triple) {
        test.arg("--no-run");
        all.push(test);
    }
    Ok(all)
}

/// The command that compiles the program in C that handles console events. It
/// goes beside the other programs.
pub(crate) fn handler(triple: Option<&str>, compiler: &str) -> Result<Command, Failure> {
    let folder = match triple {
        Some(triple) => target()?.join(triple),
        None => target()?,
    };
    let mut compile = Command::new(compiler);
    compile.arg("-O1").arg("-o");
    compile.arg(folder.join("debug/break-handler.exe"));
    compile.arg(workspace().join("tests/c/break-handler.c"));
    Ok(compile)
}

/// The commands that run the tests.
pub(crate) fn tests(triple: Option<&str>) -> Vec<Command> {
    let mut parts = command("test", triple);
    for name in TESTED {
        parts.args(["-p", name]);
    }
    let mut whole = command("test", triple);
    whole.args(["-p", "fslaunch-os", "-p", "fslaunch-tests"]);
    whole.args(["--features", "fslaunch-os/testing"]);
    [parts, whole, provider(triple)]
        .map(|mut test| {
            test.arg("--no-fail-fast");
            test
        })
        .into()
}

/// The tests of the network provider as programs load it: a library with seams
/// of its own, which must not take the place of the one that is shipped.
fn provider(triple: Option<&str>) -> Command {
    let mut test = command("test", triple);
    test.args(["-p", PROVIDER, "--test", "provider"]);
    test.args(["--features", PROVIDER_SEAMS]);
    if let Ok(folder) = seam_folder() {
        test.arg("--target-dir").arg(folder);
    }
    test
}

fn command(verb: &str, triple: Option<&str>) -> Command {
    let mut command = cargo(&[verb]);
    if let Some(triple) = triple {
        command.args(["--target", triple]);
    }
    command
}

/// A folder of its own, so that no program with the seam lies where one that
/// is shipped is looked for.
fn seam_folder() -> Result<PathBuf, Failure> {
    Ok(target()?.join("seam"))
}
