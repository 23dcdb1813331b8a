//! The program itself, with a launcher of which every answer is known.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fslaunch_protocol::varlink::{self, Called, Frames};
use fslaunch_protocol::{Error, Instance, Reply, Request, State, limits};
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

struct Socket(PathBuf);

impl Socket {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("launchctl-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    /// Answers one request, and gives it back.
    fn answer(&self, answer: Vec<u8>) -> JoinHandle<Request> {
        let listener = UnixListener::bind(&self.0).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut frames = Frames::new(limits::REQUEST_BYTES);
            let mut piece = [0; 4096];
            let message = loop {
                if let Some(message) = frames.take().unwrap() {
                    break message;
                }
                let length = stream.read(&mut piece).unwrap();
                assert_ne!(length, 0, "half a message");
                frames.push(&piece[..length]);
            };
            stream.write_all(&answer).unwrap();
            match varlink::decode(&message).unwrap().request {
                Called::Launcher(request) => request,
                Called::Service(request) => panic!("{request:?}"),
            }
        })
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        told(child.wait_with_output().unwrap())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        command.env("FSLAUNCH_SOCKET", &self.0);
        command
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

fn started() -> Vec<u8> {
    let instance = Instance {
        class: "memfs64".into(),
        instance: "share".into(),
        state: State::Running,
        pid: Some(42),
        starter: "alice".into(),
        run_as: "alice".into(),
        since: "2026-01-02T03:04:05Z".into(),
        mount_point: None,
        failure: None,
    };
    varlink::encode_reply(&Reply::Started(instance), false)
}

#[test]
fn a_start_sends_what_was_typed_and_says_ok() {
    let socket = Socket::new("start");
    let asked = socket.answer(started());
    let arguments = [
        "start",
        "--secret-stdin",
        "-o",
        "key=x y",
        "memfs64",
        "share",
        "--evil",
    ];
    let told = socket.run(&arguments, "pässword\n".as_bytes());
    assert_eq!(told, (0, "OK\n".into(), String::new()));
    let Request::Start(start) = asked.join().unwrap() else {
        panic!("no start");
    };
    assert_eq!(
        (start.class.as_str(), start.instance.as_str()),
        ("memfs64", "share")
    );
    assert_eq!(start.arguments, ["--evil"]);
    assert_eq!(start.named["key"], "x y");
    assert_eq!(start.secret.unwrap().expose(), "pässword");
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_original_and_the_exit_code_is_not_0() {
    let socket = Socket::new("refusal");
    let refused = Error::ClassNotFound {
        class: "foo\n".into(),
    };
    let asked = socket.answer(varlink::encode_error(&refused));
    let (code, out, err) = socket.run(&["start", "foo\n", "one"], b"");
    assert_eq!(
        out,
        "KO launcher: error 2 (class 'foo\\n' is not registered)\n"
    );
    assert_eq!((code, err.as_str()), (3, ""));
    asked.join().unwrap();
}

#[test]
fn a_refusal_is_a_json_document_when_asked_for() {
    let socket = Socket::new("json");
    let asked = socket.answer(varlink::encode_error(&Error::ShuttingDown {}));
    let (code, out, _) = socket.run(&["stop", "c", "i", "--json"], b"");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 10);
    assert_eq!(document["error"], "org.fslaunch.Launcher.ShuttingDown");
    asked.join().unwrap();
}

#[test]
fn a_launcher_that_goes_away_is_told_in_words() {
    let socket = Socket::new("closed");
    let asked = socket.answer(vec![]);
    let (code, out, err) = socket.run(&["list"], b"");
    assert_eq!((code, out.as_str()), (109, ""));
    assert!(err.starts_with("KO CallNamedPipe = 109 ("), "{err}");
    asked.join().unwrap();
}

#[test]
fn without_a_launcher_the_words_and_the_code_are_the_originals() {
    let socket = Socket::new("nobody");
    let (code, out, err) = socket.run(&["list"], b"");
    assert_eq!((code, out.as_str()), (2, ""));
    let words = format!(
        "KO CallNamedPipe = 2 (no launcher listens on {} (is fslaunchd running?)",
        socket.0.display()
    );
    assert!(err.starts_with(&words), "{err}");
}

#[test]
fn wrong_usage_is_explained_on_standard_error() {
    let socket = Socket::new("usage");
    let ten = [&["start", "c", "i"][..], &["x"; 10]].concat();
    for arguments in [&[][..], &["strat"], &["list", "c"], &ten] {
        let (code, out, err) = socket.run(arguments, b"");
        assert_eq!((code, out.as_str()), (87, ""), "{arguments:?}");
        assert!(err.starts_with("launchctl: "), "{err}");
    }
}

#[test]
fn an_argument_that_is_not_utf_8_is_named() {
    let socket = Socket::new("utf8");
    let words = [
        (1, "the class name"),
        (2, "the instance name"),
        (4, "argument 2"),
    ];
    for (position, name) in words {
        let mut arguments = ["start", "c", "i", "one", "two"].map(OsString::from);
        arguments[position] = OsStr::from_bytes(b"a\xff").to_owned();
        let output = socket.command().args(arguments).output().unwrap();
        let (code, _, err) = told(output);
        assert_eq!(code, 87);
        assert!(err.contains(&format!("{name} is not UTF-8")), "{err}");
    }
}

#[test]
fn help_and_version_need_no_launcher() {
    let socket = Socket::new("help");
    let (code, out, _) = socket.run(&["help"], b"");
    assert_eq!(code, 0);
    assert!(out.contains("startWithSecret"), "{out}");
    let (code, out, _) = socket.run(&["--version"], b"");
    assert_eq!(
        (code, out.as_str()),
        (0, concat!("launchctl ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}
