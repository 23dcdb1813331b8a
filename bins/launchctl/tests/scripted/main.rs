//! The program itself, with a launcher of which every answer is known.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod launcher;
mod messages;

use fslaunch_protocol::varlink;
use fslaunch_protocol::{Error, Instance, Reply, Request, State};
use launcher::Socket;

fn instance() -> Instance {
    Instance {
        class: "memfs64".into(),
        instance: "share".into(),
        state: State::Running,
        pid: Some(42),
        starter: "alice".into(),
        run_as: "alice".into(),
        since: "2026-01-02T03:04:05Z".into(),
        mount_point: None,
        failure: None,
    }
}

fn started() -> Vec<u8> {
    varlink::encode_reply(&Reply::Started(instance()), false)
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
    assert!(start.while_connected);
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
fn every_argument_arrives_as_it_was_given() {
    let socket = Socket::new("words");
    let words = [
        "",
        "Größe \u{65e5}\u{672c} \u{1f600}",
        "a \"b\" c",
        "\\\"",
        "C:\\a folder\\",
        "C:\\plain\\\\",
        "%PATH% ^&|<>",
        "--json",
        " ",
    ];
    let asked = socket.answer(started());
    let line = [&["start", "Größe", "\\srv\\share\\"][..], &words].concat();
    assert_eq!(socket.run(&line, b""), (0, "OK\n".into(), String::new()));
    let Request::Start(start) = asked.join().unwrap() else {
        panic!("no start");
    };
    assert_eq!(start.class, "Größe");
    assert_eq!(start.instance, "\\srv\\share\\");
    assert_eq!(start.arguments, words);
}

#[test]
fn the_last_argument_of_the_originals_verb_is_the_secret() {
    let socket = Socket::new("secret");
    let asked = socket.answer(started());
    let line = ["startWithSecret", "memfs64", "share", "X:", "pässword \\"];
    assert_eq!(socket.run(&line, b""), (0, "OK\n".into(), String::new()));
    let Request::Start(start) = asked.join().unwrap() else {
        panic!("no start");
    };
    assert_eq!(start.arguments, ["X:"]);
    assert_eq!(start.secret.unwrap().expose(), "pässword \\");
}

#[test]
fn names_are_printed_in_utf_8_and_control_characters_as_escapes() {
    let socket = Socket::new("names");
    let instance = |name: &str| Instance {
        instance: name.into(),
        ..instance()
    };
    let listed = vec![
        instance("Größe \u{65e5}\u{672c}"),
        instance("\u{1b}[2J\u{9b}\r\nOK"),
    ];
    let asked = socket.answer(varlink::encode_reply(&Reply::Instances(listed), false));
    let (code, out, err) = socket.run(&["list"], b"");
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "OK\nmemfs64 Größe \u{65e5}\u{672c}\nmemfs64 \\u{1b}[2J\\u{9b}\\r\\nOK\n\n"
    );
    asked.join().unwrap();
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
