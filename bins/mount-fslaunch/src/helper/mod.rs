//! Where there is a mount(8).

mod arguments;
mod credentials_file;
mod exit;
mod fill;
mod interrupt;
mod launchers;
mod mount;
mod noted;
mod options;
mod place;
mod source;
mod umount;
mod usage;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Action, Program};
use exit::Failure;
use fslaunch_protocol::escape;

pub(crate) fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = Program::called(words.next().as_deref());
    let done = refuse_foreign_rights().and_then(|()| match arguments::parse(program, words)? {
        Action::Show(text) => show(&text),
        Action::Mount(request) => mount::mount(&request),
        Action::Umount(request) => umount::umount(&request),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody may be listening, and the exit code says it as well.
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "{}", failure.shown(program.name()));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// mount(8) has the rights of root and gives them up before it runs this. With
/// rights that its user does not have this would read files for them.
fn refuse_foreign_rights() -> Result<(), Failure> {
    match fslaunch_os::mounted::has_rights_of_another() {
        true => Err(usage::Usage::ForeignRights.into()),
        false => Ok(()),
    }
}

fn show(text: &str) -> Result<(), Failure> {
    let shown = std::io::stdout().write_all(text.as_bytes());
    shown.map_err(|source| Failure::system("write the answer", source))
}

/// Tells what is being done, with `-v`.
fn tell(verbose: bool, words: &str) {
    if verbose {
        // It is said for who wants to know; nothing depends on it.
        let _ = writeln!(std::io::stdout(), "{}", escape::line(words));
    }
}
