//! Clients that do as they please.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::PATIENCE;

/// Connects; a client that finds every instance taken tries again.
pub(crate) fn connect(path: &Path) -> io::Result<File> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.raw_os_error() == Some(231) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(1));
            }
            other => return other,
        }
    }
}

/// Connects and sends a request.
pub(crate) fn ask(path: &Path, request: &[u8]) -> File {
    let mut pipe = connect(path).unwrap();
    pipe.write_all(request).unwrap();
    pipe
}

/// One request and its reply.
pub(crate) fn call(path: &Path, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut pipe = connect(path)?;
    pipe.write_all(request)?;
    let mut reply = vec![0; 4096];
    let length = pipe.read(&mut reply)?;
    reply.truncate(length);
    Ok(reply)
}

/// Waits until the server has ended the connection, and gives how long that took.
pub(crate) fn is_ended(pipe: &mut File) -> Duration {
    let began = Instant::now();
    let end = pipe.read(&mut [0; 8]);
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    began.elapsed()
}
