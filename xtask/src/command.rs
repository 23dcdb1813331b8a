//! Commands that are shown before they run, as a reader would type them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::failure::Failure;
use crate::interrupt;

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The folder that cargo builds into, and in it the profile's folder: where
/// this very program lies.
pub(crate) fn built() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(|error| Failure::to("find xtask", &error))?;
    match own.parent() {
        Some(folder) => Ok(folder.to_owned()),
        None => Err(Failure::new("xtask lies in no folder")),
    }
}

/// `target`, whatever it is called on this machine.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    let built = built()?;
    Ok(built.parent().unwrap_or(&built).to_owned())
}

/// The cargo that started xtask, run in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace());
    command
}

/// Shows and runs a command; it writes straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    interrupt::check()?;
    println!("$ {}", shown(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::to(&format!("run {}", program(command)), &error))?;
    interrupt::check()?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "{} failed: {status}",
            program(command)
        )))
    }
}

/// Runs a command without showing it and gives what it wrote.
pub(crate) fn quietly(command: &mut Command) -> Result<Output, Failure> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::to(&format!("run {}", program(command)), &error))
}

/// A command as a shell would take it. The environment is left out, except
/// for what the command sets itself.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.to_string_lossy(), quoted(value)));
        }
    }
    words.push(program(command));
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn program(command: &Command) -> String {
    let program = command.get_program();
    // The toolchain's full path would hide what a reader has to type.
    match Path::new(program).file_name() {
        Some(name) if name == "cargo" => "cargo".to_owned(),
        Some(_) | None => quoted(program),
    }
}

/// A word as a POSIX shell takes it.
pub(crate) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, shown};
    use std::ffi::OsStr;
    use std::process::Command;

    #[test]
    fn plain_words_are_shown_as_they_are() {
        assert_eq!(quoted(OsStr::new("--locked")), "--locked");
    }

    #[test]
    fn words_with_a_backslash_or_a_quote_are_quoted_for_the_shell() {
        assert_eq!(quoted(OsStr::new(r"\memfs64\share")), r"'\memfs64\share'");
        assert_eq!(quoted(OsStr::new("it's")), r"'it'\''s'");
        assert_eq!(quoted(OsStr::new("")), "''");
    }

    #[test]
    fn a_command_is_shown_with_the_environment_it_sets() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            shown(&command),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
    }
}
