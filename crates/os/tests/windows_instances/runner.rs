//! Runs each test in a process of its own, with a watchdog.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A test with its name.
pub(crate) type Test = (&'static str, fn());

/// After this a test is killed.
const WATCHDOG: Duration = Duration::from_secs(60);
const RUN_ONE: &str = "--run-one";
const SKIPPED: i32 = 77;
/// The suite of those that are no tests themselves: other tests start them.
pub(crate) const ROLES: &str = "role";

/// Lists functions as tests.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::runner::Test] = &[$((stringify!($name), $name as fn())),*];
    };
}
pub(crate) use tests;

/// The command that plays a role.
pub(crate) fn role(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([RUN_ONE, &format!("{ROLES}::{name}")]);
    command
}

/// Ends a test that can't run here.
pub(crate) fn skip(why: &str) -> ! {
    println!("{why}");
    std::process::exit(SKIPPED);
}

/// Runs the tests whose names contain one of the arguments, or all.
pub(crate) fn main(suites: &[(&str, &'static [Test])]) -> ExitCode {
    let tests: Vec<(String, fn())> = suites
        .iter()
        .flat_map(|(suite, tests)| {
            tests
                .iter()
                .map(move |(name, test)| (format!("{suite}::{name}"), *test))
        })
        .collect();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name] = arguments.as_slice()
        && first == RUN_ONE
    {
        let test = tests.iter().find(|(known, _)| known == name);
        test.expect("a test of this name").1();
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let names: Vec<String> = tests
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with(ROLES))
        .filter(|name| wanted.is_empty() || wanted.iter().any(|part| name.contains(*part)))
        .collect();
    if arguments.iter().any(|argument| argument == "--list") {
        names.iter().for_each(|name| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    run_all(names)
}

fn run_all(names: Vec<String>) -> ExitCode {
    println!("\nrunning {} tests", names.len());
    let (mut passed, mut skipped, mut failed) = (0, 0, 0);
    for name in names {
        let (verdict, output) = run_one(&name);
        match verdict {
            Verdict::Passed => {
                passed += 1;
                println!("test {name} ... ok");
            }
            Verdict::Skipped => {
                skipped += 1;
                println!("test {name} ... SKIPPED: {}", output.trim_end());
                log_skip("windows_instances", &name, &output);
            }
            Verdict::Failed(why) => {
                failed += 1;
                println!("test {name} ... FAILED ({why})\n{output}");
            }
        }
    }
    println!("\ntest result: {passed} passed; {skipped} SKIPPED; {failed} failed\n");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// For the list at the end of a whole run.
fn log_skip(suite: &str, name: &str, why: &str) {
    let Some(log) = std::env::var_os("FSLAUNCH_SKIP_LOG") else {
        return;
    };
    let mut log = File::options().create(true).append(true).open(log).unwrap();
    // In one piece: other programs write at the same time.
    let line = format!("{suite}: {name}: {}\n", why.trim_end());
    log.write_all(line.as_bytes()).unwrap();
}

enum Verdict {
    Passed,
    Skipped,
    Failed(String),
}

fn run_one(name: &str) -> (Verdict, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([RUN_ONE, name])
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap();
    // Processes that a failed test left must not keep the pipe open for ever.
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            let _ = send.send(chunk[..count].to_vec());
        }
    });
    let verdict = watch(child);
    let mut output = Vec::new();
    while let Ok(more) = receive.recv_timeout(Duration::from_millis(300)) {
        output.extend(more);
    }
    (verdict, String::from_utf8_lossy(&output).into_owned())
}

/// Waits for the child's end, and kills it at the deadline.
fn watch(mut child: Child) -> Verdict {
    let deadline = std::time::Instant::now() + WATCHDOG;
    loop {
        match child.try_wait().unwrap() {
            Some(status) if status.success() => return Verdict::Passed,
            Some(status) if status.code() == Some(SKIPPED) => return Verdict::Skipped,
            Some(status) => return Verdict::Failed(status.to_string()),
            None if std::time::Instant::now() > deadline => {
                child.kill().unwrap();
                child.wait().unwrap();
                return Verdict::Failed(format!("hung for {} s", WATCHDOG.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
