//! The two messages of a conversation: the request as it is sent, and what
//! its answer means (launcher specification, section 3).

use fslaunch_protocol::limits;
use fslaunch_protocol::winfsp::{self, Answer};
use zeroize::Zeroizing;

use crate::{status::Status, text::Text};

/// The longest text that a request can hold, in units, its NUL included.
pub(crate) const TEXT_UNITS: usize = winfsp::MESSAGE_BYTES / 2;

/// The error for an answer that is neither success nor failure:
/// `ERROR_BROKEN_PIPE`.
const NO_ANSWER: u32 = 109;

/// A command of the launcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command(pub(crate) u16);

impl Command {
    pub(crate) const START: Command = Command(b'S' as u16);
    pub(crate) const START_WITH_SECRET: Command = Command(b'X' as u16);
    pub(crate) const STOP: Command = Command(b'T' as u16);
    pub(crate) const INFO: Command = Command(b'I' as u16);
    pub(crate) const LIST: Command = Command(b'L' as u16);

    fn is_start(self) -> bool {
        self == Command::START || self == Command::START_WITH_SECRET
    }
}

/// A request as it is sent. Its memory is wiped when it is dropped.
///
/// # Errors
/// It is longer than a launcher reads, or a start with too many arguments.
pub(crate) fn request(command: Command, parts: &[Text]) -> Result<Zeroizing<Vec<u8>>, Status> {
    // Class and instance come before the arguments.
    if command.is_start() && parts.len() > 2 + limits::ARGUMENTS {
        return Err(Status::INVALID_PARAMETER);
    }
    let parts: Vec<&[u16]> = parts.iter().map(Text::units).collect();
    winfsp::encode_parts(command.0, &parts).map_err(|_| Status::INVALID_PARAMETER)
}

/// What an answer means: the data that came with a success, or a Win32 error.
pub(crate) fn answer(message: &[u8]) -> Result<Zeroizing<Vec<u8>>, u32> {
    match winfsp::decode_reply(message) {
        Ok(Answer::Success(data)) => {
            let mut bytes = Zeroizing::new(Vec::with_capacity(2 * data.units().len()));
            bytes.extend(data.units().iter().flat_map(|unit| unit.to_le_bytes()));
            Ok(bytes)
        }
        Ok(Answer::Failure(error)) => Err(error),
        Err(_) => Err(NO_ANSWER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn texts(parts: &[&str]) -> Vec<Text> {
        parts.iter().map(|&part| Text::from(part)).collect()
    }

    #[test]
    fn a_request_is_the_command_and_each_part_with_its_nul() {
        let message = request(Command::START, &texts(&["memfs64", "ä", ""])).unwrap();
        assert_eq!(*message, wide("Smemfs64\0ä\0\0"));
        assert_eq!(*request(Command::LIST, &[]).unwrap(), wide("L"));
    }

    #[test]
    fn a_request_of_4096_bytes_is_the_longest() {
        let longest = "x".repeat(2046);
        let message = request(Command::INFO, &texts(&[&longest])).unwrap();
        assert_eq!(message.len(), 4096);
        let longer = longest + "x";
        let refused = request(Command::INFO, &texts(&[&longer]));
        assert_eq!(refused, Err(Status::INVALID_PARAMETER));
    }

    #[test]
    fn a_start_has_nine_arguments_at_most_and_other_requests_what_fits() {
        for command in [Command::START, Command::START_WITH_SECRET] {
            assert!(request(command, &texts(&["a"; 11])).is_ok());
            let refused = request(command, &texts(&["a"; 12]));
            assert_eq!(refused, Err(Status::INVALID_PARAMETER));
        }
        assert!(request(Command::STOP, &texts(&["a"; 12])).is_ok());
    }

    #[test]
    fn an_answer_is_data_or_an_error() {
        assert_eq!(answer(&wide("$")).unwrap(), Zeroizing::new(vec![]));
        assert_eq!(
            answer(&wide("$a\0")).unwrap(),
            Zeroizing::new(b"a\0\0\0".to_vec())
        );
        assert_eq!(answer(&wide("!183\0")), Err(183));
        assert_eq!(answer(&wide("!2")), Err(2));
        assert_eq!(answer(&wide("!4294967295\0")), Err(u32::MAX));
    }

    #[test]
    fn an_answer_that_is_neither_success_nor_failure_is_error_109() {
        for text in [
            "",
            "?",
            "!",
            "!\0",
            "!0\0",
            "!x\0",
            "!+5\0",
            "!4294967296\0",
            "!ı\0",
        ] {
            assert_eq!(answer(&wide(text)), Err(109), "{text:?}");
        }
        assert_eq!(answer(b"$"), Err(109));
    }
}
