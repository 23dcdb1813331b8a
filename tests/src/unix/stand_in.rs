//! What the stand-in program does that each system does in its own way.

mod facts;
mod signals;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

pub use facts::{arguments, facts};
pub use signals::{ignore_end, on_end};

/// Standard library and safe code can't close it, but putting something else
/// in its place comes to the same.
///
/// # Panics
/// When that is not possible.
pub fn close_out() {
    let null = std::fs::File::options()
        .write(true)
        .open("/dev/null")
        .expect("/dev/null");
    rustix::stdio::dup2_stdout(null).expect("standard output can be replaced");
}

/// Starts this program again in a session of its own, as a daemon does.
///
/// # Panics
/// When it can't be started.
pub fn start_another(words: &[String]) {
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

/// Sends a message to the pipe of clients of WinFsp.
///
/// # Panics
/// Always: there is none here.
pub fn message(_pipe: &Path, _message: &str) -> Option<String> {
    panic!("stand-in: there are no clients of WinFsp here");
}

/// Says `READY=1` to `NOTIFY_SOCKET`.
///
/// # Panics
/// When there is none.
pub fn say_ready() {
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
            .send_to(b"READY=1", Path::new(&path))
            .expect("readiness can be sent");
    }
}

/// Runs a program as an ordinary user; `setpriv` does that here.
///
/// # Panics
/// Always: nothing asks for it.
pub fn run_restricted(_words: &[std::ffi::OsString]) -> ! {
    panic!("stand-in: ordinary users are accounts of their own here");
}
