//! Clients that vanish, at each stage of a connection.

use std::{io::Write, pin::pin, sync::mpsc::channel};

use tokio::time::timeout;

use crate::{
    A_WHILE, PATIENCE,
    clients::{ask, call, connect},
    elsewhere, listen, name, run, serve,
};

#[test]
fn before_the_server_has_seen_them() {
    let path = name("unseen");
    run(async {
        serve(&path);
        let (gone, all_gone) = channel();
        let name = path.clone();
        let clients = std::thread::spawn(move || {
            // As many as there are instances: more would wait for the server.
            for number in 0..16 {
                let mut client = connect(&name).unwrap();
                if number % 2 == 0 {
                    client.write_all(b"unheard").unwrap();
                }
            }
            gone.send(()).unwrap();
        });
        // The server does nothing meanwhile: this is its thread.
        all_gone.recv_timeout(PATIENCE).unwrap();
        clients.join().unwrap();
        elsewhere(move || assert_eq!(call(&path, b"ab").unwrap(), b"ba")).await;
    });
}

#[test]
fn without_a_word() {
    let path = name("leaves");
    run(async {
        serve(&path);
        elsewhere(move || {
            for _ in 0..100 {
                drop(connect(&path).unwrap());
            }
            assert_eq!(call(&path, b"ab").unwrap(), b"ba");
        })
        .await;
    });
}

#[test]
fn while_their_request_is_read() {
    let path = name("middle");
    run(async {
        serve(&path);
        elsewhere(move || {
            for length in [5000, 100_000] {
                for _ in 0..10 {
                    let mut client = connect(&path).unwrap();
                    // Longer than what the pipe holds, so that reading it takes several turns.
                    let _ = client.write(&vec![b'x'; length]);
                }
            }
            assert_eq!(call(&path, b"ab").unwrap(), b"ba");
        })
        .await;
    });
}

#[test]
fn before_the_reply_is_written() {
    let path = name("impatient");
    run(async {
        let endpoint = listen(&path);
        for _ in 0..10 {
            let name = path.clone();
            let client = elsewhere(move || ask(&name, b"ab")).await;
            let conversation = endpoint.accept().await;
            drop(client);
            let replied = conversation.reply(b"unread".to_vec().into(), PATIENCE);
            let ended = timeout(PATIENCE / 2, replied).await;
            ended.expect("nobody is waited for");
        }
    });
}

#[test]
fn before_they_read_the_reply() {
    let path = name("unread");
    run(async {
        let endpoint = listen(&path);
        for _ in 0..10 {
            let name = path.clone();
            let client = elsewhere(move || ask(&name, b"ab")).await;
            let conversation = endpoint.accept().await;
            let mut replied = pin!(conversation.reply(b"unread".to_vec().into(), PATIENCE));
            let early = timeout(A_WHILE / 4, &mut replied).await;
            assert!(early.is_err(), "nobody has read the reply");
            drop(client);
            let ended = timeout(PATIENCE / 2, replied).await;
            ended.expect("nobody is waited for");
        }
    });
}
