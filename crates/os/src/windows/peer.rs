//! Who is at the other end of a connection.

use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};

use fslaunch_access::{Sid, Token};

/// A caller.
#[derive(Debug)]
pub struct Peer {
    /// What descriptors are checked against.
    pub token: Token,
    /// Whether the caller is bound by totals only and sees everything.
    pub administrator: bool,
    handle: OwnedHandle,
}

impl Peer {
    /// The caller's security identifier.
    pub fn sid(&self) -> &Sid {
        &self.token.user
    }

    /// The caller's token, which may be duplicated and asked.
    pub fn token(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }

    /// A token that a process can be started with, to run as the caller.
    ///
    /// # Errors
    /// Win32 error 1346, if the caller allows identification only.
    pub fn primary_token(&self) -> std::io::Result<OwnedHandle> {
        super::identity::primary(self.token())
    }
}
