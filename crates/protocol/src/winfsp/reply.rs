//! From replies and errors to bytes: the launcher's side.

use zeroize::Zeroizing;

use super::MESSAGE_BYTES;
use super::command::characters as c;
use super::units::Writer;
use crate::{Error, Info, Instance, Reply};

const ERROR_FILE_NOT_FOUND: u32 = 2;
const ERROR_INVALID_PARAMETER: u32 = 87;
const ERROR_INSUFFICIENT_BUFFER: u32 = 122;
const ERROR_INTERNAL_ERROR: u32 = 1359;

/// Most UTF-16 units of a registry key's name: a longer class name is refused
/// as such, and a shorter one that can't be a name is just not there.
const KEY_NAME_UNITS: usize = 255;

/// Writes the answer to a request that succeeded. An instance that has failed
/// is not there for clients of this pipe: none of them knows failed ones. A
/// list that does not fit is cut at an instance; info that does not fit is
/// error 122.
pub fn encode_reply(reply: &Reply) -> Zeroizing<Vec<u8>> {
    match reply {
        Reply::Started(_) | Reply::Stopped => Writer::new(c::SUCCESS, MESSAGE_BYTES).into_bytes(),
        Reply::Info(info) => encode_info(info),
        Reply::Instances(instances) => encode_list(instances),
        // Nobody can ask for them here.
        Reply::Classes(_) => failure(ERROR_INVALID_PARAMETER),
    }
}

/// Writes an error: its number and no words.
pub fn encode_error(error: &Error) -> Zeroizing<Vec<u8>> {
    failure(code(error))
}

/// The number that clients of this pipe get. It is [`Error::win32`], but for
/// names that can't be one: the original looks them up all the same, and does
/// not find them.
pub fn code(error: &Error) -> u32 {
    if let Error::InvalidName { what, name, .. } = error {
        let short = name.encode_utf16().count() <= KEY_NAME_UNITS;
        return if what == "class name" && short {
            ERROR_FILE_NOT_FOUND
        } else {
            ERROR_INVALID_PARAMETER
        };
    }
    match error.win32() {
        // It came without a number, and 0 would be success.
        0 => ERROR_INTERNAL_ERROR,
        code => code,
    }
}

fn encode_info(info: &Info) -> Zeroizing<Vec<u8>> {
    let Instance {
        class,
        instance,
        state,
        ..
    } = &info.instance;
    if !state.is_live() {
        return failure(ERROR_FILE_NOT_FOUND);
    }
    let mut writer = Writer::new(c::SUCCESS, MESSAGE_BYTES);
    if push(&mut writer, &[class, instance, &info.command_line]) {
        writer.into_bytes()
    } else {
        failure(ERROR_INSUFFICIENT_BUFFER)
    }
}

fn encode_list(instances: &[Instance]) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::new(c::SUCCESS, MESSAGE_BYTES);
    let live = instances.iter().filter(|instance| instance.state.is_live());
    for Instance {
        class, instance, ..
    } in live
    {
        if !push(&mut writer, &[class, instance]) {
            break;
        }
    }
    writer.into_bytes()
}

/// No name and no command line has a NUL; one would make two parts of it.
fn push(writer: &mut Writer, parts: &[&str]) -> bool {
    let units = |part: &'_ str| -> Vec<u16> {
        let units = part.encode_utf16().filter(|unit| *unit != 0);
        units.collect()
    };
    writer.push_all(parts.iter().copied().map(units))
}

fn failure(code: u32) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::new(c::FAILURE, MESSAGE_BYTES);
    let fits = writer.push([code.to_string().as_str()]);
    debug_assert!(fits, "a number is shorter than a message");
    writer.into_bytes()
}
