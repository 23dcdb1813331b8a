//! Clients that do as they please.
#![allow(unsafe_code, reason = "the system tells when a pipe has room")]

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::windows::ffi::OsStrExt,
    path::Path,
    time::{Duration, Instant},
};

use windows_sys::Win32::{Foundation::ERROR_PIPE_BUSY, System::Pipes::WaitNamedPipeW};

use crate::PATIENCE;

/// Connects; a client that finds every instance taken waits for one.
pub(crate) fn connect(path: &Path) -> io::Result<File> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let opened = OpenOptions::new().read(true).write(true).open(path);
        let left = deadline.saturating_duration_since(Instant::now());
        match opened {
            Err(error)
                if error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32) && !left.is_zero() =>
            {
                // SAFETY: the name ends in a NUL. What came of it, opening the pipe tells.
                unsafe { WaitNamedPipeW(name.as_ptr(), left.as_millis().max(1) as u32) };
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
