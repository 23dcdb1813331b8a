//! The pipe of the Varlink interface, as clients find it. Wine enforces no descriptor of a pipe;
//! who may connect is proven by the attributes that are passed, in the module's own tests.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]
#![allow(unsafe_code, reason = "the system counts the connections")]

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::windows::io::AsRawHandle,
    path::PathBuf,
    ptr,
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};

use fslaunch_os::{
    endpoint::{Endpoint, EndpointError, Stream},
    peer::Identities,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Builder,
    time::timeout,
};
use windows_sys::Win32::{Foundation::ERROR_PIPE_BUSY, System::Pipes::GetNamedPipeHandleStateW};

const PATIENCE: Duration = Duration::from_secs(5);
/// Less than the time in which a client is to read what was written last.
const SOON: Duration = Duration::from_secs(3);
/// Threads that wait for clients to read, at most.
const FLUSHES: usize = 32;

/// Ends the whole run when one test hangs.
fn watchdog() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(240));
            eprintln!("a test of pipes hangs");
            std::process::abort();
        });
    });
}

fn name(test: &str) -> PathBuf {
    watchdog();
    format!(r"\\.\pipe\fslaunch-test-{}-{test}", std::process::id()).into()
}

/// Connects; a client that finds every instance taken tries again.
fn connect(path: &PathBuf) -> io::Result<File> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(error)
                if error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32)
                    && Instant::now() < deadline =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_second_launcher_is_refused_and_told_who_has_the_pipe() {
    let path = name("second");
    let _first = Endpoint::bind(&path, Identities::default()).unwrap();
    let refused = Endpoint::bind(&path, Identities::default()).unwrap_err();
    let words = refused.to_string();
    assert!(matches!(refused, EndpointError::InUse { .. }), "{words}");
    let holder = format!("in use by process {} (", std::process::id());
    assert!(words.contains(&holder), "{words}");
}

#[tokio::test]
async fn what_is_no_name_of_a_local_pipe_is_refused() {
    for path in [
        r"\\.\pipe\",
        r"\\server\pipe\x",
        r"C:\x",
        "x",
        r"\\.\pipe\a\b",
    ] {
        let refused = Endpoint::bind(path.as_ref(), Identities::default()).unwrap_err();
        assert!(
            matches!(refused, EndpointError::NotAPipe { .. }),
            "{path}: {refused}"
        );
    }
}

#[tokio::test]
async fn the_pipe_is_gone_with_its_endpoint() {
    let path = name("gone");
    drop(Endpoint::bind(&path, Identities::default()).unwrap());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Endpoint::bind(&path, Identities::default()) {
            Ok(_) => break,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_closed_endpoint_takes_no_clients_and_keeps_the_name() {
    let path = name("closed");
    let lock = Endpoint::bind(&path, Identities::default())
        .unwrap()
        .close();
    let deadline = Instant::now() + PATIENCE;
    while let Ok(_client) = OpenOptions::new().read(true).write(true).open(&path) {
        assert!(Instant::now() < deadline, "clients still connect");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = Endpoint::bind(&path, Identities::default()).unwrap_err();
    assert!(matches!(refused, EndpointError::InUse { .. }), "{refused}");
    drop(lock);
    Endpoint::bind(&path, Identities::default()).unwrap();
}

#[tokio::test]
async fn bytes_go_both_ways_and_what_was_written_last_is_read() {
    let path = name("bytes");
    let endpoint = Endpoint::bind(&path, Identities::default()).unwrap();
    let (done, server_is_done) = channel();
    let client = thread::spawn(move || {
        let mut pipe = connect(&path).unwrap();
        pipe.write_all(b"pi").unwrap();
        pipe.write_all(b"ng").unwrap();
        let mut first = [0; 4];
        pipe.read_exact(&mut first).unwrap();
        server_is_done.recv_timeout(PATIENCE).unwrap();
        let mut rest = Vec::new();
        pipe.read_to_end(&mut rest).map(|_| (first, rest))
    });
    let mut stream = endpoint.accept().await.unwrap();
    endpoint.peer(&stream).unwrap();
    let mut heard = [0; 4];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"ping");
    stream.write_all(b"pong").await.unwrap();
    stream.write_all(&[b'x'; 3000]).await.unwrap();
    drop(stream);
    done.send(()).unwrap();
    let (first, rest) = elsewhere(move || client.join().unwrap()).await.unwrap();
    assert_eq!((&first, rest.len()), (b"pong", 3000));
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_a_dropped_stream_for_seconds_only() {
    let path = name("stuck");
    let endpoint = Endpoint::bind(&path, Identities::default()).unwrap();
    let connecting = path.clone();
    let mut client = elsewhere(move || {
        let mut pipe = connect(&connecting).unwrap();
        pipe.write_all(b"x").unwrap();
        pipe
    })
    .await;
    let stream = endpoint.accept().await.unwrap();
    let big = vec![b'y'; 1 << 20];
    stream.try_write(&big).unwrap();
    drop(stream);
    let began = Instant::now();
    elsewhere(move || {
        while client.write(b"z").is_ok() {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "it is still held"
            );
            thread::sleep(Duration::from_millis(20));
        }
    })
    .await;
}

/// Clients that have something to read and don't, with the server's end of each.
async fn idlers(endpoint: &Endpoint, path: &PathBuf, count: usize) -> Vec<(File, Stream)> {
    let mut idlers = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = connect(path).unwrap();
        client.write_all(b"x").unwrap();
        let stream = endpoint.accept().await.unwrap();
        stream.try_write(b"unread").unwrap();
        idlers.push((client, stream));
    }
    idlers
}

/// How many instances the pipe of a client has, in the words of the system.
fn instances(client: &File) -> u32 {
    let (mut count, none) = (0, ptr::null_mut());
    // SAFETY: the handle is open; what is not asked for is null.
    let told = unsafe {
        GetNamedPipeHandleStateW(
            client.as_raw_handle(),
            none,
            &mut count,
            none,
            none,
            ptr::null_mut(),
            0,
        )
    };
    assert_ne!(told, 0, "{}", io::Error::last_os_error());
    count
}

#[tokio::test]
async fn a_client_that_leaves_is_let_go_whoever_else_does_not_read() {
    let path = name("idlers");
    let endpoint = Endpoint::bind(&path, Identities::default()).unwrap();
    let mut all = idlers(&endpoint, &path, FLUSHES + 1).await;
    let (leaver, last) = all.pop().unwrap();
    let (clients, streams): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let before = instances(&clients[0]);
    // Those that stay are first, and take all threads that there are for this.
    drop((streams, last));
    drop(leaver);
    let deadline = Instant::now() + SOON;
    while instances(&clients[0]) >= before {
        assert!(Instant::now() < deadline, "it is still held");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        instances(&clients[0]),
        before - 1,
        "the others are waited for"
    );
}

#[test]
fn clients_that_do_not_read_leave_threads_to_others() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(FLUSHES + 1);
    runtime.build().unwrap().block_on(async {
        let path = name("threads");
        let endpoint = Endpoint::bind(&path, Identities::default()).unwrap();
        let all = idlers(&endpoint, &path, 2 * FLUSHES).await;
        let (clients, streams): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let (last, before) = (&clients[clients.len() - 1], instances(&clients[0]));
        drop(streams);
        // A while, in which they all have come to ask for a thread.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let free = timeout(SOON, elsewhere(|| ())).await;
        free.expect("a thread is free");
        assert_eq!(instances(last), before, "all of them are waited for");
    });
}
