//! Test suites for file systems that others wrote, installed into the build
//! folder; the tests of MEMFS look for them there.

use crate::command::{cargo, run, target};
use crate::failure::Failure;

/// Names on crates.io, which are those of the programs as well, and versions.
const SUITES: [(&str, &str); 2] = [("pjdfstest", "0.2.2"), ("fsx", "0.3.2")];

/// Installs what is missing. Without it the tests that need it are skipped,
/// and say so.
pub(crate) fn install() -> Result<(), Failure> {
    let folder = target()?.join("tools");
    for (name, version) in SUITES {
        if folder.join("bin").join(name).is_file() {
            continue;
        }
        println!("Installing {name} to test file systems with.");
        let mut install = cargo(&["install", "--quiet", "--locked", "--version", version, name]);
        // What they measure is not their own speed: they need not be optimised.
        install.arg("--debug").arg("--root").arg(&folder);
        if let Err(failure) = run(&mut install) {
            println!("MISSING: {name} ({failure}); its tests are skipped.");
        }
        crate::interrupt::check()?;
    }
    Ok(())
}
