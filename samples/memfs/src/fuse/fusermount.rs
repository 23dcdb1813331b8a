//! Mounting and unmounting for an ordinary user, by the set-user-id program of the package fuse3.

use std::ffi::{OsStr, OsString};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::error::Error;
use super::mount::Request;

const PROGRAM: &str = "fusermount3";

/// Lets it mount, and receives the device it opened.
pub(super) fn mount(request: &Request) -> Result<OwnedFd, Error> {
    let (ours, theirs) = UnixStream::pair().map_err(Error::Fusermount)?;
    let child = Command::new(PROGRAM)
        .arg("-o")
        .arg(options(request))
        .arg("--")
        .arg(&request.point)
        // It sends the device over this descriptor: standard input, the one it inherits without further ado.
        .env("_FUSE_COMMFD", "0")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::NoFusermount)?;
    let received = receive(&ours).map_err(Error::Fusermount)?;
    let said = said(child).map_err(Error::Fusermount)?;
    received.ok_or_else(|| Error::Refused {
        point: request.point.clone(),
        said,
    })
}

/// Lets it take a mount away, even a busy one.
pub(super) fn unmount(point: &Path) -> io::Result<()> {
    let done = Command::new(PROGRAM)
        .args(["-u", "-z", "-q", "--"])
        .arg(point)
        .stdin(Stdio::null())
        .output()?;
    if done.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "{PROGRAM}: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        )))
    }
}

fn options(request: &Request) -> OsString {
    let mut options = OsString::from(format!(
        "subtype={},nosuid,nodev,{}",
        request.subtype,
        request.permissions()
    ));
    for restriction in &request.restrictions {
        options.push(",");
        options.push(restriction.option());
    }
    options.push(",fsname=");
    options.push(escape(&request.source));
    options
}

/// Commas end an option, and `\` takes that away from what follows it.
fn escape(value: &OsStr) -> OsString {
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value.as_bytes() {
        if matches!(byte, b',' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    OsString::from_vec(escaped)
}

fn receive(socket: &UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut buffers = [IoSliceMut::new(&mut byte)];
    rustix::io::retry_on_intr(|| {
        recvmsg(
            socket,
            &mut buffers,
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )
    })?;
    let mut device = None;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = message {
            device = descriptors.next();
        }
    }
    Ok(device)
}

fn said(child: Child) -> io::Result<String> {
    let output = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_backslashes_of_a_prefix_reach_the_other_side() {
        assert_eq!(escape(OsStr::new(r"\memfs64\a,b")), r"\\memfs64\\a\,b");
    }
}
