//! The socket between the launcher and its exec shim: frames of JSON with descriptors.
//!
//! A frame is its length in bytes (32 bits, little endian) and one JSON value. Descriptors
//! travel with the first byte. What comes from the other end is bounded, although both ends
//! are ours: the shim's end outlives its change of identity.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// The longest frame, in bytes. A request's arguments (64 KiB) may grow by escaping.
const MAX_FRAME: usize = 1024 * 1024;
/// The most descriptors that one frame carries.
const MAX_DESCRIPTORS: usize = 4;
const HEADER: usize = size_of::<u32>();

/// Puts a value into a frame.
pub(super) fn encode(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER];
    serde_json::to_writer(&mut frame, value)?;
    let length = frame.len() - HEADER;
    if length > MAX_FRAME {
        let text = format!("the plan is {length} bytes long; the limit is {MAX_FRAME}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let header = u32::try_from(length)
        .map_err(io::Error::other)?
        .to_le_bytes();
    frame[..HEADER].copy_from_slice(&header);
    Ok(frame)
}

/// Frames that have arrived so far.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    descriptors: Vec<OwnedFd>,
}

impl Inbox {
    /// Takes the first whole frame with the descriptors that came until now.
    fn take<T: DeserializeOwned>(&mut self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let Some(header) = self.bytes.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*header) as usize;
        if length > MAX_FRAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame is too long",
            ));
        }
        let end = HEADER + length;
        let Some(body) = self.bytes.get(HEADER..end) else {
            return Ok(None);
        };
        let value = serde_json::from_slice(body)?;
        self.bytes.drain(..end);
        Ok(Some((value, std::mem::take(&mut self.descriptors))))
    }

    /// Receives once; returns how many bytes came, 0 at the end of the stream.
    fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let mut chunk = [0; 16 * 1024];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = rustix::net::recvmsg(
            socket,
            &mut [IoSliceMut::new(&mut chunk)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        self.bytes.extend_from_slice(&chunk[..received.bytes]);
        Ok(received.bytes)
    }
}

/// Sends some of `bytes`, with all of `descriptors`; returns how many bytes went.
fn send_some(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "too many descriptors",
        ));
    }
    let sent = rustix::net::sendmsg(
        socket,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(sent)
}

/// Sends a frame; the shim's way.
pub(super) fn send(
    socket: impl AsFd,
    value: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let frame = encode(value)?;
    let mut rest = frame.as_slice();
    let mut descriptors = descriptors;
    while !rest.is_empty() {
        match send_some(socket.as_fd(), rest, descriptors) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            sent => {
                rest = &rest[sent?..];
                descriptors = &[];
            }
        }
    }
    Ok(())
}

/// Receives a frame, `None` at the end of the stream; the shim's way.
pub(super) fn receive<T: DeserializeOwned>(
    socket: impl AsFd,
    inbox: &mut Inbox,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    loop {
        if let Some(frame) = inbox.take()? {
            return Ok(Some(frame));
        }
        match inbox.receive(socket.as_fd()) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            received => {
                if received? == 0 {
                    return at_end(inbox);
                }
            }
        }
    }
}

/// Sends an encoded frame; the launcher's way.
pub(super) async fn send_async(
    socket: &UnixStream,
    frame: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut rest = frame;
    let mut descriptors = descriptors;
    while !rest.is_empty() {
        let sent = socket
            .async_io(Interest::WRITABLE, || {
                send_some(socket.as_fd(), rest, descriptors)
            })
            .await?;
        rest = &rest[sent..];
        descriptors = &[];
    }
    Ok(())
}

/// Receives a frame, `None` at the end of the stream; the launcher's way.
pub(super) async fn receive_async<T: DeserializeOwned>(
    socket: &UnixStream,
    inbox: &mut Inbox,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    loop {
        if let Some(frame) = inbox.take()? {
            return Ok(Some(frame));
        }
        let received = socket
            .async_io(Interest::READABLE, || inbox.receive(socket.as_fd()))
            .await;
        match received {
            // What the shim left unread when it died.
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return at_end(inbox),
            received => {
                if received? == 0 {
                    return at_end(inbox);
                }
            }
        }
    }
}

fn at_end<T>(inbox: &Inbox) -> io::Result<Option<T>> {
    if inbox.bytes.is_empty() {
        Ok(None)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn pair() -> (
        std::os::unix::net::UnixStream,
        std::os::unix::net::UnixStream,
    ) {
        std::os::unix::net::UnixStream::pair().unwrap()
    }

    #[test]
    fn a_frame_arrives_whole_with_its_descriptors() {
        let (near, far) = pair();
        let file = std::fs::File::open("/dev/null").unwrap();
        let text = "x".repeat(100_000);
        let sender = std::thread::spawn(move || send(&near, &text, &[file.as_fd(), file.as_fd()]));
        let (value, descriptors): (String, _) =
            receive(&far, &mut Inbox::default()).unwrap().unwrap();
        sender.join().unwrap().unwrap();
        assert_eq!((value.len(), descriptors.len()), (100_000, 2));
        let flags = rustix::io::fcntl_getfd(&descriptors[0]).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    }

    #[test]
    fn the_end_between_frames_is_none_and_within_one_an_error() {
        let (near, far) = pair();
        drop(near);
        assert!(
            receive::<String>(&far, &mut Inbox::default())
                .unwrap()
                .is_none()
        );
        let (mut near, far) = pair();
        near.write_all(&[9, 0, 0, 0, b'"']).unwrap();
        drop(near);
        assert!(receive::<String>(&far, &mut Inbox::default()).is_err());
    }

    #[test]
    fn a_frame_that_says_it_is_too_long_is_refused_at_once() {
        let (mut near, far) = pair();
        near.write_all(&u32::MAX.to_le_bytes()).unwrap();
        assert!(receive::<String>(&far, &mut Inbox::default()).is_err());
        assert!(encode(&"x".repeat(MAX_FRAME)).is_err());
    }
}
