//! What the functions ask of the launcher.

use crate::conversation;
use crate::message::{self, Command};
use crate::raw::{Buffer, Out};
use crate::status::Status;
use crate::text::Text;

/// Asks the launcher, and hands its answer to the caller.
///
/// # Errors
/// There is no answer. An error of the launcher is an answer.
pub(crate) fn ask(
    command: Command,
    parts: &[Text],
    may_impersonate: bool,
    buffer: &Buffer,
    launcher_error: Out<u32>,
) -> Result<(), Status> {
    let launcher_error = launcher_error.required()?;
    launcher_error.set(0);
    let request = message::request(command, parts)?;
    let reply = conversation::talk(command, &request, may_impersonate)?;
    match message::answer(&reply) {
        Ok(data) => buffer.fill(&data),
        Err(error) => launcher_error.set(error),
    }
    Ok(())
}
