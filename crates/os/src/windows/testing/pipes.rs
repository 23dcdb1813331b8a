//! Pipes of messages in the plainest way there is: a client as existing programs have it, and a
//! server that does nothing besides. Both block.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_PIPE_BUSY, ERROR_PIPE_CONNECTED, ERROR_SEM_TIMEOUT, GENERIC_READ,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA,
    FlushFileBuffers, OPEN_EXISTING, PIPE_ACCESS_DUPLEX, ReadFile, SECURITY_IMPERSONATION,
    SECURITY_SQOS_PRESENT, WriteFile,
};
use windows_sys::Win32::System::Pipes::{
    ConnectNamedPipe, CreateNamedPipeW, DisconnectNamedPipe, PIPE_READMODE_MESSAGE,
    PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES, PIPE_WAIT,
    SetNamedPipeHandleState, TransactNamedPipe, WaitNamedPipeW,
};

use super::super::raw::{check, owned, wide};

/// Of each direction, in bytes.
const BUFFER: u32 = 4096;

/// Connects, sends one message and gives the length of the reply. While all instances are
/// taken, it waits; others who wait may be faster, so that it may take several turns.
///
/// # Errors
/// The system's; that all instances are taken only when the time is over.
pub fn call(
    name: &Path,
    message: &[u8],
    reply: &mut [u8],
    patience: Duration,
) -> io::Result<usize> {
    let pipe = open(&wide(name), Instant::now() + patience)?;
    let mode = PIPE_READMODE_MESSAGE;
    let mut length = 0;
    // SAFETY: an open pipe, buffers of the lengths that are told, and answers that outlive the
    // calls; the pipe was opened to block.
    unsafe {
        check(SetNamedPipeHandleState(
            pipe.as_raw_handle(),
            &mode,
            ptr::null(),
            ptr::null(),
        ))?;
        check(TransactNamedPipe(
            pipe.as_raw_handle(),
            message.as_ptr().cast(),
            size(message),
            reply.as_mut_ptr().cast(),
            size(reply),
            &mut length,
            ptr::null_mut(),
        ))?;
    }
    Ok(length as usize)
}

fn open(name: &[u16], deadline: Instant) -> io::Result<OwnedHandle> {
    loop {
        // SAFETY: the name ends in a NUL, and the handle is nobody else's.
        let opened = unsafe {
            owned(CreateFileW(
                name.as_ptr(),
                GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES,
                FILE_SHARE_READ | FILE_SHARE_WRITE,
                ptr::null(),
                OPEN_EXISTING,
                SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION,
                ptr::null_mut(),
            ))
        };
        let left = deadline.saturating_duration_since(Instant::now());
        match opened {
            Err(error) if is(&error, ERROR_PIPE_BUSY) && !left.is_zero() => {
                let left = u32::try_from(left.as_millis()).unwrap_or(u32::MAX - 1);
                // SAFETY: the name ends in a NUL.
                match check(unsafe { WaitNamedPipeW(name.as_ptr(), left.max(1)) }) {
                    Err(error) if !is(&error, ERROR_SEM_TIMEOUT) => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
            other => return other,
        }
    }
}

/// One instance of a pipe, the server's end, which serves one client after the other.
#[derive(Debug)]
pub struct PlainInstance(OwnedHandle);

impl PlainInstance {
    /// Makes an instance of the pipe of that name.
    ///
    /// # Errors
    /// The system's.
    pub fn new(name: &Path) -> io::Result<Self> {
        // SAFETY: the name ends in a NUL, no attributes are given, and the handle is new.
        unsafe {
            owned(CreateNamedPipeW(
                wide(name).as_ptr(),
                PIPE_ACCESS_DUPLEX,
                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                PIPE_UNLIMITED_INSTANCES,
                BUFFER,
                BUFFER,
                0,
                ptr::null(),
            ))
        }
        .map(Self)
    }

    /// Waits for a client, takes its message, sends the reply, and disconnects the client when
    /// it has read that.
    ///
    /// # Errors
    /// The system's; a client that leaves early is one of them.
    pub fn serve(&self, reply: &[u8]) -> io::Result<()> {
        let answered = self.answer(reply);
        // SAFETY: an open pipe.
        check(unsafe { DisconnectNamedPipe(self.0.as_raw_handle()) })?;
        answered
    }

    fn answer(&self, reply: &[u8]) -> io::Result<()> {
        let pipe = self.0.as_raw_handle();
        // SAFETY: an open pipe that blocks.
        match check(unsafe { ConnectNamedPipe(pipe, ptr::null_mut()) }) {
            Err(error) if !is(&error, ERROR_PIPE_CONNECTED) => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let (mut message, mut length) = ([0; BUFFER as usize], 0);
        // SAFETY: as above, with buffers of the lengths that are told.
        unsafe {
            check(ReadFile(
                pipe,
                message.as_mut_ptr(),
                size(&message),
                &mut length,
                ptr::null_mut(),
            ))?;
            check(WriteFile(
                pipe,
                reply.as_ptr(),
                size(reply),
                &mut length,
                ptr::null_mut(),
            ))?;
            check(FlushFileBuffers(pipe))
        }
    }
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}

/// What is longer is not told whole.
fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_message_has_a_reply_and_an_instance_serves_again() {
        let name = format!(r"\\.\pipe\fslaunch-plain-{}", std::process::id());
        let instance = PlainInstance::new(Path::new(&name)).unwrap();
        let server = std::thread::spawn(move || {
            for _ in 0..3 {
                instance.serve(b"pong").unwrap();
            }
        });
        for _ in 0..3 {
            let mut reply = [0; 8];
            let length = call(Path::new(&name), b"ping", &mut reply, PATIENCE).unwrap();
            assert_eq!(&reply[..length], b"pong");
        }
        server.join().unwrap();
        let gone = call(Path::new(&name), b"ping", &mut [0; 8], PATIENCE).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }
}
