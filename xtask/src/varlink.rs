//! A Varlink client that nobody here wrote: the `varlink` package of Python,
//! in an environment of its own in the build folder.

use std::process::Command;

use crate::command::{quietly, run, target};
use crate::failure::Failure;
use crate::system::machine::exists;

/// The name of the environment in the build folder; the tests look there.
const FOLDER: &str = "varlink-client";
const PACKAGE: &str = "varlink==31.0.0";

/// Makes the environment if it is not there. Without it the tests that need
/// it are skipped, and say so.
pub(crate) fn install() -> Result<(), Failure> {
    let folder = target()?.join(FOLDER);
    let python = folder.join("bin/python3");
    let works = Command::new(&python)
        .args(["-c", "import varlink"])
        .output();
    if works.is_ok_and(|output| output.status.success()) || !exists("python3") {
        return Ok(());
    }
    println!("Installing a Varlink client to test with.");
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        PACKAGE,
    ]);
    let outcome = run(&mut make).and_then(|()| run(&mut install));
    if let Err(failure) = outcome {
        println!("MISSING: the Varlink client ({failure}); its tests are skipped.");
        // Half an environment must not look like a whole one.
        let _ = quietly(Command::new("rm").arg("-rf").arg("--").arg(&folder));
    }
    crate::interrupt::check()
}
