//! What stands in for the kernel in tests: the other end of a connection.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair,
};

use super::device::Device;

/// How long an answer may take before the test is given up.
const DEADLINE: Duration = Duration::from_secs(60);

pub(super) struct Kernel(OwnedFd);

impl Kernel {
    /// With the device that its requests come from.
    pub(super) fn connect() -> (Self, Device) {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let (ours, theirs) =
            socketpair(family, kind, SocketFlags::CLOEXEC, None).expect("a connection can be made");
        set_socket_timeout(&ours, Timeout::Recv, Some(DEADLINE)).expect("it is a socket");
        (Self(ours), Device::from(theirs))
    }

    /// Sends a request of this number about a node.
    pub(super) fn ask(&self, unique: u64, opcode: u32, node: u64, body: &[u8]) {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&((40 + body.len()) as u32).to_ne_bytes());
        bytes.extend_from_slice(&opcode.to_ne_bytes());
        bytes.extend_from_slice(&unique.to_ne_bytes());
        bytes.extend_from_slice(&node.to_ne_bytes());
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(body);
        send(&self.0, &bytes, SendFlags::empty()).expect("the server is there");
    }

    /// Number of the request, and answer or error.
    pub(super) fn answer(&self) -> (u64, Result<Vec<u8>, i32>) {
        let mut buffer = [0; 1 << 14];
        let received = recv(&self.0, &mut buffer[..], RecvFlags::empty());
        let (length, _) = received.expect("the server answers");
        let field = |at: usize| buffer[at..at + 4].try_into().expect("four bytes");
        assert_eq!(u32::from_ne_bytes(field(0)), length as u32);
        let error = i32::from_ne_bytes(field(4));
        let unique = u64::from_ne_bytes(buffer[8..16].try_into().expect("eight bytes"));
        match error {
            0 => (unique, Ok(buffer[16..length].to_vec())),
            _ => (unique, Err(-error)),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn call(&self, opcode: u32, node: u64, body: &[u8]) -> Result<Vec<u8>, i32> {
        const UNIQUE: u64 = 7;
        self.ask(UNIQUE, opcode, node, body);
        let (unique, answer) = self.answer();
        assert_eq!(unique, UNIQUE);
        answer
    }
}
