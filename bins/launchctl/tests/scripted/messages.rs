//! WinFsp's own launcher, where there is one: a pipe that answers messages
//! with numbers.

use crate::launcher::{LONG, Socket, run};
use fslaunch_os::event_loop;
use fslaunch_os::messages::MessageEndpoint;
use fslaunch_os::peer::Identities;
use fslaunch_os::places::{Chosen, Places};
use fslaunch_protocol::winfsp::{self, Message};
use fslaunch_protocol::{Request, Start, Target};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::time::timeout;

/// The pipe of such a launcher, and an address where no other listens.
struct Original {
    pipe: PathBuf,
    nowhere: Socket,
}

impl Original {
    fn new(name: &str) -> Self {
        let nowhere = Socket::new(name);
        let pipe = format!("{}-messages", nowhere.0.display()).into();
        Self { pipe, nowhere }
    }

    /// Answers one message, and gives it back; none where there are no such
    /// pipes.
    fn answer(&self, answer: &str) -> Option<JoinHandle<Message>> {
        let answer: Vec<u8> = answer.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (listening, listens) = mpsc::channel();
        let places = self.places();
        let served = std::thread::spawn(move || {
            let serve = async {
                let identities = Identities::new(true, None).unwrap();
                let endpoint = MessageEndpoint::bind(&places, identities).unwrap();
                listening.send(endpoint.is_some()).unwrap();
                let endpoint = endpoint?;
                let mut conversation = endpoint.accept().await;
                let message = conversation.request();
                conversation.reply(answer.into(), LONG).await;
                Some(winfsp::decode(&message).unwrap())
            };
            let served = event_loop::run(async { timeout(LONG, serve).await }).unwrap();
            served.expect("it takes too long")
        });
        let served = std::thread::spawn(move || served.join().unwrap().unwrap());
        listens.recv_timeout(LONG).unwrap().then_some(served)
    }

    fn places(&self) -> Places {
        let unused = || Some(std::env::temp_dir());
        let chosen = Chosen {
            socket: Some(self.nowhere.0.clone()),
            messages: Some(self.pipe.clone()),
            config_dir: unused(),
            state_dir: unused(),
            log_file: unused(),
            ..Chosen::default()
        };
        Places::user(chosen).unwrap()
    }

    /// The launcher of fslaunch is asked first, and is not there.
    fn command(&self) -> Command {
        let mut command = self.nowhere.command();
        command.env("FSLAUNCH_PIPE", &self.pipe);
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        run(self.command().args(arguments), b"")
    }
}

fn target() -> Target {
    Target::new("memfs64", "share")
}

#[test]
fn winfsps_launcher_is_asked_where_ours_is_not_there() {
    let original = Original::new("verbs");
    let start = |secret: Option<&str>| {
        Request::Start(Start {
            class: "memfs64".into(),
            instance: "share".into(),
            arguments: vec!["".into(), "Größe \"x\" \\".into()],
            secret: secret.map(|secret| fslaunch_protocol::Secret::new(secret.into())),
            ..Start::default()
        })
    };
    let arguments = ["memfs64", "share", "", "Größe \"x\" \\"];
    let with_secret = [&["startWithSecret"][..], &arguments, &["pässword"]].concat();
    let without = [&["start"][..], &arguments].concat();
    for (line, request, answer, out) in [
        (&without[..], start(None), "$", "OK\n"),
        (&with_secret, start(Some("pässword")), "$", "OK\n"),
        (
            &["stop", "memfs64", "share"],
            Request::Stop(target()),
            "$",
            "OK\n",
        ),
        (
            &["info", "memfs64", "share"],
            Request::Info(target()),
            "$memfs64\0share\0\"C:\\m.exe\" -i\0",
            "OK\nmemfs64 share\n\"C:\\m.exe\" -i\nstate: running\n",
        ),
        (
            &["list"],
            Request::List,
            "$memfs64\0share\0memfs64\0\u{1b}x\0",
            "OK\nmemfs64 share\nmemfs64 \\u{1b}x\n\n",
        ),
    ] {
        let Some(asked) = original.answer(answer) else {
            let (code, out, err) = original.run(line);
            assert_eq!((code, out.as_str()), (2, ""), "no such pipes: {err}");
            continue;
        };
        assert_eq!(
            original.run(line),
            (0, out.into(), String::new()),
            "{line:?}"
        );
        assert_eq!(asked.join().unwrap(), Message::Request(request));
    }
}

#[test]
fn its_numbers_are_told_with_what_they_can_mean() {
    let original = Original::new("numbers");
    for (line, answer, code, words) in [
        (
            &["stop", "c", "i"][..],
            "!2\0",
            3,
            "class 'c' has no instance 'i'",
        ),
        (
            &["start", "c", "i"],
            "!183\0",
            6,
            "instance 'i' of class 'c' already runs",
        ),
        (
            &["start", "c", "i"],
            "!2\0",
            3,
            "class 'c' is not registered, or its record",
        ),
        (&["start", "c", "i"], "!1346\0", 5, "class 'c'"),
        (&["list"], "!99\0", 1, "no other cause"),
    ] {
        let Some(asked) = original.answer(answer) else {
            continue;
        };
        let (exit, out, err) = original.run(line);
        let number = answer.trim_matches(['!', '\0']);
        let begins = format!("KO launcher: error {number} (");
        assert!(out.starts_with(&begins) && out.contains(words), "{out}");
        assert_eq!((exit, err.as_str()), (code, ""), "{line:?}");
        asked.join().unwrap();
    }
}

#[test]
fn what_its_messages_can_not_hold_is_told_in_words() {
    let original = Original::new("unsendable");
    let pipe = original.pipe.to_str().unwrap();
    let (code, out, err) = original.run(&["--pipe", pipe, "start", "-o", "a=b", "c", "i"]);
    assert_eq!((code, out.as_str()), (87, ""));
    assert!(err.starts_with("KO CallNamedPipe = 50 ("), "{err}");
    assert!(err.contains("named arguments"), "{err}");
}

#[test]
fn a_pipe_that_is_not_there_is_no_launcher() {
    let original = Original::new("none");
    let pipe = original.pipe.to_str().unwrap();
    let (code, out, err) = original.run(&["list"]);
    assert_eq!((code, out.as_str()), (2, ""));
    // Told of is the launcher that should be there.
    let ours = original.nowhere.0.display().to_string();
    assert!(err.contains(&ours), "{err}");
    let (code, _, err) = original.run(&["--pipe", pipe, "list"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("KO CallNamedPipe = 2 ("), "{err}");
}
