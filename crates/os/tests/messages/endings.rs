//! How a connection ends: its client is to read the reply, and may not hold the connection by not
//! reading.

use std::{
    io::{Read, Write},
    pin::pin,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc::unbounded_channel, task::spawn_local, time::timeout};

use crate::{
    A_WHILE, PATIENCE,
    clients::{ask, call, connect, is_ended},
    elsewhere, listen, name, run,
};

#[test]
fn a_reply_waits_for_a_client_that_is_slow_to_read_it() {
    let path = name("slow");
    run(async {
        let endpoint = listen(&path);
        let request: Vec<u8> = (0..4096).map(|number| number as u8).collect();
        let asked = request.clone();
        let mut client = elsewhere(move || ask(&path, &asked)).await;
        let mut conversation = endpoint.accept().await;
        let reply = conversation.request();
        let mut replied = pin!(conversation.reply(reply, PATIENCE));
        let early = timeout(A_WHILE, &mut replied).await;
        assert!(early.is_err(), "nobody has read the reply");
        let read = elsewhere(move || {
            let mut reply = vec![0; 8192];
            let length = client.read(&mut reply).unwrap();
            reply.truncate(length);
            // It is let go without having to leave by itself.
            (reply, is_ended(&mut client))
        });
        let ((reply, took), ()) = tokio::join!(read, replied);
        assert!(reply == request);
        assert!(took < Duration::from_secs(3), "{took:?}");
    });
}

#[test]
fn a_client_that_never_reads_its_reply_is_disconnected_after_the_patience() {
    let path = name("deaf");
    run(async {
        let endpoint = listen(&path);
        let mut client = elsewhere(move || ask(&path, b"ab")).await;
        let conversation = endpoint.accept().await;
        let began = Instant::now();
        let patience = Duration::from_millis(500);
        conversation
            .reply(b"unread".to_vec().into(), patience)
            .await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(450), "{took:?}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        elsewhere(move || {
            let end = client.write(b"more");
            assert!(end.is_err(), "{end:?}");
        })
        .await;
    });
}

#[test]
fn a_client_that_writes_on_and_never_reads_is_heard_for_a_while_and_disconnected_as_well() {
    let path = name("chatty");
    run(async {
        let endpoint = listen(&path);
        let client = elsewhere(move || {
            let mut client = ask(&path, b"ab");
            let written = (0..).take_while(|_| client.write(&[b'x'; 1000]).is_ok());
            let written = written.count();
            assert!(written < 300, "{written} messages were taken");
        });
        let conversation = async {
            let conversation = endpoint.accept().await;
            let patience = Duration::from_millis(500);
            conversation
                .reply(b"unread".to_vec().into(), patience)
                .await;
        };
        tokio::join!(client, conversation);
    });
}

#[test]
fn whoever_is_not_answered_is_disconnected() {
    let path = name("unanswered");
    run(async {
        let endpoint = listen(&path);
        let asking = path.clone();
        let mut client = elsewhere(move || ask(&asking, b"ab")).await;
        drop(endpoint.accept().await);
        elsewhere(move || is_ended(&mut client)).await;

        // Whoever replies may be given up; the connection ends by itself.
        let mut client = elsewhere(move || ask(&path, b"ab")).await;
        let conversation = endpoint.accept().await;
        let reply = conversation.reply(b"unread".to_vec().into(), A_WHILE);
        assert!(timeout(A_WHILE / 10, reply).await.is_err());
        elsewhere(move || while client.write(b"more").is_ok() {}).await;
    });
}

/// Who do not read, at one time.
const IDLERS: usize = 40;

#[test]
fn a_client_that_reads_is_let_go_whoever_else_does_not() {
    let path = name("idlers");
    run(async {
        let endpoint = listen(&path);
        let (ended, mut ends) = unbounded_channel();
        let (begun, mut begins) = unbounded_channel();
        spawn_local(async move {
            loop {
                let mut conversation = endpoint.accept().await;
                let (begun, ended) = (begun.clone(), ended.clone());
                spawn_local(async move {
                    let reply = conversation.request();
                    let first = reply[0];
                    let _ = begun.send(());
                    conversation.reply(reply, PATIENCE).await;
                    let _ = ended.send(first);
                });
            }
        });
        let idle = path.clone();
        let idlers = elsewhere(move || {
            let idler = |_| ask(&idle, b"idle");
            (0..IDLERS).map(idler).collect::<Vec<_>>()
        })
        .await;
        for _ in 0..IDLERS {
            timeout(PATIENCE, begins.recv()).await.unwrap();
        }
        elsewhere(move || assert_eq!(call(&path, b"leave").unwrap(), b"leave")).await;
        let first = timeout(PATIENCE, ends.recv()).await;
        assert_eq!(first.unwrap(), Some(b'l'));
        drop(idlers);
        for _ in 0..IDLERS {
            let next = timeout(PATIENCE, ends.recv()).await;
            assert_eq!(next.unwrap(), Some(b'i'));
        }
    });
}

#[test]
fn when_the_pipe_is_closed_the_silent_are_let_go_and_who_has_asked_is_answered() {
    let path = name("stop");
    run(async {
        let endpoint = listen(&path);
        let name = path.clone();
        let (silent, asking) =
            elsewhere(move || (connect(&name).unwrap(), ask(&name, b"answered"))).await;
        let conversation = endpoint.accept().await;
        let name = path.clone();
        let unaccepted = elsewhere(move || ask(&name, b"unheard")).await;
        let lock = endpoint.close();
        for mut client in [silent, unaccepted] {
            let took = elsewhere(move || is_ended(&mut client)).await;
            assert!(took < Duration::from_secs(3), "{took:?}");
        }
        let read = elsewhere(move || {
            let (mut asking, mut reply) = (asking, [0; 8]);
            let length = asking.read(&mut reply).unwrap();
            reply[..length].to_vec()
        });
        let replied = conversation.reply(b"late".to_vec().into(), PATIENCE);
        let (reply, ()) = tokio::join!(read, replied);
        assert_eq!(reply, b"late");
        let name = path.clone();
        elsewhere(move || {
            let refused = std::fs::File::open(&name);
            assert!(refused.is_err(), "clients still connect");
        })
        .await;
        drop(lock);
        // Nobody has it now.
        drop(listen(&path));
    });
}
