//! What the launcher and a service manager say to each other.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use fslaunch_tests::{Class, Daemon, Need, Place, lacking};

/// Listens where the launcher is told to, hands the socket over as systemd
/// does, and becomes the launcher.
const HAND_OVER: &str = "\
import os, socket, sys
words = sys.argv[1:]
path = words[words.index('--socket') + 1]
os.makedirs(os.path.dirname(path), exist_ok=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o666)
listener.listen(16)
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execv(words[0], words)
";

#[test]
fn a_service_manager_is_told_of_readiness_and_of_the_end() {
    if lacking(&[Need::Root]) {
        return;
    }
    let place = Place::new();
    let path = place.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let told = || {
        let mut buffer = [0; 256];
        let count = manager.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    let mut daemon = Daemon::system().environment("NOTIFY_SOCKET", &path).start();
    assert!(told().contains("READY=1"));
    assert!(daemon.terminate().success());
    assert!(told().contains("STOPPING=1"));
}

#[test]
fn a_socket_of_the_service_manager_is_taken_over_and_left_to_it() {
    if lacking(&[Need::Root, Need::Program("python3")]) {
        return;
    }
    let mut daemon = Daemon::system()
        .through(&["python3", "-c", HAND_OVER])
        .start();
    daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
    daemon.launchctl(&["start", "echo", "one"]).ok();
    daemon.launchctl(&["stop", "echo", "one"]).ok();
    assert!(daemon.terminate().success());
    assert!(daemon.socket().exists());
}
