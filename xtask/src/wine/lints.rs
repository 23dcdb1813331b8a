//! The lints of everything that builds for Windows: nothing of that is linked,
//! so that Rust's standard library for it is all that must be there.

use super::toolchain::Toolchain;
use super::{BUILT_ONLY, MAIN};
use crate::command::{cargo, run as run_command};
use crate::failure::Failure;
use crate::lints;

/// What programs of 32 bits load as a library.
const LIBRARIES: [&str; 1] = ["fslaunch-capi"];

/// Runs them with warnings denied.
pub(crate) fn run() -> Result<(), Failure> {
    if is_there(&MAIN)? {
        for mut clippy in lints::for_windows(Some(MAIN.triple)) {
            run_command(&mut clippy)?;
        }
    }
    if is_there(&BUILT_ONLY)? {
        let mut clippy = cargo(&["clippy"]);
        for library in LIBRARIES {
            clippy.args(["-p", library]);
        }
        clippy.args(["--target", BUILT_ONLY.triple, "--", "-D", "warnings"]);
        run_command(&mut clippy)?;
    }
    Ok(())
}

/// A machine without the target must not fail the check, nor seem to have
/// passed it.
fn is_there(toolchain: &Toolchain) -> Result<bool, Failure> {
    let there = toolchain.is_in_rust()?;
    if !there {
        let triple = toolchain.triple;
        println!("NOT CHECKED: lints for {triple}. Add it: rustup target add {triple}");
    }
    Ok(there)
}
