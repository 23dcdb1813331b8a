//! One command of the demonstration, with what it printed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::command::shown;
use crate::failure::Failure;
use crate::interrupt;

/// Longer than any step may take; a hanging mount must not hang us.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// A command that has ended.
pub(super) struct Step {
    command: String,
    status: ExitStatus,
    printed: String,
}

/// Shows a command, runs it and shows what it prints. Its output goes through
/// the file `output`, in the order in which it was written.
pub(super) fn run(
    words: &[&str],
    output: &Path,
    enter: impl Fn(&mut Command),
) -> Result<Step, Failure> {
    interrupt::check()?;
    let [program, arguments @ ..] = words else {
        return Err(Failure::new("an empty command"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let text = shown(&command);
    println!("$ {text}");
    let fail = |error| Failure::to(&format!("run {program}"), &error);
    let file = File::create(output).map_err(fail)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(fail)?)
        .stderr(file);
    enter(&mut command);
    let status = wait(&mut command, &text)?;
    let printed = fs::read_to_string(output).map_err(fail)?;
    print!("{printed}");
    interrupt::check()?;
    Ok(Step {
        command: text,
        status,
        printed,
    })
}

fn wait(command: &mut Command, text: &str) -> Result<ExitStatus, Failure> {
    let fail = |error| Failure::to(&format!("run {text}"), &error);
    let deadline = Instant::now() + PATIENCE;
    let mut child = command.spawn().map_err(fail)?;
    loop {
        if let Some(status) = child.try_wait().map_err(fail)? {
            return Ok(status);
        }
        if Instant::now() > deadline || interrupt::check().is_err() {
            // What it hangs on is taken away by the stage; it is not waited
            // for, as it may hang in the kernel.
            let _ = child.kill();
            interrupt::check()?;
            return Err(Failure::new(format!("`{text}` does not end")));
        }
        std::thread::sleep(POLL);
    }
}

impl Step {
    pub(super) fn succeeds(&self) -> Result<(), Failure> {
        if self.status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "`{}` failed: {}",
                self.command, self.status
            )))
        }
    }

    pub(super) fn fails(&self) -> Result<(), Failure> {
        if self.status.success() {
            Err(Failure::new(format!(
                "`{}` should have failed",
                self.command
            )))
        } else {
            Ok(())
        }
    }

    pub(super) fn contains(&self, expected: &str) -> Result<(), Failure> {
        if self.printed.contains(expected) {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "`{}` should have printed `{expected}`",
                self.command
            )))
        }
    }

    pub(super) fn is(&self, expected: &str) -> Result<(), Failure> {
        if self.printed.trim() == expected {
            Ok(())
        } else {
            let Self { command, .. } = self;
            Err(Failure::new(format!(
                "`{command}` should have printed `{expected}` only"
            )))
        }
    }
}
