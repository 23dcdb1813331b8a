//! Questions to a user who sits at no terminal: through pinentry where there is a desktop,
//! otherwise through the agents of systemd.

mod assuan;

use std::env;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use fslaunch_protocol::limits;
use zeroize::{Zeroize, Zeroizing};

use super::program;
use crate::credential::Question;

/// How long somebody has to answer: as long as systemd gives by default.
const SECONDS: u32 = 90;

/// Asks; `None` if there is nobody who could be asked.
///
/// # Errors
/// Nobody answered, or the answer is none.
///
/// # Platform behaviour
/// On Unix: `pinentry` if `DISPLAY` or `WAYLAND_DISPLAY` is set, otherwise
/// `systemd-ask-password` if systemd runs.
pub fn ask(question: &Question) -> io::Result<Option<Zeroizing<String>>> {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"];
    let has_desktop = desktop
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    // What is typed into it is never shown.
    if has_desktop
        && !question.shown
        && let Some(pinentry) = program::find("pinentry")
    {
        return ask_pinentry(&pinentry, question).map(Some);
    }
    if Path::new("/run/systemd/system").is_dir()
        && let Some(agent) = program::find("systemd-ask-password")
    {
        return ask_systemd(&agent, question).map(Some);
    }
    Ok(None)
}

fn ask_systemd(program: &Path, question: &Question) -> io::Result<Zeroizing<String>> {
    let mut command = Command::new(program);
    command.args(["--no-tty", "-n"]);
    command.arg(format!("--timeout={SECONDS}"));
    command.arg(format!("--id={}", question.id));
    command.arg(if question.shown {
        "--echo=yes"
    } else {
        "--echo=no"
    });
    command.arg("--").arg(&question.words);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    // It never grows: nothing is left in memory where it was before.
    let mut answer = Zeroizing::new(Vec::with_capacity(limits::SECRET_BYTES + 1));
    if let Some(out) = child.stdout.take() {
        out.take(limits::SECRET_BYTES as u64 + 1)
            .read_to_end(&mut answer)?;
    }
    if !child.wait()?.success() {
        return Err(nobody());
    }
    text(&answer)
}

fn ask_pinentry(program: &Path, question: &Question) -> io::Result<Zeroizing<String>> {
    let mut command = Command::new(program);
    command.arg(format!("--timeout={SECONDS}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(nobody());
    };
    let answer = assuan::get_pin(BufReader::new(output), input, &question.words);
    // It ends when its input does.
    child.wait()?;
    match answer? {
        Some(answer) => text(&answer),
        None => Err(nobody()),
    }
}

fn nobody() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "nobody answered, or somebody said no",
    )
}

fn text(answer: &[u8]) -> io::Result<Zeroizing<String>> {
    if answer.len() > limits::SECRET_BYTES {
        let words = format!("the answer has more than {} bytes", limits::SECRET_BYTES);
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    match String::from_utf8(answer.to_vec()) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            let words = "the answer is not UTF-8";
            Err(io::Error::new(io::ErrorKind::InvalidData, words))
        }
    }
}
