//! A stand-in for a file system: it does what the words of its command line
//! say, one after the other, up to the end or a word `--`. Then it ends with
//! exit code 0.
//!
//! | word | what it does |
//! | --- | --- |
//! | `report=FILE` | writes down what it was started with, as JSON; the words after `--` are its arguments |
//! | `wait` | waits for ever |
//! | `exit=CODE` | ends |
//! | `abort` | ends by a signal |
//! | `out=TEXT`, `err=TEXT` | writes to standard output or standard error |
//! | `pause=MILLISECONDS` | waits |
//! | `until=FILE` | waits until the file is there |
//! | `touch=FILE` | makes a file |
//! | `secret` | reads standard input to its end |
//! | `answer-if=SECRET` | writes `OK` if that is the secret, else `NO` |
//! | `flood` | writes to both outputs without end, in the background |
//! | `close-out` | closes standard output |
//! | `ignore-term` | ignores SIGTERM from now on |
//! | `note-term=FILE` | from now on, SIGTERM makes it write the file and end |
//! | `slow-term=MILLISECONDS` | from now on, SIGTERM ends it that much later |
//! | `fork-away` | goes on in another session, and the first process ends with 0 |
//! | `child`, `stubborn-child` | starts a process that waits, in another session; the second ignores SIGTERM |
//! | `connect=SOCKET` | connects and says nothing, as long as it lives |
//! | `hold-messages=SOCKET` | keeps most of a long message on many connections, in the background |
//! | `loop-starts=SOCKET` | sends long starts on many connections without end, in the background |
//! | `ready` | says `READY=1` to `NOTIFY_SOCKET` |
#![forbid(unsafe_code)]

mod calls;
mod report;
mod signals;

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Command, exit};
use std::time::Duration;

/// What was read from standard input.
type Secret = Option<Vec<u8>>;

fn main() {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .take_while(|word| word != "--")
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut secret = None;
    for (at, word) in words.iter().enumerate() {
        let (verb, value) = word.split_once('=').unwrap_or((word, ""));
        act(verb, value, &words[at + 1..], &mut secret);
    }
}

fn act(verb: &str, value: &str, rest: &[String], secret: &mut Secret) {
    match verb {
        "report" => report::write(Path::new(value), secret.as_deref()),
        "wait" => wait_for_ever(),
        "exit" => exit(number(value)),
        "abort" => std::process::abort(),
        "out" => write_to(&mut std::io::stdout(), value),
        "err" => write_to(&mut std::io::stderr(), value),
        "pause" => std::thread::sleep(milliseconds(value)),
        "until" => wait_for(Path::new(value)),
        "touch" => std::fs::write(value, "").expect("a file can be made"),
        "secret" => *secret = Some(read_all()),
        "answer-if" => answer(secret.as_deref() == Some(value.as_bytes())),
        "flood" => flood(),
        "close-out" => close_out(),
        "ignore-term" => signals::ignore_term(),
        "note-term" => signals::on_term(Duration::ZERO, Some(value.into())),
        "slow-term" => signals::on_term(milliseconds(value), None),
        "fork-away" => fork_away(rest),
        "child" => start_another(&["wait".to_owned()]),
        "stubborn-child" => start_another(&["ignore-term", "wait"].map(str::to_owned)),
        "connect" => hold_connection(Path::new(value)),
        "hold-messages" => calls::hold_messages(Path::new(value)),
        "loop-starts" => calls::loop_starts(Path::new(value)),
        "ready" => say_ready(),
        _ => panic!("stand-in: no word `{verb}`"),
    }
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

fn number(text: &str) -> i32 {
    text.parse().expect("a number")
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(text.parse().expect("milliseconds"))
}

/// Nobody may be listening, and that is no reason to stop.
fn write_to(stream: &mut dyn Write, text: &str) {
    let _ = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
}

fn wait_for(file: &Path) {
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn read_all() -> Vec<u8> {
    let mut all = Vec::new();
    std::io::stdin()
        .read_to_end(&mut all)
        .expect("standard input can be read");
    all
}

fn answer(accepted: bool) {
    write_to(&mut std::io::stdout(), if accepted { "OK" } else { "NO" });
}

fn flood() {
    let line = "all work and no play makes a file system a dull boy\n".repeat(64);
    let copy = line.clone();
    std::thread::spawn(move || while std::io::stdout().write_all(line.as_bytes()).is_ok() {});
    std::thread::spawn(move || while std::io::stderr().write_all(copy.as_bytes()).is_ok() {});
}

/// Standard library and safe code can't close it, but putting something else
/// in its place comes to the same.
fn close_out() {
    let null = std::fs::File::options()
        .write(true)
        .open("/dev/null")
        .expect("/dev/null");
    rustix::stdio::dup2_stdout(null).expect("standard output can be replaced");
}

fn fork_away(rest: &[String]) {
    start_another(rest);
    exit(0);
}

/// Starts this program again in a session of its own, as a daemon does.
fn start_another(words: &[String]) {
    let own = std::env::current_exe().expect("the program knows where it lies");
    let status = Command::new("/usr/bin/setsid")
        .arg("--fork")
        .arg(own)
        .args(words)
        .status();
    assert!(
        status.expect("setsid can be run").success(),
        "setsid failed"
    );
}

fn hold_connection(socket: &Path) {
    let connection = UnixStream::connect(socket).expect("a connection");
    // It ends with the process.
    std::mem::forget(connection);
}

fn say_ready() {
    let path = std::env::var_os("NOTIFY_SOCKET").expect("NOTIFY_SOCKET is set");
    let socket = UnixDatagram::unbound().expect("a socket can be made");
    let name = path.to_string_lossy().into_owned();
    if let Some(name) = name.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name);
        let address = address.expect("a name of a socket");
        socket
            .send_to_addr(b"READY=1", &address)
            .expect("readiness can be sent");
    } else {
        socket
            .send_to(b"READY=1", path)
            .expect("readiness can be sent");
    }
}
