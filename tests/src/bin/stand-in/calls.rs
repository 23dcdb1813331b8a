//! Callers that mean no good: they keep the launcher busy from many
//! connections at once, and connect again whenever they are turned away.

use std::path::Path;
use std::time::Duration;

use fslaunch_tests::Stream;

use crate::ALWAYS;

const CONNECTIONS: usize = 100;
/// A little less than the launcher takes as one message.
const MOST: usize = (1 << 20) - 4096;
/// Beside its end, a message of that many members is nearly as long.
const MEMBERS: usize = 80_000;
/// Between two tries: what is to be starved is the launcher, not the test.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps most of a long message on many connections.
pub(crate) fn hold_messages(socket: &Path) {
    let message = [br#"{"x":""#.to_vec(), vec![b'a'; MOST]].concat();
    from_many_connections(socket, message);
}

/// Sends long starts with very many named arguments, one after the other, on
/// many connections.
pub(crate) fn loop_starts(socket: &Path) {
    let members: Vec<String> = (0..MEMBERS).map(|at| format!(r#""{at:05x}":"""#)).collect();
    let start = format!(
        r#"{{"method":"org.fslaunch.Launcher.Start","parameters":{{"class":"echo","instance":"x","named":{{{}}}}}}}"#,
        members.join(",")
    );
    from_many_connections(socket, [start.as_bytes(), b"\0"].concat());
}

fn from_many_connections(socket: &Path, message: Vec<u8>) {
    for _ in 0..CONNECTIONS {
        let (socket, message) = (socket.to_owned(), message.clone());
        std::thread::spawn(move || {
            loop {
                // Being turned away is what it is about.
                let _ = Stream::connect(&socket, ALWAYS).and_then(|stream| send(stream, &message));
                std::thread::sleep(PAUSE);
            }
        });
    }
}

/// Sends a message again whenever there is a reply, until hung up on.
fn send(mut stream: Stream, message: &[u8]) -> std::io::Result<()> {
    let mut reply = vec![0; 65536];
    loop {
        stream.write_all(message)?;
        if stream.read(&mut reply)? == 0 {
            return Ok(());
        }
    }
}
