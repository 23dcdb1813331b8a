//! What can be asked through the WinFsp pipe.

use crate::Request;

/// A request of the WinFsp pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// One that the model has.
    Request(Request),
    /// One about a global drive letter, which only this pipe has.
    Drive(DriveRequest),
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

/// A file system that runs as another account than LocalSystem asks for a
/// global drive letter, or gives one back. Letters are `A` to `Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriveRequest {
    /// Define the letter as a link to the target, an NT path.
    Define {
        /// The drive letter.
        letter: char,
        /// What it is to lead to.
        target: String,
    },
    /// Remove the letter; with a target, only if it leads there.
    Remove {
        /// The drive letter.
        letter: char,
        /// What it is expected to lead to.
        target: Option<String>,
    },
}

/// The command characters.
pub(super) mod characters {
    pub(in crate::winfsp) const START: u16 = b'S' as u16;
    pub(in crate::winfsp) const START_WITH_SECRET: u16 = b'X' as u16;
    pub(in crate::winfsp) const STOP: u16 = b'T' as u16;
    pub(in crate::winfsp) const INFO: u16 = b'I' as u16;
    pub(in crate::winfsp) const LIST: u16 = b'L' as u16;
    pub(in crate::winfsp) const DRIVE: u16 = b'D' as u16;
    pub(in crate::winfsp) const SUCCESS: u16 = b'$' as u16;
    pub(in crate::winfsp) const FAILURE: u16 = b'!' as u16;
}
