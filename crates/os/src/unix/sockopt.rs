//! The socket options about a peer that no crate in use offers.
#![allow(unsafe_code)]

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

// Linux' asm-generic/socket.h; the same on x86-64, arm64 and riscv64.
const SO_PEERGROUPS: libc::c_int = 59;
const SO_PEERPIDFD: libc::c_int = 77;
const SO_PASSRIGHTS: libc::c_int = 83;

/// Has the kernel refuse messages with descriptors to `socket`, and to those that are accepted
/// from it. Returns whether it can (Linux 6.16).
pub(super) fn refuse_descriptors(socket: BorrowedFd<'_>) -> io::Result<bool> {
    let off: libc::c_int = 0;
    // SAFETY: `off` is valid for reads of the size given, and the descriptor is open while it
    // is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PASSRIGHTS,
            (&raw const off).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ENOPROTOOPT) => Ok(false),
        Some(_) | None => Err(error),
    }
}

/// Who a peer was when it connected, or began to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credentials {
    /// 0 if it is outside of this PID namespace.
    pub(super) pid: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Who the peer was when it connected. Not rustix' function: its process ID can't be the 0 that
/// the kernel gives for a peer outside of this PID namespace.
pub(super) fn peer_credentials(socket: BorrowedFd<'_>) -> io::Result<Credentials> {
    let mut found = libc::ucred {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
    let mut bytes = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `found` is plain data, valid for writes of `bytes` bytes.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut found).cast(),
            &mut bytes,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Credentials {
        pid: u32::try_from(found.pid).unwrap_or(0),
        uid: found.uid,
        gid: found.gid,
    })
}

/// The supplementary groups that the peer had when it connected.
pub(super) fn peer_groups(socket: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut bytes = (groups.len() * size_of::<libc::gid_t>()) as libc::socklen_t;
        // SAFETY: `groups` is valid for writes of `bytes` bytes, and the kernel
        // writes at most that many.
        let result = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &mut bytes,
            )
        };
        let count = bytes as usize / size_of::<libc::gid_t>();
        if result == 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        // With ERANGE the kernel has said how many there are.
        if error.raw_os_error() != Some(libc::ERANGE) || count <= groups.len() {
            return Err(error);
        }
        groups.resize(count, 0);
    }
}

/// A descriptor of the peer's process; `None` where the kernel (before 6.5)
/// has no such option.
pub(super) fn peer_pidfd(socket: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
    let mut pidfd: RawFd = -1;
    let mut bytes = size_of::<RawFd>() as libc::socklen_t;
    // SAFETY: `pidfd` is valid for writes of `bytes` bytes.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PEERPIDFD,
            (&raw mut pidfd).cast(),
            &mut bytes,
        )
    };
    if result != 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENOPROTOOPT) => Ok(None),
            Some(_) | None => Err(error),
        };
    }
    // SAFETY: the kernel has just opened this descriptor for us; nobody else
    // knows of it.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(pidfd) }))
}

#[cfg(test)]
mod tests {
    use std::os::{fd::AsFd, unix::net::UnixStream};

    use super::*;

    #[test]
    fn the_groups_of_a_peer_are_those_of_its_process() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let mut expected: Vec<u32> = rustix::process::getgroups()
            .unwrap()
            .iter()
            .map(|gid| gid.as_raw())
            .collect();
        let mut groups = peer_groups(socket.as_fd()).unwrap();
        expected.sort_unstable();
        groups.sort_unstable();
        assert_eq!(groups, expected);
    }

    #[test]
    fn the_credentials_of_a_peer_are_those_of_its_process() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let own = peer_credentials(socket.as_fd()).unwrap();
        assert_eq!(own.pid, std::process::id());
        assert_eq!(own.uid, rustix::process::getuid().as_raw());
        assert_eq!(own.gid, rustix::process::getgid().as_raw());
    }

    #[test]
    fn the_process_of_a_peer_can_be_held() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let Some(pidfd) = peer_pidfd(socket.as_fd()).unwrap() else {
            return;
        };
        let path = format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd());
        let info = std::fs::read_to_string(path).unwrap();
        assert!(
            info.contains(&format!("Pid:\t{}\n", std::process::id())),
            "{info}"
        );
    }
}
