//! A secret is not left in the launcher's memory, where a core file or the
//! memory of a later owner would show it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use fslaunch_tests::{Class, Daemon, Need, lacking, processes, until};
use serde_json::json;

/// As long as a secret may be that fits one read, and found nowhere else.
fn secret() -> String {
    format!(
        "{}-left-in-memory-{}",
        "s3cret".repeat(40),
        std::process::id()
    )
}

/// How often `text` is in the memory that a process may write to.
fn in_memory_of(pid: u32, text: &str) -> usize {
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let writable = maps.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (from, to) = words.next()?.split_once('-')?;
        let place = |hex| u64::from_str_radix(hex, 16).ok();
        words
            .next()?
            .starts_with("rw")
            .then_some(place(from)?..place(to)?)
    });
    let found = writable.map(|range| {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap()];
        // A region may have gone meanwhile.
        let read = memory.read_at(&mut bytes, range.start).unwrap_or(0);
        let (text, bytes) = (text.as_bytes(), &bytes[..read]);
        bytes
            .windows(text.len())
            .filter(|here| *here == text)
            .count()
    });
    found.sum()
}

#[test]
fn a_secret_is_not_left_in_the_launchers_memory() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().start();
    let secret = secret();
    let vault = Class::stand_in(&daemon, "vault", "secret out=OK wait").set("credentials", 1);
    daemon.register(&vault);

    // Part of a message is kept while the rest is waited for: so it can be found.
    let mut asking = daemon.connect();
    let call = json!({
        "method": "org.fslaunch.Launcher.Start",
        "parameters": { "class": "vault", "instance": "half", "secret": secret },
    });
    let message = call.to_string();
    asking.send(message.as_bytes()).unwrap();
    until("half a message is held", || {
        in_memory_of(daemon.pid(), &secret) > 0
    });

    asking.send(b"\0").unwrap();
    asking.receive().unwrap();
    for instance in ["one", "two", "three"] {
        let call = json!({ "class": "vault", "instance": instance, "secret": secret });
        daemon.call("Start", call).unwrap();
    }
    let refused = json!({ "class": "absent", "instance": "one", "secret": secret });
    daemon.call("Start", refused).unwrap_err();
    assert_eq!(in_memory_of(daemon.pid(), &secret), 0);
}

#[test]
fn a_secret_that_is_kept_for_recovery_is_gone_with_its_instance_and_not_before() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().config("recovery-delay = 60000\n").start();
    let secret = secret();
    let class = Class::stand_in(&daemon, "vault", "secret out=OK wait").set("credentials", 1);
    daemon.register(&class.set("recovery", true));
    for ends_by_itself in [false, true] {
        let target = json!({ "class": "vault", "instance": "one" });
        let mut start = target.clone();
        start["secret"] = json!(secret);
        daemon.call("Start", start).unwrap();
        if ends_by_itself {
            processes::kill(daemon.instance_pid("vault", "one"));
            until("it waits to be started again", || {
                daemon.info("vault", "one")["instance"]["pid"].is_null()
            });
        }
        assert_eq!(in_memory_of(daemon.pid(), &secret), 1);
        daemon.call("Stop", target).unwrap();
        assert_eq!(in_memory_of(daemon.pid(), &secret), 0);
    }
}
