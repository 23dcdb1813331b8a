//! The end of a connection: its client is to read what was written last, and
//! may not hold the connection by not reading.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::windows::named_pipe::NamedPipeServer,
    sync::Semaphore,
    time::{sleep, timeout},
};
use windows_sys::Win32::Storage::FileSystem::FlushFileBuffers;

/// Most clients are gone by themselves within this.
const GRACE: Duration = Duration::from_millis(20);

/// Ends a connection: once the client has left, or has read everything, or, at the latest,
/// after `patience`; then what it has not read is lost.
///
/// Only a blocking call tells that everything was read. Those that need it wait for one of
/// `flushes`, and disconnecting brings the call back.
pub(super) async fn part(server: NamedPipeServer, flushes: Arc<Semaphore>, patience: Duration) {
    let server = Disconnected {
        server: Arc::new(server),
        closed: false,
    };
    let read = async {
        tokio::select! {
            () = gone(&server.server) => {}
            () = taken(&server.server, flushes) => {}
        }
    };
    if timeout(patience, read).await.is_ok() {
        server.close();
    }
}

/// Waits until the client has read everything, or has left: not before the grace is over, and
/// it is one of `flushes`' turn.
async fn taken(server: &Arc<NamedPipeServer>, flushes: Arc<Semaphore>) {
    sleep(GRACE).await;
    let Ok(_flush) = flushes.acquire_owned().await else {
        return;
    };
    let server = server.clone();
    let flushed = tokio::task::spawn_blocking(move || flush(&server)).await;
    if let Ok(Err(error)) = flushed {
        tracing::debug!(%error, "a client left before it had read everything");
    }
}

/// Waits until the client has closed its end, whatever it still says.
async fn gone(server: &NamedPipeServer) {
    let mut ignored = [0; 512];
    while server.readable().await.is_ok() {
        match server.try_read(&mut ignored) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Blocks until the client has read everything or has left, or the pipe is disconnected.
fn flush(server: &NamedPipeServer) -> io::Result<()> {
    // SAFETY: the handle is open for as long as the server is borrowed.
    if unsafe { FlushFileBuffers(server.as_raw_handle()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The handle of a server, which stays for as long.
pub(super) fn borrowed(server: &NamedPipeServer) -> BorrowedHandle<'_> {
    // SAFETY: the handle is open for as long as the server is borrowed.
    unsafe { BorrowedHandle::borrow_raw(server.as_raw_handle()) }
}

/// A server that is disconnected when dropped, unless it was closed before: what was not read
/// is lost, and nobody waits for the client any more.
struct Disconnected {
    server: Arc<NamedPipeServer>,
    closed: bool,
}

impl Disconnected {
    /// Leaves it to the client to come to the end of what it reads.
    fn close(mut self) {
        self.closed = true;
    }
}

impl Drop for Disconnected {
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.server.disconnect();
        }
    }
}
