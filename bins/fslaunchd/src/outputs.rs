//! What instances write: it is always read, so that none of them waits for a
//! reader; its end is kept.

use std::rc::Rc;

use fslaunch_core::{instance::Event, table::InstanceId};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::launcher::Launcher;

/// What the first two bytes on standard output are an answer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The secret: `OK`, or it is refused (launcher specification, section 7).
    Secret,
    /// Readiness: `OK`, or it is not ready yet.
    Readiness,
}

/// The bytes that mean yes.
const YES: &[u8] = b"OK";

/// Reads a stream of an instance to its end.
pub(crate) async fn drain(
    launcher: Rc<Launcher>,
    id: InstanceId,
    mut stream: impl AsyncRead + Unpin,
    mut question: Option<Question>,
) {
    let mut answer = vec![];
    let mut buffer = vec![0; 4096];
    loop {
        let count = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        launcher.note_output(id, &buffer[..count]);
        if let Some(asked) = question {
            answer.extend(&buffer[..count]);
            if let Some(event) = judge(asked, &answer) {
                launcher.apply(id, event);
                question = None;
            }
        }
        // A flood must leave the loop to others.
        tokio::task::yield_now().await;
    }
    if question == Some(Question::Secret) {
        let words = "it ended its output without an answer";
        launcher.apply(id, Event::SecretRefused(words.into()));
    }
}

/// What the bytes so far mean; `None` while there are not enough.
fn judge(question: Question, answer: &[u8]) -> Option<Event> {
    let answer = answer.get(..YES.len())?;
    match question {
        Question::Secret if answer == YES => Some(Event::SecretAccepted),
        Question::Secret => {
            let words = format!("it answered '{}'", answer.escape_ascii());
            Some(Event::SecretRefused(words))
        }
        Question::Readiness => (answer == YES).then_some(Event::Ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_come_one_byte_at_a_time() {
        assert_eq!(judge(Question::Secret, b""), None);
        assert_eq!(judge(Question::Secret, b"O"), None);
        assert_eq!(judge(Question::Secret, b"OK"), Some(Event::SecretAccepted));
        assert_eq!(
            judge(Question::Secret, b"OK and more"),
            Some(Event::SecretAccepted)
        );
    }

    #[test]
    fn anything_else_is_a_refusal_and_is_quoted() {
        let refused = Event::SecretRefused("it answered 'KO'".into());
        assert_eq!(judge(Question::Secret, b"KO"), Some(refused));
        let escaped = Event::SecretRefused(r"it answered '\x1b['".into());
        assert_eq!(judge(Question::Secret, b"\x1b[2J"), Some(escaped));
    }

    #[test]
    fn other_words_than_ok_do_not_mean_ready() {
        assert_eq!(judge(Question::Readiness, b"OK\n"), Some(Event::Ready));
        assert_eq!(judge(Question::Readiness, b"connecting"), None);
    }
}
