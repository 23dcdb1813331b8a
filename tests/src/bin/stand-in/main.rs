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
//! | `ignore-end` | from now on, does nothing when asked to end (SIGTERM, CTRL-BREAK) |
//! | `note-end=FILE` | from now on, writes the file and ends when asked to |
//! | `slow-end=MILLISECONDS` | from now on, ends that much later when asked to |
//! | `fork-away` | goes on in another session, and the first process ends with 0 |
//! | `child`, `stubborn-child` | starts a process that waits, in another session; the second does not end when asked to |
//! | `connect=ADDRESS` | connects and says nothing, as long as it lives |
//! | `hold-messages=ADDRESS` | keeps most of a long message on many connections, in the background |
//! | `loop-starts=ADDRESS` | sends long starts on many connections without end, in the background |
//! | `ready` | says `READY=1` to `NOTIFY_SOCKET` |
//! | `message=PIPE MESSAGE` | sends that to the pipe of clients of WinFsp and writes the reply; `\|` stands for NUL |
//!
//! Under another name it reports all its words into `NAME.json` in the folder
//! `out` beside its own, takes the secret, says `a file system` on standard
//! error, answers `OK`, and waits.
//!
//! With the first word `restricted` it runs the rest of its words as a command
//! of an ordinary user.
#![forbid(unsafe_code)]

mod calls;
mod report;

use std::io::{Read, Write};
use std::path::Path;
use std::process::exit;
use std::time::Duration;

use fslaunch_tests::{Stream, stand_in};

/// For as long as any test takes.
const ALWAYS: Duration = Duration::from_secs(3600);

/// What was read from standard input.
type Secret = Option<Vec<u8>>;

fn main() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "restricted") {
        stand_in::run_restricted(&words.collect::<Vec<_>>());
    }
    let own = std::env::current_exe().expect("the program knows where it lies");
    if own.file_stem().is_some_and(|name| name != "stand-in") {
        be_a_file_system(&own);
    }
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

/// What a file system does that knows nothing of tests.
fn be_a_file_system(own: &Path) -> ! {
    let secret = read_all();
    let file = own.with_extension("json");
    let folder = own.ancestors().nth(2).expect("a folder above its own");
    let name = file.file_name().expect("a name");
    report::write(&folder.join("out").join(name), Some(&secret));
    write_to(&mut std::io::stderr(), "a file system\n");
    write_to(&mut std::io::stdout(), "OK");
    wait_for_ever();
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
        "close-out" => stand_in::close_out(),
        "ignore-end" => stand_in::ignore_end(),
        "note-end" => stand_in::on_end(Duration::ZERO, Some(value.into())),
        "slow-end" => stand_in::on_end(milliseconds(value), None),
        "fork-away" => fork_away(rest),
        "child" => stand_in::start_another(&["wait".to_owned()]),
        "stubborn-child" => stand_in::start_another(&["ignore-end", "wait"].map(str::to_owned)),
        "connect" => hold_connection(Path::new(value)),
        "hold-messages" => calls::hold_messages(Path::new(value)),
        "loop-starts" => calls::loop_starts(Path::new(value)),
        "ready" => stand_in::say_ready(),
        "message" => send_message(value),
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

fn fork_away(rest: &[String]) {
    stand_in::start_another(rest);
    exit(0);
}

/// Writes nothing when there is no reply.
fn send_message(value: &str) {
    let (pipe, message) = value.split_once(' ').expect("a pipe and a message");
    let reply = stand_in::message(Path::new(pipe), message);
    write_to(&mut std::io::stdout(), &reply.unwrap_or_default());
}

fn hold_connection(address: &Path) {
    let connection = Stream::connect(address, ALWAYS).expect("a connection");
    // It ends with the process.
    std::mem::forget(connection);
}
