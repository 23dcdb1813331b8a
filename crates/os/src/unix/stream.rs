//! A connected stream socket with a peer that nobody vouches for.
//!
//! A peer can send descriptors along with its bytes. Whoever lets the kernel throw them away
//! closes them, and that may take for ever (see `closer`). So the kernel is told to let none
//! through (Linux 6.16), and where it does not know that, each is received and given away.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, RecvMsg, Shutdown,
    SocketFlags, SocketType,
};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream;

use super::{closer, sockopt};

/// The most descriptors that one message can bring (`SCM_MAX_FD` of Linux).
const MOST_DESCRIPTORS: usize = 253;

/// A connected Unix stream socket that takes in bytes only: descriptors that come along are
/// closed elsewhere, so that no peer can hold up the thread that reads.
#[derive(Debug)]
pub struct Stream {
    /// `None` only while it is dropped.
    inner: Option<UnixStream>,
    /// No descriptor can ever have come in, even unread.
    fenced: bool,
}

impl Stream {
    /// Takes over a socket; `fenced` if descriptors were kept out of it from the beginning.
    pub(super) fn new(inner: UnixStream, fenced: bool) -> Self {
        let inner = Some(inner);
        Self { inner, fenced }
    }

    /// A stream that is only read, and the end that is only written to it. Must be called
    /// within a runtime.
    pub(super) fn one_way() -> io::Result<(Self, OwnedFd)> {
        let (near, far) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        let fenced = sockopt::refuse_descriptors(near.as_fd())?;
        rustix::net::shutdown(&near, Shutdown::Write)?;
        rustix::io::ioctl_fionbio(&near, true)?;
        let near = UnixStream::from_std(near.into())?;
        Ok((Self::new(near, fenced), far))
    }

    fn inner(&self) -> &UnixStream {
        self.inner
            .as_ref()
            .expect("it is there until it is dropped")
    }

    /// Reads what is there; `WouldBlock` if there is nothing yet.
    ///
    /// # Errors
    /// The system's.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let socket = self.inner();
        socket.try_io(Interest::READABLE, || {
            let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
            Ok(receive(socket.as_fd(), buffer, flags, |_| {})?.bytes)
        })
    }

    /// Writes as much as there is room for; `WouldBlock` if there is none.
    ///
    /// # Errors
    /// The system's.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().try_write(bytes)
    }
}

/// Receives a message; hands what the kernel says about it to `note`, and its descriptors to
/// the thread that closes them.
pub(super) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: RecvFlags,
    mut note: impl FnMut(&RecvAncillaryMessage<'_>),
) -> io::Result<RecvMsg> {
    let mut space = [MaybeUninit::uninit();
        rustix::cmsg_space!(ScmCredentials(1), ScmRights(MOST_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    for message in control.drain() {
        note(&message);
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            closer::close(descriptors.collect());
        }
    }
    Ok(received)
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner().as_fd()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.inner().poll_read_ready(context))?;
            match self.try_read(buffer.initialize_unfilled()) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Poll::Ready(Err(e)),
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.inner().poll_write_ready(context))?;
            match self.try_write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return Poll::Ready(other),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = rustix::net::shutdown(self.inner(), Shutdown::Write);
        Poll::Ready(done.map_err(io::Error::from))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Unread descriptors are closed with the socket.
        if let Some(socket) = self.inner.take().filter(|_| !self.fenced)
            && let Ok(socket) = socket.into_std()
        {
            closer::close(vec![socket.into()]);
        }
    }
}
