//! What instances write: it is always read, so that none of them waits for a
//! reader; its end is kept.

use std::{rc::Rc, time::Duration};

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

/// After so many bytes of a stream there is a pause: a flood must leave the
/// daemon to others, and its writer can wait.
const FLOOD: usize = 64 << 10;
/// How long that pause is.
const PAUSE: Duration = Duration::from_millis(5);

/// Reads a stream of an instance to its end.
pub(crate) async fn drain(
    launcher: Rc<Launcher>,
    id: InstanceId,
    mut stream: impl AsyncRead + Unpin,
    mut question: Option<Question>,
) {
    let mut answer = vec![];
    // Small: every instance has one or two of them.
    let mut buffer = vec![0; 512];
    let mut in_a_row = 0;
    loop {
        let count = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        launcher.note_output(id, &buffer[..count]);
        if let Some(asked) = question {
            let missing = YES.len() - answer.len();
            answer.extend(&buffer[..count.min(missing)]);
            if let Some(event) = judge(asked, &answer) {
                launcher.apply(id, event);
                question = None;
            }
        }
        in_a_row += count;
        if in_a_row >= FLOOD {
            in_a_row = 0;
            tokio::time::sleep(PAUSE).await;
        }
    }
    if question == Some(Question::Secret) {
        launcher.apply(id, Event::NoAnswer);
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
