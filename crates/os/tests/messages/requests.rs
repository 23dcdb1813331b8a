//! What is a request, and who has sent it.

use std::{
    io::{Read, Write},
    path::PathBuf,
};

use fslaunch_os::{messages::MessageEndpoint, peer::Identities, testing::pipes};

use crate::{
    A_WHILE, PATIENCE,
    clients::{ask, call, connect, is_ended},
    elsewhere, listen, name, run, serve,
};

/// Each with as many calls, in the way of existing clients if they transact.
fn eight_clients(path: PathBuf, transact: bool) {
    let client = |client: u8| {
        for round in 0..250_u8 {
            let request = [client, round, 1, 2];
            let mut reply = [0; 8];
            let length = match transact {
                true => pipes::call(&path, &request, &mut reply, PATIENCE).unwrap(),
                false => {
                    let told = call(&path, &request).unwrap();
                    reply[..told.len()].copy_from_slice(&told);
                    told.len()
                }
            };
            assert_eq!(reply[..length], [2, 1, round, client]);
        }
    };
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || client(number));
        }
    });
}

#[test]
fn eight_clients_at_once_hold_250_conversations_each_and_none_fails() {
    let path = name("many");
    run(async {
        serve(&path);
        elsewhere(|| eight_clients(path, false)).await;
    });
}

#[test]
fn eight_clients_that_transact_get_the_replies_to_their_own_requests() {
    let path = name("transact");
    run(async {
        serve(&path);
        elsewhere(|| eight_clients(path, true)).await;
    });
}

#[test]
fn a_message_of_4096_bytes_is_taken_and_an_empty_or_longer_one_is_not() {
    let path = name("long");
    run(async {
        serve(&path);
        elsewhere(move || {
            for length in [1, 2, 4094, 4095, 4096] {
                let request = vec![b'x'; length];
                assert!(call(&path, &request).unwrap() == request, "{length}");
            }
            for length in [0, 4097, 8192, 100_000] {
                let mut pipe = connect(&path).unwrap();
                // The server may have ended it before all is written.
                let _ = pipe.write(&vec![b'x'; length]);
                let took = is_ended(&mut pipe);
                // It is not taken for a client that says nothing.
                assert!(took.as_secs() < 3, "{length}: {took:?}");
            }
        })
        .await;
    });
}

#[test]
fn surplus_messages_disturb_neither_the_first_nor_the_reply() {
    let path = name("surplus");
    run(async {
        serve(&path);
        elsewhere(move || {
            for _ in 0..50 {
                let mut pipe = ask(&path, b"first");
                // The server may be done already.
                let _ = pipe.write_all(b"second");
                let mut reply = [0; 64];
                let length = pipe.read(&mut reply).unwrap();
                assert_eq!(&reply[..length], b"tsrif");
            }
        })
        .await;
    });
}

#[test]
fn more_surplus_than_the_pipe_takes_is_read_and_ignored_until_the_reply_is_read() {
    let path = name("flood");
    run(async {
        serve(&path);
        elsewhere(move || {
            let mut pipe = ask(&path, b"first");
            for _ in 0..40 {
                pipe.write_all(&[b'x'; 1000]).unwrap();
            }
            let mut reply = [0; 64];
            let length = pipe.read(&mut reply).unwrap();
            assert_eq!(&reply[..length], b"tsrif");
        })
        .await;
    });
}

#[test]
fn a_request_waits_until_it_is_accepted_and_disturbs_nobody() {
    let path = name("unaccepted");
    run(async {
        let endpoint = listen(&path);
        let path = path.clone();
        let client = elsewhere(move || call(&path, b"ab"));
        let mut client = std::pin::pin!(client);
        let early = tokio::time::timeout(A_WHILE, &mut client).await;
        assert!(early.is_err(), "nobody has answered");
        let mut conversation = endpoint.accept().await;
        assert_eq!(*conversation.request(), b"ab");
        assert!(conversation.request().is_empty(), "it was taken");
        conversation.reply(b"ok".to_vec().into(), PATIENCE).await;
        assert_eq!(client.await.unwrap(), b"ok");
    });
}

#[test]
fn the_caller_is_this_user_with_the_rights_that_its_token_has() {
    let path = name("peer");
    run(async {
        let identities = Identities::new(true, None).unwrap();
        let endpoint = MessageEndpoint::listen(&path, identities).unwrap();
        let client = elsewhere(move || call(&path, b"ab").unwrap());
        let conversation = async {
            let conversation = endpoint.accept().await;
            let peer = conversation.peer().unwrap();
            let own = fslaunch_os::accounts::own_sid().unwrap();
            assert_eq!(peer.sid(), &own);
            assert_eq!(conversation.client(), Some(std::process::id()));
            assert!(peer.is_administrator() && peer.is_system());
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
            conversation.reply(b"ok".to_vec().into(), PATIENCE).await;
        };
        let (reply, ()) = tokio::join!(client, conversation);
        assert_eq!(reply, b"ok");
    });
}
