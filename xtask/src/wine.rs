//! The tests as Windows programs, run under Wine.

mod figures;
pub(crate) mod lints;
mod prefix;
mod toolchain;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::command::{run, shown, target};
use crate::failure::Failure;
use crate::programs;
use crate::system::packages;
use prefix::Prefix;
use toolchain::Toolchain;

pub(crate) use figures::figures;

/// What everything is run as.
const MAIN: Toolchain = Toolchain {
    triple: "x86_64-pc-windows-gnu",
    compiler: "x86_64-w64-mingw32-gcc",
};
/// What is built only: Debian's Wine runs no 32-bit programs unless a second
/// architecture is installed.
const BUILT_ONLY: Toolchain = Toolchain {
    triple: "i686-pc-windows-gnu",
    compiler: "i686-w64-mingw32-gcc",
};

/// The tests, built and ready to run, and what can't be done and why.
pub(crate) struct Tests {
    prefix: Option<Prefix>,
    skips: Vec<String>,
}

impl Tests {
    /// Makes the machine ready and builds.
    pub(crate) fn build() -> Result<Self, Failure> {
        println!("\n== Building for Windows");
        packages::install(packages::FOR_WINDOWS)?;
        let mut skips = vec![];
        match BUILT_ONLY.lacks()? {
            Some(reason) => skips.push(format!("32-bit Windows programs: {reason}")),
            None => {
                let mut build = crate::command::cargo(&["build", "--target", BUILT_ONLY.triple]);
                run(build.args([
                    "-p",
                    "fslaunch-capi",
                    "-p",
                    "memfs",
                    "-p",
                    "fslaunch-network-provider",
                ]))?;
                let why = "built, not run: this Wine runs 64-bit programs only";
                skips.push(format!("32-bit Windows programs: {why}"));
            }
        }
        let lacks = match MAIN.lacks()? {
            Some(reason) => Some(reason),
            None => Prefix::lacks(),
        };
        if let Some(reason) = lacks {
            skips.push(format!("everything on Windows: {reason}"));
            return Ok(Self {
                prefix: None,
                skips,
            });
        }
        for mut build in programs::builds(Some(MAIN.triple))? {
            run(&mut build)?;
        }
        for mut compile in programs::in_c(Some(MAIN.triple), MAIN.compiler)? {
            run(&mut compile)?;
        }
        let prefix = Prefix::make(target()?.join("wine"), MAIN.compiler)?;
        Ok(Self {
            prefix: Some(prefix),
            skips,
        })
    }

    /// Runs them; what they print goes to a file. Afterwards nothing of them
    /// runs any more, whatever came of them.
    pub(crate) fn run(self, skip_log: &Path, output: &Path) -> Result<Vec<String>, Failure> {
        let Some(prefix) = self.prefix else {
            return Ok(self.skips);
        };
        let started = Instant::now();
        let mut outcome = Ok(());
        // Later files are appended; the first makes it.
        File::create(output).map_err(|error| Failure::to("make the log of Wine", &error))?;
        for mut test in programs::tests(Some(MAIN.triple)) {
            prefix.begin()?;
            prefix.enter(&mut test);
            test.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine");
            // A path of Linux is one of drive Z there.
            test.env("FSLAUNCH_SKIP_LOG", format!("Z:{}", skip_log.display()));
            outcome = outcome.and(run_into(&mut test, output));
        }
        let left = prefix.end();
        println!("Under Wine: {} s.", started.elapsed().as_secs());
        for leftover in &left {
            eprintln!("LEFT BEHIND under Wine: {leftover}");
        }
        outcome?;
        if left.is_empty() {
            Ok(self.skips)
        } else {
            Err(Failure::new(format!(
                "the tests under Wine left {} things behind",
                left.len()
            )))
        }
    }
}

/// Runs a command whose output would be mixed with that of another one.
fn run_into(command: &mut Command, output: &Path) -> Result<(), Failure> {
    crate::interrupt::check()?;
    println!("$ {} >>{}", shown(command), output.display());
    let open = || File::options().append(true).open(output);
    let [out, err] = [open(), open()];
    let fail = |error| Failure::to("run the tests under Wine", &error);
    let status = command
        .stdin(Stdio::null())
        .stdout(out.map_err(fail)?)
        .stderr(err.map_err(fail)?)
        .status()
        .map_err(fail)?;
    crate::interrupt::check()?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("tests under Wine failed: {status}"))),
    }
}
