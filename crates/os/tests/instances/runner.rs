//! Runs each test in a process of its own, with a watchdog.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

/// A test with its name.
pub(crate) type Test = (&'static str, fn());

/// After this a test is killed.
const WATCHDOG: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 2;
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
    // Not by its path: in another mount namespace and root folder that is another.
    let mut command = Command::new("/proc/self/exe");
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
        let test = tests
            .iter()
            .find(|(known, _)| known == name)
            .expect("a test of this name")
            .1;
        test();
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
    let queue = Mutex::new(names.into_iter());
    let (results, inbox) = mpsc::channel();
    let mut counts = [0; 3];
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (queue, results) = (&queue, results.clone());
            scope.spawn(move || {
                while let Some(name) = { queue.lock().unwrap().next() } {
                    let (verdict, output) = run_one(&name);
                    results.send((name, verdict, output)).unwrap();
                }
            });
        }
        drop(results);
        for (name, verdict, output) in inbox {
            match &verdict {
                Verdict::Passed => println!("test {name} ... ok"),
                Verdict::Skipped => {
                    println!("test {name} ... SKIPPED: {}", output.trim_end());
                    log_skip("instances", &name, &output);
                }
                Verdict::Failed(why) => println!("test {name} ... FAILED ({why})\n{output}"),
            }
            counts[verdict.index()] += 1;
        }
    });
    println!(
        "\ntest result: {} passed; {} SKIPPED; {} failed\n",
        counts[0], counts[1], counts[2]
    );
    if counts[2] == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
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

impl Verdict {
    fn index(&self) -> usize {
        match self {
            Self::Passed => 0,
            Self::Skipped => 1,
            Self::Failed(_) => 2,
        }
    }
}

fn run_one(name: &str) -> (Verdict, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([RUN_ONE, name])
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .process_group(0)
        .spawn()
        .unwrap();
    let watched = watch(child);
    // Processes that a failed test left must not keep the pipe open for ever.
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            output.extend_from_slice(&chunk[..count]);
            let _ = send.send(output.clone());
        }
    });
    let verdict = watched();
    let mut output = Vec::new();
    while let Ok(more) = receive.recv_timeout(Duration::from_millis(100)) {
        output = more;
    }
    (verdict, String::from_utf8_lossy(&output).into_owned())
}

/// Waits for the child's end, and kills it at the deadline.
fn watch(mut child: Child) -> impl FnOnce() -> Verdict {
    let pid = child.id();
    move || {
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || send.send(child.wait()));
        match receive.recv_timeout(WATCHDOG) {
            Ok(Ok(status)) if status.success() => Verdict::Passed,
            Ok(Ok(status)) if status.code() == Some(SKIPPED) => Verdict::Skipped,
            Ok(Ok(status)) => Verdict::Failed(status.to_string()),
            Ok(Err(e)) => Verdict::Failed(e.to_string()),
            Err(_) => {
                let pid = i32::try_from(pid)
                    .ok()
                    .and_then(rustix::process::Pid::from_raw)
                    .unwrap();
                let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
                Verdict::Failed(format!("hung for {} s", WATCHDOG.as_secs()))
            }
        }
    }
}
