//! What there was to say of accounts at one time: nothing is read again here.

use super::{identity::Identity, peer::Peer};

/// Who a starter and the account of an instance were when it was started.
///
/// # Platform behaviour
/// On Windows both are tokens, which are held: an account that is removed
/// leaves its SID to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing(());

impl Standing {
    /// The tokens say it all.
    pub fn of(_starter: &Peer, _identity: &Identity) -> Standing {
        Standing(())
    }

    /// They still do.
    ///
    /// # Errors
    /// None on Windows.
    pub fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
