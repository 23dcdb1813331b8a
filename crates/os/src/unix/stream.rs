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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{IoSlice, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use rustix::net::sockopt::set_socket_linger;
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use tokio::io::AsyncReadExt;

    /// How long closing the socket of [`lingering`] takes.
    const LINGER: Duration = Duration::from_secs(20);

    /// A socket whose last close waits for a peer that reads nothing.
    fn lingering() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut full = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (peer, _) = listener.accept().unwrap();
        full.set_nonblocking(true).unwrap();
        while full.write(&[0; 65536]).is_ok() {}
        set_socket_linger(&full, Some(LINGER)).unwrap();
        (full, peer)
    }

    fn send(to: impl AsFd, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [descriptor];
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(to, &[IoSlice::new(b"x")], &mut control, SendFlags::empty())?;
        Ok(())
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test)
    }

    #[test]
    fn a_descriptor_that_takes_long_to_close_holds_up_no_reader() {
        let began = Instant::now();
        run(async {
            let (near, far) = UnixStream::pair().unwrap();
            // As before Linux 6.16.
            let mut near = Stream::new(near, false);
            let sockets = [lingering(), lingering()];
            for (full, _peer) in &sockets {
                send(&far, full.as_fd()).unwrap();
            }
            // The messages hold them now: this is not their last close.
            let peers = sockets.map(|(_full, peer)| peer);
            assert_eq!(near.read_u8().await.unwrap(), b'x');
            // The second stays unread.
            drop(near);
            drop(peers);
        });
        assert!(began.elapsed() < LINGER / 2, "{:?}", began.elapsed());
    }

    #[test]
    fn output_takes_in_no_descriptor_where_the_kernel_can_refuse_it() {
        run(async {
            let (near, far) = Stream::one_way().unwrap();
            let file = std::fs::File::open("/dev/null").unwrap();
            let sent = send(&far, file.as_fd());
            assert_eq!(sent.is_err(), near.fenced, "{sent:?}");
        });
    }

    #[test]
    fn bytes_go_both_ways_and_the_end_is_seen() {
        use tokio::io::AsyncWriteExt;
        run(async {
            let (one, other) = UnixStream::pair().unwrap();
            let (mut one, mut other) = (Stream::new(one, true), Stream::new(other, true));
            one.write_all(b"ping").await.unwrap();
            one.shutdown().await.unwrap();
            let mut heard = Vec::new();
            other.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"ping");
            let nothing = one.try_read(&mut [0; 4]).unwrap_err();
            assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
            other.try_write(b"pong").unwrap();
            let mut answer = [0; 4];
            one.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"pong");
        });
    }
}
