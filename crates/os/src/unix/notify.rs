//! The socket on which a process says that it is ready, as `sd_notify` does.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::net::{
    AddressFamily, RecvAncillaryMessage, RecvFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use super::{closer, identity::Identity, sockopt, stream};

/// The variable that tells a process where to write.
pub const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// The longest message that is understood, in bytes.
const MAX_MESSAGE: usize = 4096;
/// After so many messages in a row others have their turn.
const MESSAGES_IN_A_ROW: u32 = 16;

/// A datagram socket of one instance. Its file is removed on drop.
#[derive(Debug)]
pub struct NotifySocket {
    /// `None` only while it is dropped.
    socket: Option<UnixDatagram>,
    path: PathBuf,
    allowed: Vec<u32>,
    /// No descriptor can ever have come in, even unread.
    fenced: bool,
}

impl NotifySocket {
    /// Binds the socket at `path`, in a folder that the process can reach. Messages count only
    /// from processes of the users `allowed`; the kernel says whose they are. Must be called
    /// within a tokio runtime. Messages with descriptors (a file store, a barrier) are refused
    /// where the kernel can (Linux 6.16), and otherwise read without them.
    ///
    /// # Errors
    /// When the path is in use, too long, or not writable.
    pub fn bind(path: &Path, allowed: &[u32]) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
        let fenced = sockopt::refuse_descriptors(socket.as_fd())?;
        rustix::net::sockopt::set_socket_passcred(&socket, true)?;
        rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
        let bound = Self {
            socket: Some(UnixDatagram::from_std(socket.into())?),
            path: path.to_owned(),
            allowed: allowed.to_vec(),
            fenced,
        };
        // Anybody may write, and is told apart by what the kernel adds.
        fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
        Ok(bound)
    }

    /// As [`NotifySocket::bind`], for messages of the account that an instance runs as, and
    /// of root.
    ///
    /// # Errors
    /// The same.
    pub fn bind_for(path: &Path, identity: &Identity) -> io::Result<Self> {
        Self::bind(path, &[identity.uid(), 0])
    }

    /// Waits for `READY=1`.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn ready(&self) -> io::Result<()> {
        let mut in_a_row = 0;
        while let Some(socket) = &self.socket {
            let message = socket
                .async_io(Interest::READABLE, || receive(socket.as_fd()))
                .await?;
            if message
                .sender
                .is_some_and(|uid| self.allowed.contains(&uid))
                && says_ready(&message.text)
            {
                return Ok(());
            }
            in_a_row += 1;
            if in_a_row % MESSAGES_IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

impl Drop for NotifySocket {
    fn drop(&mut self) {
        // It is gone if the folder is.
        let _ = fs::remove_file(&self.path);
        if let Some(socket) = self.socket.take().filter(|_| !self.fenced)
            && let Ok(socket) = socket.into_std()
        {
            closer::close(vec![socket.into()]);
        }
    }
}

struct Message {
    sender: Option<u32>,
    text: Vec<u8>,
}

fn receive(socket: BorrowedFd<'_>) -> io::Result<Message> {
    let mut text = vec![0; MAX_MESSAGE];
    let mut sender = None;
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let received = stream::receive(socket, &mut text, flags, |message| {
        if let RecvAncillaryMessage::ScmCredentials(credentials) = message {
            sender = Some(credentials.uid.as_raw());
        }
    })?;
    text.truncate(received.bytes);
    Ok(Message { sender, text })
}

fn says_ready(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n')
        .any(|line| line == b"READY=1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram as StdUnixDatagram;
    use std::time::Duration;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("fslaunch-notify-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn within<T>(seconds: u64, work: impl Future<Output = T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(seconds), work)
                .await
                .ok()
        })
    }

    #[test]
    fn ready_from_the_allowed_user_is_heard_among_other_words() {
        let folder = folder("ready");
        let path = folder.join("notify");
        let uid = rustix::process::getuid().as_raw();
        within(10, async {
            let socket = NotifySocket::bind(&path, &[uid]).unwrap();
            let sender = StdUnixDatagram::unbound().unwrap();
            sender.send_to(b"STATUS=READY=1", &path).unwrap();
            sender.send_to(b"STATUS=up\nREADY=1\n", &path).unwrap();
            socket.ready().await.unwrap();
        })
        .unwrap();
        assert!(!path.exists(), "the socket's file is removed");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn ready_from_another_user_is_not_heard() {
        let folder = folder("other");
        let path = folder.join("notify");
        let other = rustix::process::getuid().as_raw() + 1;
        let heard = within(1, async {
            let socket = NotifySocket::bind(&path, &[other]).unwrap();
            StdUnixDatagram::unbound()
                .unwrap()
                .send_to(b"READY=1", &path)
                .unwrap();
            tokio::time::timeout(Duration::from_millis(200), socket.ready())
                .await
                .is_ok()
        });
        assert_eq!(heard, Some(false));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_a_whole_line_says_ready() {
        assert!(says_ready(b"READY=1"));
        assert!(says_ready(b"MAINPID=3\nREADY=1\n"));
        assert!(!says_ready(b"READY=10"));
        assert!(!says_ready(b"READY=0"));
    }
}
