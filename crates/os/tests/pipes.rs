//! The pipes that callers connect to, as clients find them. Wine enforces no descriptor of a
//! pipe; who may connect is proven by the attributes that are passed, in the module's own tests.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use fslaunch_os::{
    endpoint::{Endpoint, EndpointError},
    messages::MessageEndpoint,
    peer::Identities,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATIENCE: Duration = Duration::from_secs(5);

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
            Err(error) if error.raw_os_error() == Some(231) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

/// One request and its reply.
fn call(path: &PathBuf, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut pipe = connect(path)?;
    pipe.write_all(request)?;
    let mut reply = vec![0; 4096];
    let length = pipe.read(&mut reply)?;
    reply.truncate(length);
    Ok(reply)
}

/// Answers each request with itself, backwards, for as long as the runtime lives.
fn serve(path: &Path) -> io::Result<()> {
    let endpoint = MessageEndpoint::listen(path, Identities::default()).unwrap();
    tokio::spawn(async move {
        loop {
            let mut conversation = endpoint.accept().await.unwrap();
            tokio::spawn(async move {
                let Ok(request) = conversation.receive(PATIENCE).await else {
                    return;
                };
                let reply: Vec<u8> = request.iter().rev().copied().collect();
                conversation.peer().unwrap();
                conversation.reply(&reply, PATIENCE).await;
            });
        }
    });
    Ok(())
}

async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn eight_clients_at_once_hold_250_conversations_each_and_none_fails() {
    let path = name("many");
    serve(&path).unwrap();
    let clients: Vec<_> = (0..8_u8)
        .map(|client| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || {
                for round in 0..250_u8 {
                    let reply = call(&path, &[client, round, 1, 2]);
                    assert_eq!(reply.unwrap(), [2, 1, round, client]);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn a_silent_client_delays_nobody_and_is_dropped() {
    let path = name("silent");
    serve(&path).unwrap();
    elsewhere(move || {
        let mut silent: Vec<File> = (0..40).map(|_| connect(&path).unwrap()).collect();
        let began = Instant::now();
        for _ in 0..20 {
            assert_eq!(call(&path, b"ab").unwrap(), b"ba");
        }
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        // The server's end of them is gone after its patience.
        let mut nothing = [0; 1];
        let end = silent[0].read(&mut nothing);
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        assert!(began.elapsed() < Duration::from_secs(20));
    })
    .await;
}

#[tokio::test]
async fn a_reply_waits_for_a_client_that_is_slow_to_read_it() {
    let path = name("slow");
    serve(&path).unwrap();
    elsewhere(move || {
        let mut pipe = connect(&path).unwrap();
        let request: Vec<u8> = (0..4096).map(|number| number as u8).collect();
        pipe.write_all(&request).unwrap();
        thread::sleep(Duration::from_secs(1));
        let mut reply = vec![0; 4096];
        assert_eq!(pipe.read(&mut reply).unwrap(), 4096);
        assert!(reply.iter().eq(request.iter().rev()));
        // Having read it all, the client is let go without having to leave by itself.
        let began = Instant::now();
        let end = pipe.read(&mut reply);
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
    })
    .await;
}

#[tokio::test]
async fn a_client_that_never_reads_its_reply_is_disconnected() {
    let path = name("deaf");
    let endpoint = MessageEndpoint::listen(&path, Identities::default()).unwrap();
    let client = tokio::task::spawn_blocking(move || {
        let mut pipe = connect(&path).unwrap();
        pipe.write_all(b"ab").unwrap();
        pipe
    });
    let mut conversation = endpoint.accept().await.unwrap();
    assert_eq!(*conversation.receive(PATIENCE).await.unwrap(), b"ab");
    let mut pipe = client.await.unwrap();
    let began = Instant::now();
    conversation
        .reply(b"unread", Duration::from_millis(500))
        .await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(450), "{took:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    elsewhere(move || {
        let end = pipe.write(b"more");
        assert!(end.is_err(), "{end:?}");
    })
    .await;
}

/// More than the launcher waits for at one time, on threads of its own.
const IDLERS: usize = 40;

#[tokio::test]
async fn a_client_that_leaves_is_let_go_whoever_else_does_not_read() {
    let path = name("idlers");
    let endpoint = MessageEndpoint::listen(&path, Identities::default()).unwrap();
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let mut conversation = endpoint.accept().await.unwrap();
            let ended = ended.clone();
            tokio::spawn(async move {
                let request = conversation.receive(PATIENCE).await.unwrap();
                conversation.reply(&request, PATIENCE * 6).await;
                let _ = ended.send(request[0]);
            });
        }
    });
    let idlers_path = path.clone();
    let idlers = elsewhere(move || {
        let idler = |_| {
            let mut pipe = connect(&idlers_path).unwrap();
            pipe.write_all(b"idle").unwrap();
            pipe
        };
        let idlers: Vec<File> = (0..IDLERS).map(idler).collect();
        // Nobody tells when they are waited for.
        thread::sleep(Duration::from_millis(300));
        idlers
    })
    .await;
    elsewhere(move || {
        let mut pipe = connect(&path).unwrap();
        pipe.write_all(b"leave").unwrap();
        let mut reply = [0; 16];
        assert_eq!(pipe.read(&mut reply).unwrap(), 5);
        // Longer than a client that is waited for at no cost.
        thread::sleep(Duration::from_millis(200));
    })
    .await;
    let first = tokio::time::timeout(PATIENCE, ends.recv()).await;
    assert_eq!(first.unwrap(), Some(b'l'));
    drop(idlers);
}

#[tokio::test]
async fn a_message_of_4096_bytes_is_taken_and_a_longer_one_is_not() {
    let path = name("long");
    let endpoint = MessageEndpoint::listen(&path, Identities::default()).unwrap();
    for (length, fits) in [
        (2, true),
        (4094, true),
        (4095, true),
        (4096, true),
        (4097, false),
        (100_000, false),
    ] {
        let client = path.clone();
        let client = thread::spawn(move || {
            let mut pipe = connect(&client).unwrap();
            // It may be longer than the pipe takes without a reader.
            let _ = pipe.write_all(&vec![b'x'; length]);
            let mut reply = [0; 8];
            pipe.read(&mut reply)
        });
        let mut conversation = endpoint.accept().await.unwrap();
        let received = conversation.receive(PATIENCE).await;
        if fits {
            assert_eq!(received.unwrap().len(), length);
            conversation.reply(b"ok", PATIENCE).await;
        } else {
            let error = received.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{length}");
            drop(conversation);
        }
        let answer = elsewhere(move || client.join().unwrap()).await;
        assert_eq!(matches!(answer, Ok(2)), fits, "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn surplus_messages_disturb_neither_the_first_nor_the_reply() {
    let path = name("surplus");
    serve(&path).unwrap();
    elsewhere(move || {
        for _ in 0..50 {
            let mut pipe = connect(&path).unwrap();
            pipe.write_all(b"first").unwrap();
            // The server may be done already.
            let _ = pipe.write_all(b"second");
            let mut reply = [0; 64];
            let length = pipe.read(&mut reply).unwrap();
            assert_eq!(&reply[..length], b"tsrif");
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_without_a_word_disturbs_nobody() {
    let path = name("leaves");
    serve(&path).unwrap();
    elsewhere(move || {
        for _ in 0..100 {
            drop(connect(&path).unwrap());
        }
        assert_eq!(call(&path, b"ab").unwrap(), b"ba");
    })
    .await;
}

#[tokio::test]
async fn the_caller_is_this_user_with_the_rights_that_its_token_has() {
    let path = name("peer");
    let endpoint = MessageEndpoint::listen(&path, Identities::new(true, None).unwrap()).unwrap();
    let client = thread::spawn(move || call(&path, b"ab").unwrap());
    let mut conversation = endpoint.accept().await.unwrap();
    conversation.receive(PATIENCE).await.unwrap();
    let peer = conversation.peer().unwrap();
    let own = fslaunch_os::accounts::own_sid().unwrap();
    assert_eq!(peer.sid(), &own);
    assert!(peer.administrator && peer.is_system());
    let grants = |sddl: String, rights: u32| {
        peer.may(&sddl.parse().unwrap(), fslaunch_access::AccessMask(rights))
    };
    assert!(grants(format!("O:SYG:SYD:P(A;;RP;;;{own})"), 0x10));
    assert!(!grants(format!("O:SYG:SYD:P(A;;RP;;;{own})"), 0x30));
    assert!(!grants(
        format!("O:SYG:SYD:P(D;;RP;;;{own})(A;;RPWP;;;WD)"),
        0x10
    ));
    assert!(grants("O:SYG:SYD:P(A;;GX;;;WD)".into(), 0x30));
    assert!(grants("D:P(A;;GA;;;WD)".into(), 0x34), "without an owner");
    assert!(!grants("O:SYG:SYD:P".into(), 0x4));
    assert!(peer.may_any(&"O:SYG:SYD:P(A;;LC;;;WD)".parse().unwrap()));
    assert!(!peer.may_any(&"O:SYG:SYD:P(A;;RC;;;WD)".parse().unwrap()));
    conversation.reply(b"ok", PATIENCE).await;
    assert_eq!(client.join().unwrap(), b"ok");
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
    let client = thread::spawn(move || {
        let mut pipe = connect(&path).unwrap();
        pipe.write_all(b"pi").unwrap();
        pipe.write_all(b"ng").unwrap();
        let mut first = [0; 4];
        pipe.read_exact(&mut first).unwrap();
        thread::sleep(Duration::from_millis(500));
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
