use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, ERROR_MORE_DATA, ERROR_PIPE_CONNECTED};

use super::{
    super::pipe::{Kind, Pipe, disconnect},
    *,
};

/// A pipe of messages, both ends of it.
struct Ends {
    server: Rc<OwnedHandle>,
    alarm: Arc<Alarm>,
    client: File,
}

fn ends(test: &str) -> Ends {
    let name = format!(r"\\.\pipe\fslaunch-operation-{}-{test}", std::process::id());
    let path = PathBuf::from(name);
    let (_pipe, server) = Pipe::first(&path, Kind::Messages, None).unwrap();
    let (server, alarm) = (Rc::new(server), Arc::new(Alarm::new().unwrap()));
    let connecting = Operation::connect(&server, &alarm);
    assert!(!connecting.is_over());
    let client = OpenOptions::new().read(true).write(true).open(&path);
    settle(&connecting, &alarm);
    connecting.finish().unwrap();
    Ends {
        server,
        alarm,
        client: client.unwrap(),
    }
}

/// Waits until an operation is over.
fn settle(operation: &Operation, alarm: &Alarm) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !operation.is_over() {
        assert!(Instant::now() < deadline, "it is not over");
        alarm.wait_for_event(Some(deadline));
    }
}

fn code(result: io::Result<Zeroizing<Vec<u8>>>) -> Option<u32> {
    result
        .err()
        .and_then(|error| error.raw_os_error())
        .map(|code| code as u32)
}

#[test]
fn a_read_gives_what_comes_later_and_what_is_there_already() {
    let mut ends = ends("read");
    let later = Operation::read(&ends.server, &ends.alarm, 16);
    assert!(!later.is_over());
    ends.client.write_all(b"later").unwrap();
    settle(&later, &ends.alarm);
    assert_eq!(*later.finish().unwrap(), b"later");
    ends.client.write_all(b"before").unwrap();
    let before = Operation::read(&ends.server, &ends.alarm, 16);
    assert!(before.is_over());
    assert_eq!(*before.finish().unwrap(), b"before");
}

#[test]
fn a_message_that_is_too_long_is_an_error_whenever_it_comes() {
    let mut ends = ends("long");
    ends.client.write_all(b"longer than that").unwrap();
    let before = Operation::read(&ends.server, &ends.alarm, 8);
    settle(&before, &ends.alarm);
    assert_eq!(code(before.finish()), Some(ERROR_MORE_DATA));
    let rest = Operation::read(&ends.server, &ends.alarm, 8);
    assert_eq!(*rest.finish().unwrap(), b"han that");
    let later = Operation::read(&ends.server, &ends.alarm, 8);
    assert!(!later.is_over());
    ends.client.write_all(b"longer than that").unwrap();
    settle(&later, &ends.alarm);
    assert_eq!(code(later.finish()), Some(ERROR_MORE_DATA));
}

#[test]
fn a_write_to_a_pipe_of_messages_is_over_when_it_was_read() {
    let mut ends = ends("write");
    let writing = Operation::write(&ends.server, &ends.alarm, b"reply".to_vec().into());
    assert!(!writing.is_over());
    let mut read = [0; 8];
    assert_eq!(ends.client.read(&mut read).unwrap(), 5);
    settle(&writing, &ends.alarm);
    assert_eq!(writing.finish().unwrap().len(), 5);
}

#[test]
fn what_is_dropped_before_it_is_over_takes_nothing_and_keeps_nobody() {
    let mut ends = ends("dropped");
    drop(Operation::read(&ends.server, &ends.alarm, 16));
    ends.client.write_all(b"kept").unwrap();
    let reading = Operation::read(&ends.server, &ends.alarm, 16);
    assert_eq!(*reading.finish().unwrap(), b"kept");
    drop(Operation::write(
        &ends.server,
        &ends.alarm,
        b"unread".to_vec().into(),
    ));
    let (first, second) = (
        Operation::read(&ends.server, &ends.alarm, 16),
        Operation::read(&ends.server, &ends.alarm, 16),
    );
    drop(first);
    ends.client.write_all(b"second").unwrap();
    settle(&second, &ends.alarm);
    assert_eq!(*second.finish().unwrap(), b"second");
}

#[test]
fn each_way_of_ending_the_connection_ends_what_waits_for_it() {
    let one = ends("leaves");
    let reading = Operation::read(&one.server, &one.alarm, 16);
    drop(one.client);
    settle(&reading, &one.alarm);
    assert_eq!(code(reading.finish()), Some(ERROR_BROKEN_PIPE));
    let refused = Operation::read(&one.server, &one.alarm, 16);
    assert!(refused.is_over());
    assert!(refused.finish().is_err());

    let other = ends("disconnected");
    let writing = Operation::write(&other.server, &other.alarm, b"unread".to_vec().into());
    disconnect(&other.server);
    settle(&writing, &other.alarm);
    assert!(writing.finish().is_err());
}

#[test]
fn a_client_that_is_there_already_is_told_of_at_once() {
    let ends = ends("there");
    let again = Operation::connect(&ends.server, &ends.alarm);
    assert!(again.is_over());
    assert_eq!(code(again.finish()), Some(ERROR_PIPE_CONNECTED));
}
