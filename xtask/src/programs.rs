//! What is built and tested for Windows, natively or for Wine.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{cargo, target, workspace};
use crate::failure::Failure;

/// Programs that the end-to-end suites start. They are built on their own:
/// built together with the tests they would get the features of these.
const STARTED: [&str; 2] = ["fslaunchd", "launchctl"];
/// Packages whose tests need nothing but themselves.
const TESTED: [&str; 10] = [
    "fslaunch-access",
    "fslaunch-protocol",
    "fslaunch-core",
    "fslaunch-client",
    "fslaunch-credentials",
    "fslaunch-capi",
    "fslaunchd",
    "launchctl",
    PROVIDER,
    "memfs",
];
/// Packages whose tests need unsafe code that no program has.
const WITH_TESTING: [&str; 2] = ["fslaunch-os", "fslaunch-tests"];
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
    let mut library = command("build", triple);
    library.args([
        "-p",
        "fslaunch-capi",
        "--features",
        "fslaunch-capi/test-seams",
    ]);
    library.arg("--target-dir").arg(seam_folder()?);
    // What `fslaunchd install` registers when it lies beside it.
    let mut provider = command("build", triple);
    provider.args(["-p", PROVIDER, "--lib"]);
    let mut all = vec![
        programs,
        provider,
        seam,
        library,
        with_seams(triple, &["mapper"])?,
    ];
    for mut test in tests(triple) {
        test.arg("--no-run");
        all.push(test);
    }
    Ok(all)
}

/// The command that builds the network provider with its seams, and examples
/// of it.
pub(crate) fn with_seams(triple: Option<&str>, examples: &[&str]) -> Result<Command, Failure> {
    let mut build = command("build", triple);
    build.args(["-p", PROVIDER, "--lib", "--features", PROVIDER_SEAMS]);
    for example in examples {
        build.args(["--example", example]);
    }
    build.arg("--target-dir").arg(seam_folder()?);
    Ok(build)
}

/// The commands that compile programs in C: the one that handles console
/// events, beside the other programs; and one that asks the launcher by the C
/// library with its seams, beside that.
pub(crate) fn in_c(triple: Option<&str>, compiler: &str) -> Result<[Command; 2], Failure> {
    let built = |folder: PathBuf| triple.map_or(folder.clone(), |triple| folder.join(triple));
    let compile = |to: PathBuf, source: &str| {
        let mut compile = Command::new(compiler);
        compile.arg("-O1").arg("-o").arg(to);
        compile.arg(workspace().join(source));
        compile
    };
    let handler = built(target()?).join("debug/break-handler.exe");
    let beside = built(seam_folder()?).join("debug");
    let mut live = compile(beside.join("live.exe"), "crates/capi/tests/c/live.c");
    live.arg("-I").arg(workspace().join("crates/capi/include"));
    live.arg("-L").arg(beside).arg("-lfslaunch");
    Ok([compile(handler, "tests/c/break-handler.c"), live])
}

/// The commands that run the tests.
pub(crate) fn tests(triple: Option<&str>) -> Vec<Command> {
    let mut parts = command("test", triple);
    for name in TESTED {
        parts.args(["-p", name]);
    }
    let mut whole = command("test", triple);
    for name in WITH_TESTING {
        whole.args(["-p", name]);
    }
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

#[cfg(test)]
mod tests {
    use super::{TESTED, WITH_TESTING};
    use crate::command::workspace;

    /// Packages that are not tested on Windows, and why.
    const NOT_TESTED: [(&str, &str); 3] = [
        ("fslaunch-benches", "it tests what it counts with, anywhere"),
        ("mount-fslaunch", "it is for Linux"),
        ("xtask", "it runs the tests"),
    ];

    fn names() -> Vec<String> {
        let read = |path: &str| std::fs::read_to_string(workspace().join(path)).unwrap();
        let manifest = read("Cargo.toml");
        let members = manifest.split_once("\nmembers = [").unwrap().1;
        let members = members.split_once(']').unwrap().0;
        let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
        let folders = members.lines().filter_map(quoted);
        let name = |folder: String| {
            let manifest = read(&format!("{folder}/Cargo.toml"));
            let line = manifest.lines().find(|line| line.starts_with("name = "));
            line.and_then(quoted).unwrap()
        };
        folders.map(name).collect()
    }

    #[test]
    fn each_package_is_tested_on_windows_or_there_is_a_reason_why_not() {
        let mut known: Vec<&str> = NOT_TESTED.map(|(name, _)| name).to_vec();
        known.extend(TESTED.iter().chain(&WITH_TESTING));
        known.sort_unstable();
        let mut all = names();
        all.sort_unstable();
        assert_eq!(known, all);
    }
}
