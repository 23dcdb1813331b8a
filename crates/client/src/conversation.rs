//! Requests and their answers on one connection, whatever carries it.

use crate::Error;
use fslaunch_os::dial::{Server, Stream};
use fslaunch_protocol::varlink::{self, Flags, Frames, Method, ReplyError};
use fslaunch_protocol::{Reply, Request, Start, limits};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Longest answer that is read, in bytes: room for a list of a hundred
/// thousand instances.
const ANSWER_BYTES: usize = 64 << 20;

/// What carries a conversation.
pub(crate) trait Connection: Read + Write {
    /// Who is at the other end.
    fn server(&self) -> io::Result<Server>;

    /// Lets a trusted server act as the caller. Not in the middle of a request.
    fn lend_identity(&mut self) -> io::Result<()>;
}

impl Connection for Stream {
    fn server(&self) -> io::Result<Server> {
        Stream::server(self)
    }

    fn lend_identity(&mut self) -> io::Result<()> {
        Stream::lend_identity(self)
    }
}

/// One request at a time; after an error that is not the launcher's own, the
/// connection is of no more use.
pub(crate) struct Conversation<S> {
    stream: S,
    frames: Frames,
}

impl<S: Connection> Conversation<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            frames: Frames::new(ANSWER_BYTES),
        }
    }

    pub(crate) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        self.ask_telling(request, || {})
    }

    /// The same; `tell` is called between request and answer.
    pub(crate) fn ask_telling(
        &mut self,
        request: &Request,
        tell: impl FnOnce(),
    ) -> Result<Reply, Error> {
        if let Request::Start(start) = request {
            start.check()?;
        }
        let call = varlink::encode_call(request, Flags::default());
        // The NUL at the end does not count.
        if call.len() > limits::REQUEST_BYTES + 1 {
            let limit = limits::REQUEST_BYTES as u64;
            return Err(fslaunch_protocol::Error::RequestTooLarge { limit }.into());
        }
        if let Request::Start(start) = request {
            self.prepare(start)?;
        }
        let sent = self
            .stream
            .write_all(&call)
            .and_then(|()| self.stream.flush());
        if sent.is_ok() {
            tell();
        }
        // A launcher that refuses a request unread may close while it is
        // still being sent: what it answered counts more than that.
        let answer = match (sent, self.receive()) {
            (_, Ok(answer)) => answer,
            (Err(sending), Err(_)) => return Err(Error::talking("send to", sending)),
            (Ok(()), Err(receiving)) => return Err(receiving),
        };
        let method = Method::of(request);
        match varlink::decode_reply(method, &answer) {
            Ok(answer) => Ok(answer.reply),
            Err(ReplyError::Launcher(error)) => Err(error.into()),
            Err(ReplyError::Malformed { method, reason }) => {
                Err(Error::Malformed { method, reason })
            }
        }
    }

    /// A class may run as who starts it, and only the launcher knows which
    /// does. Anybody may listen somewhere: no secret goes to just anybody.
    fn prepare(&mut self, start: &Start) -> Result<(), Error> {
        let lent = self.stream.lend_identity();
        lent.map_err(|source| Error::talking("lend the identity to", source))?;
        if start.secret.is_none() {
            return Ok(());
        }
        let server = self.stream.server();
        let server = server.map_err(|source| Error::talking("look at the account of", source))?;
        match server {
            Server { trusted: true, .. } => Ok(()),
            Server { name, .. } => Err(Error::SecretWithheld { name }),
        }
    }

    fn receive(&mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut piece = [0; 16 << 10];
        loop {
            if let Some(message) = self.frames.take()? {
                return Ok(message);
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(Error::Closed),
                Ok(length) => self.frames.push(&piece[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::talking("receive from", error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::{Error as Refused, Secret, Target};

    /// A launcher of which everything is known beforehand: what it says, in
    /// which pieces, and after how many bytes it stops listening.
    struct Scripted {
        answers: Vec<u8>,
        piece: usize,
        heard: Vec<u8>,
        deaf_after: usize,
        trusted: bool,
        lent: usize,
    }

    impl Connection for Scripted {
        fn server(&self) -> io::Result<Server> {
            Ok(Server {
                name: "mallory\n".into(),
                trusted: self.trusted,
            })
        }

        fn lend_identity(&mut self) -> io::Result<()> {
            assert!(self.heard.is_empty(), "it was asked already");
            self.lent += 1;
            Ok(())
        }
    }

    impl Read for Scripted {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = self.piece.min(into.len()).min(self.answers.len());
            let rest = self.answers.split_off(length);
            into[..length].copy_from_slice(&self.answers);
            self.answers = rest;
            Ok(length)
        }
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.heard.len() >= self.deaf_after {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.heard.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answering(answers: &[Vec<u8>], piece: usize) -> Conversation<Scripted> {
        Conversation::new(Scripted {
            answers: answers.concat(),
            piece,
            heard: vec![],
            deaf_after: usize::MAX,
            trusted: true,
            lent: 0,
        })
    }

    fn stop() -> Request {
        Request::Stop(Target::new("memfs64", "share"))
    }

    fn not_found() -> Refused {
        Refused::InstanceNotFound {
            class: "memfs64".into(),
            instance: "share".into(),
        }
    }

    #[test]
    fn answers_come_in_order_in_pieces_of_any_size() {
        let answers = [
            varlink::encode_reply(&Reply::Stopped, false),
            varlink::encode_error(&not_found()),
            varlink::encode_reply(&Reply::Instances(vec![]), false),
        ];
        for piece in [1, 7, 1000] {
            let mut conversation = answering(&answers, piece);
            assert_eq!(conversation.ask(&stop()).unwrap(), Reply::Stopped);
            let refused = conversation.ask(&stop()).unwrap_err();
            assert!(matches!(refused, Error::Launcher(error) if error == not_found()));
            let listed = conversation.ask(&Request::List).unwrap();
            assert_eq!(listed, Reply::Instances(vec![]));
        }
    }

    #[test]
    fn a_connection_closed_early_is_told_in_words() {
        for answers in [&b""[..], b"{\"parameters\":{}}"] {
            let error = answering(&[answers.to_vec()], 9).ask(&stop()).unwrap_err();
            assert!(matches!(error, Error::Closed));
            assert_eq!(
                error.to_string(),
                "the launcher closed the connection before it answered"
            );
        }
    }

    #[test]
    fn an_answer_given_before_the_request_was_read_is_not_lost() {
        let refused = Refused::LimitReached {
            what: "connections".into(),
            limit: 64,
            scope: "your own".into(),
        };
        let mut conversation = answering(&[varlink::encode_error(&refused)], 1000);
        conversation.stream.deaf_after = 0;
        let error = conversation.ask(&stop()).unwrap_err();
        assert!(matches!(error, Error::Launcher(error) if error == refused));
        assert!(matches!(conversation.ask(&stop()), Err(Error::Closed)));
    }

    #[test]
    fn what_no_launcher_would_take_is_not_sent() {
        let mut conversation = answering(&[], 1);
        let too_many = Request::Start(Start {
            arguments: vec!["x".into(); 10],
            ..Start::default()
        });
        let error = conversation.ask(&too_many).unwrap_err();
        assert_eq!(
            error.to_string(),
            "10 arguments are too many: a class takes at most 9"
        );
        let too_large = Request::Info(Target::new("x".repeat(limits::REQUEST_BYTES), "y"));
        assert_eq!(conversation.ask(&too_large).unwrap_err().win32(), 111);
        assert!(conversation.stream.heard.is_empty());
    }

    #[test]
    fn a_secret_goes_to_a_trusted_launcher_only() {
        let start = Request::Start(Start {
            secret: Some(Secret::new("hunter2".into())),
            ..Start::default()
        });
        let mut conversation = answering(&[], 1);
        conversation.stream.trusted = false;
        let error = conversation.ask(&start).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the secret was not sent: the launcher belongs to mallory\\n, neither to the system \
             nor to you"
        );
        assert_eq!(error.win32(), 5);
        assert!(conversation.stream.heard.is_empty());
        conversation.stream.trusted = true;
        assert!(matches!(conversation.ask(&start), Err(Error::Closed)));
        let heard = String::from_utf8_lossy(&conversation.stream.heard);
        assert!(heard.contains("hunter2"), "{heard}");
    }

    #[test]
    fn a_start_alone_lends_the_callers_identity() {
        let mut conversation = answering(&[], 1);
        assert!(conversation.ask(&Request::List).is_err());
        assert_eq!(conversation.stream.lent, 0);
        conversation.stream.heard.clear();
        conversation.stream.trusted = false;
        let start = Request::Start(Start::default());
        assert!(matches!(conversation.ask(&start), Err(Error::Closed)));
        assert_eq!(conversation.stream.lent, 1);
    }

    #[test]
    fn an_answer_that_is_none_is_told_with_its_method() {
        let error = answering(&[b"{\"parameters\":{}}\0".to_vec()], 9)
            .ask(&Request::List)
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("answer to List can't be read"), "{text}");
    }
}
