//! `cargo xtask check`: everything that is decided without running the
//! program.

use std::process::Command;

use crate::command::{cargo, quietly, run as run_command};
use crate::failure::Failure;

/// Runs all checks, also after one has failed, and names those that did.
pub(crate) fn run() -> Result<(), Failure> {
    let mut failed = Vec::new();
    let mut step = |name: &str, outcome: Result<(), Failure>| {
        if let Err(failure) = outcome {
            eprintln!("{name}: {failure}");
            failed.push(name.to_owned());
        }
        crate::interrupt::check()
    };
    step("format", format())?;
    step("lints", crate::system::lints())?;
    step("docs", run_command(&mut docs()))?;
    step("licences, bans and sources", deny())?;
    step("advisories", advisories())?;
    if failed.is_empty() {
        println!("All checks passed.");
        Ok(())
    } else {
        Err(Failure::new(format!("failed: {}", failed.join("; "))))
    }
}

/// The part that needs nothing but Rust.
pub(crate) fn lints() -> Result<(), Failure> {
    format()?;
    crate::system::lints()
}

fn format() -> Result<(), Failure> {
    run_command(&mut cargo(&["fmt", "--all", "--check"]))
}

fn docs() -> Command {
    let mut command = cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn deny() -> Result<(), Failure> {
    if !quietly(&mut cargo(&["deny", "--version"]))?
        .status
        .success()
    {
        println!("cargo-deny is missing; installing it takes some minutes.");
        run_command(&mut cargo(&["install", "--locked", "cargo-deny"]))?;
    }
    run_command(&mut cargo(&[
        "deny", "check", "licenses", "bans", "sources",
    ]))
}

/// Known vulnerabilities, where the database of advisories can be had. A
/// machine without it must not fail the check, nor seem to have passed it.
fn advisories() -> Result<(), Failure> {
    let fetched = quietly(&mut cargo(&["deny", "fetch", "db"]))?;
    if !fetched.status.success() {
        println!("NOT CHECKED: advisories. Their database could not be fetched:");
        let said = String::from_utf8_lossy(&fetched.stderr).into_owned();
        println!("    {}", said.lines().last().unwrap_or("no reason given"));
        return Ok(());
    }
    run_command(&mut cargo(&["deny", "check", "advisories"]))
}
