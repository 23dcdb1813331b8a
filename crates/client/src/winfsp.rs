//! WinFsp's own launcher, which knows starts, stops, info and lists, and
//! answers with numbers.
//!
//! Each request is a connection of its own. What that launcher does not tell
//! of an instance is empty. fslaunch's launcher answers the same requests.

mod refusal;

use crate::Error;
use fslaunch_os::dial;
use fslaunch_protocol::varlink::Method;
use fslaunch_protocol::winfsp::{self, Answer, Data, Message, Undecodable};
use fslaunch_protocol::{Info, Instance, Reply, Request, State, Target};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Asks the launcher that takes WinFsp's messages on the pipe `address`. The
/// system's is at `fslaunch_os::dial::messages_address`. Without a `timeout`
/// the answer is waited for without end.
///
/// # Errors
/// The same as of a [`Launcher`](crate::Launcher). A pipe that belongs neither
/// to the system nor to the caller is [`Error::NotAllowed`], and a request
/// that no message can hold [`Error::Unsendable`]. The launcher tells a number
/// alone; the error is the one that it can mean, or names all that it can.
///
/// # Platform behaviour
/// Where there are no such pipes, it is [`Error::NotRunning`].
pub fn ask(address: &Path, request: &Request, timeout: Option<Duration>) -> Result<Reply, Error> {
    if let Request::Start(start) = request {
        start.check()?;
    }
    let message = winfsp::encode(&Message::Request(request.clone())).map_err(Error::Unsendable)?;
    // The class may run as the caller; only a start needs more than to be known.
    let impersonation = matches!(request, Request::Start(_));
    let timeout = timeout.unwrap_or(Duration::MAX);
    let answer = dial::call(address, &message, impersonation, timeout);
    let answer = answer.map_err(|error| failed(address, error))?;
    read(request, &answer)
}

fn failed(address: &Path, error: io::Error) -> Error {
    // The kinds that matter; the system may always have others.
    #[expect(clippy::wildcard_enum_match_arm)]
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::BrokenPipe => Error::talking("talk to", error),
        io::ErrorKind::InvalidData => Error::AnswerTooLarge {
            limit: winfsp::MESSAGE_BYTES,
        },
        _ => Error::connecting(address, error),
    }
}

fn read(request: &Request, answer: &[u8]) -> Result<Reply, Error> {
    let malformed = |reason: Undecodable| Error::Malformed {
        method: Method::of(request),
        reason: reason.to_string(),
    };
    match winfsp::decode_reply(answer).map_err(malformed)? {
        Answer::Failure(code) => Err(refusal::refusal(request, code).into()),
        Answer::Success(data) => reply(request, &data).map_err(malformed),
    }
}

fn reply(request: &Request, data: &Data) -> Result<Reply, Undecodable> {
    Ok(match request {
        Request::Start(start) => Reply::Started(instance(Target::new(
            start.class.clone(),
            start.instance.clone(),
        ))),
        Request::Stop(_) | Request::StopIdle(_) => Reply::Stopped,
        Request::Info(_) => {
            let (target, command_line) = data.info()?;
            Reply::Info(Box::new(Info {
                instance: instance(target),
                command_line,
                arguments: vec![],
                output: None,
            }))
        }
        Request::List => Reply::Instances(data.instances()?.into_iter().map(instance).collect()),
        // It can't be sent, so it is not answered.
        Request::Classes => Reply::Classes(vec![]),
    })
}

/// What that launcher tells of is running: it knows no other state.
fn instance(target: Target) -> Instance {
    let Target { class, instance } = target;
    Instance {
        class,
        instance,
        state: State::Running,
        pid: None,
        starter: String::new(),
        run_as: String::new(),
        since: String::new(),
        mount_point: None,
        failure: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::{Error as Refused, Start};

    fn units(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn target() -> Target {
        Target::new("memfs64", "share")
    }

    #[test]
    fn a_list_and_info_tell_what_is_known() {
        let listed = read(&Request::List, &units("$memfs64\0one\0memfs64\0zwö\0")).unwrap();
        let Reply::Instances(instances) = listed else {
            panic!("{listed:?}");
        };
        let names: Vec<_> = instances.iter().map(|known| &known.instance).collect();
        assert_eq!(names, ["one", "zwö"]);
        let info = units("$memfs64\0share\0\"C:\\a b.exe\" -i\0");
        let info = read(&Request::Info(target()), &info).unwrap();
        let Reply::Info(info) = info else {
            panic!("{info:?}");
        };
        assert_eq!(info.command_line, "\"C:\\a b.exe\" -i");
        assert_eq!(
            (info.instance.pid, info.instance.starter.as_str()),
            (None, "")
        );
    }

    #[test]
    fn an_empty_answer_is_a_success_without_data() {
        let start = Request::Start(Start::default());
        assert!(matches!(read(&start, &units("$")), Ok(Reply::Started(_))));
        let stopped = read(&Request::Stop(target()), &units("$\0")).unwrap();
        assert_eq!(stopped, Reply::Stopped);
        let listed = read(&Request::List, &units("$")).unwrap();
        assert_eq!(listed, Reply::Instances(vec![]));
    }

    #[test]
    fn a_number_becomes_an_error_in_words() {
        let refused = read(&Request::Stop(target()), &units("!2\0")).unwrap_err();
        let expected = Refused::InstanceNotFound {
            class: "memfs64".into(),
            instance: "share".into(),
        };
        assert!(matches!(refused, Error::Launcher(error) if error == expected));
    }

    #[test]
    fn an_answer_that_is_none_is_told_with_what_was_asked() {
        for answer in ["", "?", "!x", "$memfs64\0"] {
            let error = read(&Request::List, &units(answer)).unwrap_err();
            assert!(
                matches!(error, Error::Malformed { .. }),
                "{answer}: {error}"
            );
            assert!(error.to_string().contains("answer to List"), "{error}");
        }
    }

    #[test]
    fn what_no_message_holds_is_told_before_anything_is_sent() {
        let nowhere = Path::new("nowhere");
        let error = ask(nowhere, &Request::Classes, None).unwrap_err();
        assert!(matches!(error, Error::Unsendable(_)), "{error}");
        let named = Start {
            named: [("unc".to_owned(), "x".to_owned())].into(),
            ..Start::default()
        };
        let error = ask(nowhere, &Request::Start(named), None).unwrap_err();
        assert_eq!(error.win32(), 50);
        let error = ask(nowhere, &Request::List, None).unwrap_err();
        assert_eq!(error.win32(), 2, "{error}");
    }

    #[test]
    fn what_the_system_says_has_the_words_of_a_connection() {
        let told = |kind: io::ErrorKind| failed(Path::new("p"), kind.into());
        assert!(matches!(
            told(io::ErrorKind::NotFound),
            Error::NotRunning { .. }
        ));
        assert!(matches!(
            told(io::ErrorKind::PermissionDenied),
            Error::NotAllowed { .. }
        ));
        assert!(matches!(
            told(io::ErrorKind::WouldBlock),
            Error::Busy { .. }
        ));
        assert!(matches!(told(io::ErrorKind::TimedOut), Error::TimedOut));
        assert!(matches!(told(io::ErrorKind::BrokenPipe), Error::Closed));
        let long = told(io::ErrorKind::InvalidData);
        assert!(matches!(long, Error::AnswerTooLarge { limit: 4096 }));
    }
}
