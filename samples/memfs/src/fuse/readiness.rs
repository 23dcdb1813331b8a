//! Telling whoever started it that the file system is there: by `OK` on standard output, which is what a launcher of
//! WinFsp waits for, and as `sd_notify(3)` says.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Says `OK`, and sends `READY=1` to `$NOTIFY_SOCKET`, if there is one. A failure is worth a warning only: the file system serves.
pub(super) fn announce() {
    let mut out = io::stdout();
    // Nobody needs to listen.
    let _closed = out.write_all(b"OK\n").and_then(|()| out.flush());
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()) else {
        return;
    };
    if let Err(error) = send(&socket) {
        eprintln!(
            "memfs: cannot send READY=1 to NOTIFY_SOCKET {}: {error}",
            socket.display()
        );
    }
}

fn send(socket: &OsStr) -> io::Result<()> {
    // A leading @ stands for the NUL of an abstract address.
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(b"READY=1\n", &address)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abstract_address_is_reached() {
        let name = format!("memfs-readiness-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let receiver = UnixDatagram::bind_addr(&address).unwrap();
        send(OsStr::new(&format!("@{name}"))).unwrap();
        let mut message = [0; 64];
        let length = receiver.recv(&mut message).unwrap();
        assert_eq!(&message[..length], b"READY=1\n");
    }

    #[test]
    fn a_socket_that_is_not_there_is_an_error() {
        assert_eq!(
            send(OsStr::new("/nowhere/at/all")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
